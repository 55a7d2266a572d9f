//! The line below a list that pages.

use crate::language::{Language, fill, texts};
use crate::visit::form_urlencoded;

texts! {
    /// Texts of the line.
    PagingTexts {
        label: "Pages of the list" | "列表分页";
        total: "{} in all" | "共 {} 条";
        before: "Previous page" | "上一页";
        first: "First page" | "第一页";
        next: "Next page" | "下一页";
    }
}

/// Where the rest of a list is. Shown by `{% include "paging.html" %}`.
pub(crate) struct Paging {
    pub(crate) texts: &'static PagingTexts,
    /// Empty where the number is not known.
    pub(crate) total: String,
    /// Address of the page before.
    pub(crate) before: Option<String>,
    /// Address of the first page, where only the way onward is known.
    pub(crate) first: Option<String>,
    /// Address of the page behind.
    pub(crate) next: Option<String>,
}

impl Paging {
    /// A list with numbered pages. `query`: what else the address says, such as filters; `name`: of the page's number in it.
    pub(crate) fn numbered(
        language: Language,
        (address, query): (&str, &[(&str, &str)]),
        (name, page): (&str, u64),
        size: u64,
        total: u64,
    ) -> Self {
        let texts = PagingTexts::of(language);
        let at = |page: u64| with(address, query, Some((name, &page.to_string())));
        Self {
            texts,
            total: if total == 0 { String::new() } else { fill(texts.total, &[&total]) },
            before: (page > 1).then(|| at(page - 1)),
            first: None,
            next: (page.saturating_mul(size) < total).then(|| at(page + 1)),
        }
    }

    /// A list that is read by marker, forwards only. `name`: of the marker in the address; `marker`: that of this page; `next`: of the page behind.
    pub(crate) fn marked(
        language: Language,
        (address, query): (&str, &[(&str, &str)]),
        (name, marker): (&str, &str),
        next: Option<&str>,
    ) -> Self {
        Self {
            texts: PagingTexts::of(language),
            total: String::new(),
            before: None,
            first: (!marker.is_empty()).then(|| with(address, query, None)),
            next: next.map(|next| with(address, query, Some((name, next)))),
        }
    }

    /// Whether there is anything to show: a list on one page without a number has nothing.
    pub(crate) fn is_shown(&self) -> bool {
        !self.total.is_empty() || self.first.is_some() || self.next.is_some()
    }
}

fn with(address: &str, query: &[(&str, &str)], more: Option<(&str, &str)>) -> String {
    let pairs: Vec<(&str, &str)> = query.iter().copied().filter(|(_, value)| !value.is_empty()).chain(more).collect();
    format!("{address}?{}", form_urlencoded(&pairs))
}

/// The number of a page in an address: 1 for whatever is not one.
pub(crate) fn page_number(text: &str) -> u64 {
    text.parse().ok().filter(|page| (1..=100_000).contains(page)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first page has nothing before it, the last nothing behind; filters stay, empty ones are left out.
    #[test]
    fn pages_lead_on_and_back() {
        let at = |page| {
            let query = [("state", "Enabled"), ("origin", "")];
            Paging::numbered(Language::English, ("/keys", &query), ("page", page), 20, 45)
        };
        let address = |page: u64| Some(format!("/keys?state=Enabled&page={page}"));
        assert_eq!((at(1).before, at(1).next), (None, address(2)));
        assert_eq!((at(3).before, at(3).next), (address(2), None));
        assert_eq!(at(2).total, "45 in all");
        let none = Paging::numbered(Language::English, ("/keys", &[]), ("page", 1), 20, 0);
        assert!(at(1).is_shown() && !none.is_shown(), "an empty list has no line");
    }

    #[test]
    fn a_page_is_a_number_from_one_on() {
        for (text, wanted) in [("", 1), ("0", 1), ("-1", 1), ("7", 7), ("100001", 1), ("x", 1)] {
            assert_eq!(page_number(text), wanted, "{text}");
        }
    }
}
