//! Parameters of an action: declared once, as a constant that says name, type and treatment, and read through that constant.
//!
//! The declaration is what the action's code reads with, and what `docs/api-coverage.md` is made from, so they cannot differ.
//! A parameter that no declaration names is ignored, as the vendor's gateway does: old clients add `RegionId` to every call.

mod kinds;
mod lists;

pub(crate) use kinds::has_nul;
pub use kinds::{Flag, Integer, JsonMap, JsonStrings, Kind, Name, OneOf, Text};
pub use lists::{List, NumberedRecord, Records, Tag, Tags};

use std::ops::RangeInclusive;

use crate::errors::{self, ErrorRow, Refusal};
use crate::product::Product;
use crate::request::{Pairs, shown};

/// The parameters of one call, query and form together.
pub struct Parameters {
    product: Product,
    pairs: Pairs,
}

impl Parameters {
    pub(crate) fn new(product: Product, pairs: Pairs) -> Self {
        Self { product, pairs }
    }

    /// All that was sent, in byte order of the names.
    pub(crate) fn sent(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.pairs.get(name).map(String::as_str)
    }

    /// All `prefix.N.rest` as (N, rest, value), sorted by N.
    ///
    /// Errors: `InvalidParameter` for an N that is not in `numbers`.
    fn numbered(&self, prefix: &str, numbers: RangeInclusive<usize>) -> Result<Vec<(usize, &str, &str)>, Refusal> {
        let mut found = Vec::new();
        for (name, value) in &self.pairs {
            let Some(tail) = name.strip_prefix(prefix).and_then(|tail| tail.strip_prefix('.')) else { continue };
            let (number, rest) = tail.split_once('.').unwrap_or((tail, ""));
            let number = number.parse().ok().filter(|number| numbers.contains(number));
            found.push((number.ok_or_else(|| self.invalid(shown(name), None))?, rest, value.as_str()));
        }
        found.sort_unstable();
        Ok(found)
    }

    fn missing(&self, name: &str) -> Refusal {
        Refusal::new(errors::missing_parameter(self.product.dialect()), &[name])
    }

    fn invalid(&self, name: &str, row: Option<&'static ErrorRow>) -> Refusal {
        Refusal::new(row.unwrap_or(&errors::INVALID_PARAMETER), &[name])
    }
}

/// What a declaration tells the reader of `docs/api-coverage.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Name on the wire.
    pub name: &'static str,
    /// Type and limits, in words.
    pub kind: String,
    /// What happens with it.
    pub treatment: Treatment,
}

/// What happens with a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Must be there, and is honoured.
    Required,
    /// May be there, and is honoured.
    Honoured,
    /// Accepted without effect.
    Ignored,
    /// Refused when it is there.
    Refused,
}

/// A declaration, whatever its type.
pub trait Declares: Sync {
    /// Its line in the documentation.
    fn declared(&self) -> Declared;
}

/// A parameter that must be there.
#[derive(Debug)]
pub struct Required<K> {
    name: &'static str,
    kind: K,
    invalid: Option<&'static ErrorRow>,
}

/// A parameter that may be missing.
#[derive(Debug)]
pub struct Optional<K> {
    name: &'static str,
    kind: K,
    invalid: Option<&'static ErrorRow>,
}

/// A parameter of the API that has no effect here.
#[derive(Debug)]
pub struct Ignored(
    /// Name on the wire.
    pub &'static str,
);

/// A parameter of the API that stands for something which is not offered: the call is refused rather than done without it.
#[derive(Debug)]
pub struct Refused {
    /// Name on the wire.
    pub name: &'static str,
    /// The code; its message may name the parameter at `{0}`.
    pub row: &'static ErrorRow,
}

impl<K: Kind> Required<K> {
    /// A parameter `name` of type `kind`.
    pub const fn new(name: &'static str, kind: K) -> Self {
        Self { name, kind, invalid: None }
    }

    /// The product's own code for a value that is not of the type, in place of `InvalidParameter`.
    #[must_use]
    pub const fn or(self, row: &'static ErrorRow) -> Self
    where
        K: Copy,
    {
        Self { invalid: Some(row), ..self }
    }

    /// The value.
    ///
    /// Errors: `MissingParameter`; `InvalidParameter` or the row given to [`Required::or`].
    pub fn read(&self, parameters: &Parameters) -> Result<K::Value, Refusal> {
        read(parameters, self.name, &self.kind, self.invalid)?.ok_or_else(|| parameters.missing(self.name))
    }
}

impl<K: Kind> Optional<K> {
    /// A parameter `name` of type `kind`.
    pub const fn new(name: &'static str, kind: K) -> Self {
        Self { name, kind, invalid: None }
    }

