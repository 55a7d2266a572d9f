//! The `Authorization` header of signature v3.

use crate::errors::{self, Refusal};

/// `ACS3-HMAC-SHA256 Credential=…,SignedHeaders=a;b;c,Signature=…`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    /// Lower-case names, in rising order, none twice.
    pub(crate) signed_headers: Vec<String>,
    /// Hexadecimal, as it was sent.
    pub(crate) signature: String,
}

/// The one algorithm of the v3 family that is served; SM3 and RSA have no client that uses them by default.
pub(crate) const ALGORITHM: &str = "ACS3-HMAC-SHA256";

impl Authorization {
    /// Reads a header that begins with `ACS3-`.
    ///
    /// Errors: `InvalidSignatureMethod` for another algorithm, `IncompleteSignature` for anything missing, twice or unknown.
    pub(crate) fn parse(header: &str) -> Result<Self, Refusal> {
        let (algorithm, fields) = header.split_once(' ').unwrap_or((header, ""));
        if algorithm != ALGORITHM {
            return Err(Refusal::new(&errors::INVALID_SIGNATURE_METHOD, &[]));
        }
        let [mut credential, mut signed_headers, mut signature] = [None; 3];
        for field in fields.split(',') {
            let (name, value) = field.trim().split_once('=').ok_or_else(|| incomplete("a field has no value"))?;
            let slot = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(incomplete("a field is not Credential, SignedHeaders or Signature")),
            };
            if slot.replace(value).is_some() {
                return Err(incomplete("a field is there twice"));
            }
        }
        let field = |value: Option<&str>, name: &str| match value {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(incomplete(&format!("{name} is missing"))),
        };
        Ok(Self {
            access_key_id: field(credential, "Credential")?,
            signed_headers: names(&field(signed_headers, "SignedHeaders")?)?,
            signature: field(signature, "Signature")?,
        })
    }
}

/// The list is signed as it stands; an unsorted one could name a header twice.
fn names(list: &str) -> Result<Vec<String>, Refusal> {
    let names: Vec<String> = list.split(';').map(str::to_owned).collect();
    let lower_case = |name: &String| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
    };
    if names.iter().all(lower_case) && names.is_sorted_by(|a, b| a < b) {
        Ok(names)
    } else {
        Err(incomplete("SignedHeaders must be lower-case names in rising order"))
    }
}

fn incomplete(why: &str) -> Refusal {
    Refusal::new(&errors::INCOMPLETE_SIGNATURE, &[&format!("Authorization: {why}")])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Broken headers, each with what is wrong with it.
    #[test]
    fn broken_headers_are_refused() {
        for (header, message) in [
            ("ACS3-HMAC-SM3 Credential=a,SignedHeaders=b,Signature=c", "use HMAC-SHA1 or ACS3-HMAC-SHA256"),
            ("ACS3-HMAC-SHA256", "a field has no value"),
            ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=b", "Signature is missing"),
            ("ACS3-HMAC-SHA256 Credential=,SignedHeaders=b,Signature=c", "Credential is missing"),
            ("ACS3-HMAC-SHA256 Credential=a,Credential=a,SignedHeaders=b,Signature=c", "a field is there twice"),
            ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=b,Signature=c,X=y", "a field is not"),
            ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=b;a,Signature=c", "rising order"),
            ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=a;a,Signature=c", "rising order"),
            ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=Host,Signature=c", "rising order"),
            ("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=a;,Signature=c", "rising order"),
        ] {
            let refusal = Authorization::parse(header).err().unwrap_or_else(|| panic!("{header} passed"));
            assert!(refusal.message().contains(message), "{header}: {refusal}");
        }
    }

    proptest! {
        /// What a client writes is read back, with or without spaces after the commas; nothing stops the parser.
        #[test]
        fn headers_roundtrip(id in "[A-Za-z0-9.]{1,40}", names in prop::collection::btree_set("[a-z][a-z0-9-]{0,12}", 1..12),
                             signature in "[0-9a-f]{64}", space in " {0,2}", noise: String) {
            let list = names.iter().cloned().collect::<Vec<_>>().join(";");
            let header = format!("ACS3-HMAC-SHA256 Credential={id},{space}SignedHeaders={list},{space}Signature={signature}");
            let parsed = Authorization::parse(&header).unwrap();
            let signed_headers = names.into_iter().collect();
            prop_assert_eq!(parsed, Authorization { access_key_id: id, signed_headers, signature });
            let _ = Authorization::parse(&noise);
            let _ = Authorization::parse(&format!("ACS3-HMAC-SHA256 {noise}"));
        }
    }
}
