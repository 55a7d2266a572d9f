//! Keys by the names that people gave them.

use std::collections::BTreeMap;

use crate::calls::Product;
use crate::shown::text;
use crate::visit::Visit;

/// Aliases of the keys of a region.
#[derive(Debug, Default)]
pub(super) struct KeyNames(BTreeMap<String, String>);

impl KeyNames {
    /// The aliases that the visitor may see: who may not list them sees ids.
    pub(super) async fn of(visit: &Visit, region: &str) -> Self {
        let aliases = visit.all_in(region, Product::Kms, "ListAliases", &[], ("Aliases", "Alias")).await;
        let aliases = aliases.unwrap_or_default();
        Self(aliases.iter().map(|alias| (text(alias, "KeyId"), text(alias, "AliasName"))).collect())
    }

    /// The alias of a key, else its id.
    pub(super) fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.alias(id).unwrap_or(id)
    }

    /// The alias of a key, if it has one.
    pub(super) fn alias(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }

    /// Whether a key of the region has this alias.
    pub(super) fn has(&self, alias: &str) -> bool {
        self.0.values().any(|name| name == alias)
    }
}

impl FromIterator<(String, String)> for KeyNames {
    /// Ids and aliases.
    fn from_iter<I: IntoIterator<Item = (String, String)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}
