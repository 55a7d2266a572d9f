//! A place as text: a PKCS#11 URI. Source: RFC 7512.
//!
//! ```text
//! pkcs11:token=kms;object=reseal?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/reseal/pin
//! ```
//! `slot-id=5` may stand instead of `token=`. Other attributes of the RFC are refused, so that none is thought to be heeded.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::super::percent;
use super::{TokenName, TokenPlace};

/// Why a text is no PKCS#11 URI that can be used here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0}; write pkcs11:token=TOKEN;object=KEY?module-path=/PATH&pin-source=file:/PATH, with slot-id=NUMBER instead of token=TOKEN if labels are not unique"
)]
pub struct TokenUriError(String);

impl FromStr for TokenPlace {
    type Err = TokenUriError;

    fn from_str(text: &str) -> Result<Self, TokenUriError> {
        let rest = text.strip_prefix("pkcs11:").ok_or_else(|| error("a PKCS#11 URI begins with `pkcs11:`"))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut parts = Parts::default();
        for attribute in path.split(';').chain(query.split('&')).filter(|attribute| !attribute.is_empty()) {
            parts.set(attribute)?;
        }
        parts.place()
    }
}

impl TokenPlace {
    /// The place as such a URI.
    pub(in super::super) fn uri(&self) -> String {
        let path = |path: &Path| percent::encoded(path.as_os_str().as_bytes());
        let token = match &self.token {
            TokenName::Label(label) => format!("token={}", percent::encoded(label.as_bytes())),
            TokenName::Slot(slot) => format!("slot-id={slot}"),
        };
        let (object, module) = (percent::encoded(self.key_label.as_bytes()), path(&self.module));
        format!("pkcs11:{token};object={object}?module-path={module}&pin-source=file:{}", path(&self.pin_file))
    }
}

#[derive(Default)]
struct Parts {
    token: Option<TokenName>,
    object: Option<String>,
    module: Option<PathBuf>,
    pin_file: Option<PathBuf>,
}

impl Parts {
    fn set(&mut self, attribute: &str) -> Result<(), TokenUriError> {
        let (name, value) = attribute.split_once('=').ok_or_else(|| error("an attribute has no `=`"))?;
        let value = percent::decoded(value)
            .and_then(|value| String::from_utf8(value).ok())
            .ok_or_else(|| error(format!("the value of `{name}` is not well encoded")))?;
        let is_second = match name {
            "token" => self.token.replace(TokenName::Label(value)).is_some(),
            "slot-id" => {
                let slot = value.parse().map_err(|_| error("`slot-id` is not a number"))?;
                self.token.replace(TokenName::Slot(slot)).is_some()
            }
            "object" => self.object.replace(value).is_some(),
            "module-path" => self.module.replace(absolute(name, &value)?).is_some(),
            "pin-source" => {
                let path = value.strip_prefix("file:").unwrap_or(&value);
                self.pin_file.replace(absolute(name, path)?).is_some()
            }
            "pin-value" => {
                return Err(error("`pin-value` would show the PIN to everybody on the machine; use `pin-source`"));
            }
            "type" if value == "secret-key" => false,
            _ => return Err(error(format!("the attribute `{name}` is not known here"))),
        };
        if is_second { Err(error(format!("`{name}` is given twice, or both token and slot"))) } else { Ok(()) }
    }

    fn place(self) -> Result<TokenPlace, TokenUriError> {
        let missing = |name: &str| error(format!("`{name}` is missing"));
        Ok(TokenPlace {
            token: self.token.ok_or_else(|| missing("token"))?,
            key_label: self.object.filter(|label| !label.is_empty()).ok_or_else(|| missing("object"))?,
            module: self.module.ok_or_else(|| missing("module-path"))?,
            pin_file: self.pin_file.ok_or_else(|| missing("pin-source"))?,
        })
    }
}

fn absolute(name: &str, path: &str) -> Result<PathBuf, TokenUriError> {
    let path = PathBuf::from(path);
    if path.is_absolute() { Ok(path) } else { Err(error(format!("`{name}` is not an absolute path"))) }
}

fn error(why: impl Into<String>) -> TokenUriError {
    TokenUriError(why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_name_places() {
        let place = |token| TokenPlace {
            module: "/lib/p11.so".into(),
            token,
            pin_file: "/etc/pin".into(),
            key_label: "a key".to_owned(),
        };
        let cases = [
            ("pkcs11:token=kms;object=a%20key?module-path=/lib/p11.so&pin-source=file:/etc/pin", "kms"),
            ("pkcs11:object=a key;token=k%3bms;type=secret-key?pin-source=/etc/pin&module-path=%2Flib/p11.so", "k;ms"),
        ];
        for (text, label) in cases {
            assert_eq!(text.parse(), Ok(place(TokenName::Label(label.to_owned()))), "{text}");
        }
        let text = "pkcs11:slot-id=7;object=a key?pin-source=/etc/pin&module-path=/lib/p11.so";
        assert_eq!(text.parse(), Ok(place(TokenName::Slot(7))));
    }

    #[test]
    fn what_is_no_place_is_refused_and_named() {
        let query = "?module-path=/m&pin-source=/p";
        let cases = [
            ("token=t;object=o?module-path=/m".to_owned(), "begins with"),
            (format!("pkcs11:object=o{query}"), "`token` is missing"),
            (format!("pkcs11:token=t;object={query}"), "`object` is missing"),
            ("pkcs11:token=t;object=o?pin-source=/p".to_owned(), "`module-path` is missing"),
            ("pkcs11:token=t;object=o?module-path=/m".to_owned(), "`pin-source` is missing"),
            ("pkcs11:token=t;object=o?module-path=m&pin-source=/p".to_owned(), "not an absolute path"),
            (format!("pkcs11:token=t;slot-id=1;object=o{query}"), "both token and slot"),
            (format!("pkcs11:token=t;object=o;serial=1{query}"), "`serial` is not known"),
            (format!("pkcs11:token=t;object=o{query}&pin-value=1234"), "`pin-value` would show"),
            (format!("pkcs11:token=%f;object=o{query}"), "not well encoded"),
            (format!("pkcs11:token=%ff;object=o{query}"), "not well encoded"),
            (format!("pkcs11:token;object=o{query}"), "has no `=`"),
            (format!("pkcs11:slot-id=x;object=o{query}"), "not a number"),
        ];
        for (text, why) in cases {
            let error = text.parse::<TokenPlace>().expect_err(&text).to_string();
            assert!(error.contains(why), "{text}: {error}");
            assert!(!error.contains("1234"), "{error}");
        }
    }
}