    /// The product's own code for a value that is not of the type, in place of `InvalidParameter`.
    #[must_use]
    pub const fn or(self, row: &'static ErrorRow) -> Self
    where
        K: Copy,
    {
        Self { invalid: Some(row), ..self }
    }

    /// The value, if it is there.
    ///
    /// Errors: `InvalidParameter` or the row given to [`Optional::or`].
    pub fn read(&self, parameters: &Parameters) -> Result<Option<K::Value>, Refusal> {
        read(parameters, self.name, &self.kind, self.invalid)
    }
}

impl Refused {
    /// Refuses the call if the parameter is there and not empty.
    ///
    /// Errors: the row of the declaration.
    pub fn check(&self, parameters: &Parameters) -> Result<(), Refusal> {
        match parameters.text(self.name) {
            None | Some("") => Ok(()),
            Some(_) => Err(Refusal::new(self.row, &[self.name])),
        }
    }
}

/// An empty value counts as missing, unless the type has an empty value: clients write `Name=` for what was not set.
fn read<K: Kind>(
    parameters: &Parameters,
    name: &str,
    kind: &K,
    invalid: Option<&'static ErrorRow>,
) -> Result<Option<K::Value>, Refusal> {
    match parameters.text(name) {
        None => Ok(None),
        Some("") if !kind.takes_empty() => Ok(None),
        Some(text) => kind.read(text).map(Some).ok_or_else(|| parameters.invalid(name, invalid)),
    }
}

impl<K: Kind> Declares for Required<K> {
    fn declared(&self) -> Declared {
        Declared { name: self.name, kind: self.kind.describe(), treatment: Treatment::Required }
    }
}

impl<K: Kind> Declares for Optional<K> {
    fn declared(&self) -> Declared {
        Declared { name: self.name, kind: self.kind.describe(), treatment: Treatment::Honoured }
    }
}

impl Declares for Ignored {
    fn declared(&self) -> Declared {
        Declared { name: self.0, kind: String::new(), treatment: Treatment::Ignored }
    }
}

impl Declares for Refused {
    fn declared(&self) -> Declared {
        Declared { name: self.name, kind: self.row.code.to_owned(), treatment: Treatment::Refused }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY_ID: Required<Name> = Required::new("KeyId", Name { length: (1, 64), also: "-/:" });
    const WINDOW: Optional<Integer> = Optional::new("PendingWindowInDays", Integer { min: 7, max: 366 });
    const DESCRIPTION: Optional<Text> = Optional::new("Description", Text { length: (0, 4) });
    const POLICY: Required<Text> =
        Required::new("PolicyDocument", Text { length: (1, 4) }).or(&errors::RAM_MALFORMED_POLICY);
    const STORE: Refused = Refused { name: "DKMSInstanceId", row: &errors::KMS_UNSUPPORTED_PROTECTION_LEVEL };
    const DECLARED: &[&dyn Declares] = &[&KEY_ID, &WINDOW, &STORE, &Ignored("OwnerId")];

    fn parameters(product: Product, pairs: &[(&str, &str)]) -> Parameters {
        Parameters::new(product, pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
    }

    /// Missing, empty, ill-typed: each with the code of its product and the name of the parameter.
    #[test]
    fn a_bad_parameter_is_named() {
        let empty = parameters(Product::Kms, &[("KeyId", ""), ("PendingWindowInDays", "")]);
        let refusal = KEY_ID.read(&empty).unwrap_err();
        assert_eq!(refusal.to_string(), "MissingParameter: The parameter \"KeyId\" is needed but not provided.");
        assert_eq!(WINDOW.read(&empty).unwrap(), None);

        let bad = parameters(Product::Kms, &[("KeyId", "a b"), ("PendingWindowInDays", "6")]);
        for refusal in [KEY_ID.read(&bad).unwrap_err(), WINDOW.read(&bad).unwrap_err()] {
            assert_eq!(refusal.row().code, "InvalidParameter");
        }
        let refusal = KEY_ID.read(&parameters(Product::Ram, &[])).unwrap_err();
        assert!(refusal.message().starts_with("The input parameter \"KeyId\" that is mandatory"), "{refusal}");
        let refusal = POLICY.read(&parameters(Product::Ram, &[("PolicyDocument", "12345")])).unwrap_err();
        assert_eq!(refusal.row().code, "MalformedPolicyDocument");
    }

    /// Only a type with an empty value has one.
    #[test]
    fn an_empty_text_is_a_value() {
        assert_eq!(DESCRIPTION.read(&parameters(Product::Kms, &[("Description", "")])).unwrap().as_deref(), Some(""));
        assert_eq!(DESCRIPTION.read(&parameters(Product::Kms, &[])).unwrap(), None);
    }

    /// A parameter that is refused is refused by its own code, but not when it is empty.
    #[test]
    fn a_refused_parameter_ends_the_call() {
        assert!(STORE.check(&parameters(Product::Kms, &[("DKMSInstanceId", "")])).is_ok());
        let refusal = STORE.check(&parameters(Product::Kms, &[("DKMSInstanceId", "kst-1")])).unwrap_err();
        assert_eq!(refusal.row().code, "Unsupported.ProtectionLevel");
    }

    /// Every kind of declaration has its line in the documentation.
    #[test]
    fn declarations_describe_themselves() {
        let treatments: Vec<_> = DECLARED.iter().map(|declares| declares.declared().treatment).collect();
        assert_eq!(treatments, [Treatment::Required, Treatment::Honoured, Treatment::Refused, Treatment::Ignored]);
        assert_eq!(WINDOW.declared().kind, "7–366");
    }
}
