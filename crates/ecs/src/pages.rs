//! Pages of lists: what belongs to all things of a page is asked for at once.

use std::collections::BTreeMap;

/// What belongs to each owner, by the owner's id, in the order in which it comes.
pub(crate) fn by_owner<T>(found: impl IntoIterator<Item = (String, T)>) -> BTreeMap<String, Vec<T>> {
    let mut grouped: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for (owner, one) in found {
        grouped.entry(owner).or_default().push(one);
    }
    grouped
}
