use jiff::Timestamp;

use super::key_record::KeyState;
use crate::database::Value;

/// Which keys a list is to show. An empty field lets all pass; else the key's value must be one of the field's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyFilter {
    /// States.
    pub states: Vec<KeyState>,
    /// Specs, such as `Aliyun_AES_256`.
    pub specs: Vec<String>,
    /// Usages, such as `SIGN/VERIFY`.
    pub usages: Vec<String>,
    /// `Aliyun_KMS`, `EXTERNAL`.
    pub origins: Vec<String>,
    /// `SOFTWARE`, `HSM`.
    pub protection_levels: Vec<String>,
    /// Account ids or services.
    pub creators: Vec<String>,
    /// Until when imported material expires; `None`: whenever, or never.
    pub material_expires_to: Option<Timestamp>,
}

impl KeyFilter {
    /// One text for each list, in the order of the fields.
    pub(super) fn values(&self) -> [Value; 6] {
        let states: Vec<String> = self.states.iter().map(ToString::to_string).collect();
        [&states, &self.specs, &self.usages, &self.origins, &self.protection_levels, &self.creators]
            .map(|wanted| Value::from(one_of(wanted)))
    }
}

/// `|a|b|` for the query, which looks for `|value|` in it: a list of any length in a text of fixed form. Empty for no wish.
fn one_of(wanted: &[String]) -> String {
    if wanted.is_empty() {
        return String::new();
    }
    // No stored value has the separator in it, so one that has matches nothing.
    let values = wanted.iter().filter(|value| !value.contains('|'));
    values.fold("|".to_owned(), |text, value| text + value + "|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_one_text() {
        for (wanted, text) in [(&[][..], ""), (&["a"], "|a|"), (&["a", "b"], "|a|b|"), (&["a|b"], "|")] {
            let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
            assert_eq!(one_of(&wanted), text);
        }
    }
}
