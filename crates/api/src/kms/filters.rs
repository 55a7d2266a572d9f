//! `Filters` of `ListKeys`. Source: kms.md 1.

use kms::{KeyFilter, KeyState, Scope};

use super::parameters::Of;
use crate::parameters::Optional;

pub(super) const FILTERS: Optional<Of<Filters>> = Optional::new(
    "Filters",
    Of {
        what: "JSON list of up to 10 `{\"Key\":…,\"Values\":[…]}`, up to 10 values each; `KeyState`, `KeySpec`, `KeyUsage`, `Origin`, \
               `ProtectionLevel`, `CreatorType` (`User`, `Service`); ours: `MaterialExpiresUntil` (a time)",
        read: filters,
    },
);

/// Most filters, and most values of one.
const ITEMS_MAX: usize = 10;

/// Services that have keys.
const SERVICES: [&str; 1] = ["ecs"];

/// Which keys are wanted: those that have one of the values of each filter.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Filters {
    filter: KeyFilter,
    creators: Vec<Creator>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Creator {
    User,
    Service,
}

impl Filters {
    /// The filter for keys of an account: users' keys are made by the account itself.
    pub(super) fn into_key_filter(self, scope: &Scope) -> KeyFilter {
        let mut filter = self.filter;
        for creator in self.creators {
            match creator {
                Creator::User => filter.creators.push(scope.account.to_string()),
                Creator::Service => filter.creators.extend(SERVICES.map(str::to_owned)),
            }
        }
        filter
    }

    /// `None` for a key or value that is not known: a filter that lets everything pass would be worse than none.
    fn add(&mut self, key: &str, values: Vec<String>) -> Option<()> {
        match key {
            "KeyState" => self.filter.states.extend(all(&values, |value| value.parse::<KeyState>().ok())?),
            "KeySpec" => self.filter.specs.extend(values),
            "KeyUsage" => self.filter.usages.extend(values),
            "Origin" => self.filter.origins.extend(values),
            "ProtectionLevel" => self.filter.protection_levels.extend(values),
            "MaterialExpiresUntil" => {
                let [until] = <[String; 1]>::try_from(values).ok()?;
                self.filter.material_expires_to = Some(until.parse().ok()?);
            }
            "CreatorType" => self.creators.extend(all(&values, creator)?),
            _ => return None,
        }
        Some(())
    }
}

fn all<T>(values: &[String], read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    values.iter().map(|value| read(value)).collect()
}

fn creator(text: &str) -> Option<Creator> {
    match text {
        "User" => Some(Creator::User),
        "Service" => Some(Creator::Service),
        _ => None,
    }
}

#[derive(serde::Deserialize)]
struct JsonFilter {
    #[serde(rename = "Key")]
    key: String,
    #[serde(rename = "Values", default)]
    values: Vec<String>,
}

fn filters(text: &str) -> Option<Filters> {
    let list: Vec<JsonFilter> = serde_json::from_str(text).ok()?;
    if list.len() > ITEMS_MAX || list.iter().any(|filter| filter.values.len() > ITEMS_MAX) {
        return None;
    }
    let mut filters = Filters::default();
    for JsonFilter { key, values } in list {
        filters.add(&key, values)?;
    }
    Some(filters)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each key lands in its field, and what is not known is refused.
    #[test]
    fn filters_are_a_json_list() {
        let text = r#"[{"Key":"KeyState","Values":["Enabled","PendingImport"]},{"Key":"KeySpec","Values":["RSA_2048"]},
            {"Key":"CreatorType","Values":["User"]},{"Key":"KeyUsage"}]"#;
        let filter = filters(text).unwrap().into_key_filter(&Scope::default());
        assert_eq!(filter.states.len(), 2);
        assert_eq!((filter.specs, filter.usages), (vec!["RSA_2048".to_owned()], Vec::new()));
        assert_eq!(filter.creators, [Scope::default().account.to_string()]);
        let expiring = r#"[{"Key":"MaterialExpiresUntil","Values":["2026-12-28T10:00:00Z"]}]"#;
        let expiring = filters(expiring).unwrap().into_key_filter(&Scope::default());
        assert_eq!(expiring.material_expires_to, "2026-12-28T10:00:00Z".parse().ok());
        assert_eq!(filters("[]"), Some(Filters::default()));
        let many = format!(r#"[{{"Key":"KeySpec","Values":[{}]}}]"#, ["\"a\""; 11].join(","));
        for bad in [
            "",
            "{}",
            r#"[{"Key":"KeyState","Values":["enabled"]}]"#,
            r#"[{"Key":"Colour","Values":["red"]}]"#,
            r#"[{"Values":["Enabled"]}]"#,
            r#"[{"Key":"MaterialExpiresUntil","Values":["soon"]}]"#,
            r#"[{"Key":"MaterialExpiresUntil","Values":[]}]"#,
            &many,
        ] {
            assert_eq!(filters(bad), None, "{bad}");
        }
    }
}
