//! Which images of a region the table shows, in which order: from the address to a call, and to the addresses of other parts of the list.

use crate::form::Fields;

/// What can be sorted by: as it stands in the address, with `-` before it the other way round, and `SortBy`.
pub(super) const SORTS: [(&str, &str); 5] = [
    ("name", "ImageName"),
    ("status", "Status"),
    ("size", "Size"),
    ("encryption", "Encrypted"),
    ("created", "CreationTime"),
];

/// The order if none is asked for: the newest first.
const SORT_DEFAULT: &str = "-created";

/// A status as the API writes it: what the filter offers.
pub(super) const STATUSES: [&str; 6] =
    ["Available", "Creating", "Waiting", "CreateFailed", "UnAvailable", "Deprecated"];

/// What the address asks for.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    /// A part of the name or of the id.
    pub(super) name: String,
    pub(super) status: String,
    /// `yes`, `no`, or empty.
    pub(super) encrypted: String,
    /// `own`, `shared`, or empty.
    pub(super) owner: String,
    /// One of [`SORTS`], maybe with `-`.
    pub(super) sort: String,
}

impl Selection {
    pub(super) fn read(query: &Fields) -> Self {
        let field = |name| query.get(name).to_owned();
        let sort = query.get("sort");
        let is_known = SORTS.iter().any(|(known, _)| *known == sort.strip_prefix('-').unwrap_or(sort));
        Self {
            name: field("name"),
            status: field("status"),
            encrypted: field("encrypted"),
            owner: field("owner"),
            sort: if is_known { sort } else { SORT_DEFAULT }.to_owned(),
        }
    }

    /// Whether not all images are shown.
    pub(super) fn is_filter(&self) -> bool {
        [&self.name, &self.status, &self.encrypted, &self.owner].iter().any(|field| !field.is_empty())
    }

    /// Names and values for an address, but for the page.
    pub(super) fn pairs(&self) -> [(&str, &str); 5] {
        [
            ("name", &self.name),
            ("status", &self.status),
            ("encrypted", &self.encrypted),
            ("owner", &self.owner),
            ("sort", &self.sort),
        ]
    }

    /// Of DescribeImages. What the address says and no filter offers is no filter.
    pub(super) fn parameters(&self) -> Vec<(&str, &str)> {
        let (sort, is_ascending) =
            self.sort.strip_prefix('-').map_or((self.sort.as_str(), "true"), |sort| (sort, "false"));
        let by = SORTS.iter().find(|(known, _)| *known == sort).map_or("", |(_, by)| by);
        let status = STATUSES.iter().find(|status| **status == self.status).map_or("ALL", |status| status);
        let encrypted = choice(&self.encrypted, [("yes", "true"), ("no", "false")]);
        let owner = choice(&self.owner, [("own", "self"), ("shared", "others")]);
        let all = [
            ("Search", self.name.as_str()),
            ("Status", status),
            ("Encrypted", encrypted),
            ("ImageOwnerAlias", owner),
            ("SortBy", by),
            ("Ascending", is_ascending),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

fn choice(chosen: &str, choices: [(&str, &'static str); 2]) -> &'static str {
    choices.into_iter().find(|(choice, _)| *choice == chosen).map_or("", |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each filter and each order is a parameter; what an address makes up is none.
    #[test]
    fn an_address_becomes_a_call() {
        let newest = "SortBy=CreationTime Ascending=false";
        for (query, wanted) in [
            ("", format!("Status=ALL {newest}")),
            ("sort=created", "Status=ALL SortBy=CreationTime Ascending=true".to_owned()),
            ("sort=-name", "Status=ALL SortBy=ImageName Ascending=false".to_owned()),
            ("sort=encryption&page=7", "Status=ALL SortBy=Encrypted Ascending=true".to_owned()),
            ("sort=--size", format!("Status=ALL {newest}")),
            ("sort=colour&status=blue&encrypted=maybe&owner=all", format!("Status=ALL {newest}")),
            ("name=+ALPH+", format!("Search=ALPH Status=ALL {newest}")),
            ("status=Available&encrypted=yes", format!("Status=Available Encrypted=true {newest}")),
            ("encrypted=no&owner=own", format!("Status=ALL Encrypted=false ImageOwnerAlias=self {newest}")),
            ("owner=shared", format!("Status=ALL ImageOwnerAlias=others {newest}")),
        ] {
            let selection = Selection::read(&Fields::read(query.as_bytes()).unwrap());
            let sent: Vec<String> =
                selection.parameters().iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(sent.join(" "), wanted, "{query}");
        }
    }
}
