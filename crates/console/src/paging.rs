//! Lists that page: which part an address asks for, and the line below it. However long a list is, a page of it is one call of the API.

use std::fmt::Display;

use serde_json::Value;

use crate::calls::{Product, Refusal};
use crate::language::{Language, fill, texts};
use crate::shown::number;
use crate::visit::{Visit, form_urlencoded};

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

/// Entries of a page, of lists that are counted.
pub(crate) const PAGE_SIZE: u64 = 20;

/// Entries of a page, of lists that are read by marker.
const MARKED_SIZE: &str = "50";

/// Last page that is asked for: the largest number that all lists of the API take.
const PAGE_MAX: u64 = 1_000_000;

/// A page of a list that the API counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbered {
    /// Of the number in the address.
    name: &'static str,
    pub(crate) number: u64,
}

impl Numbered {
    /// The page that the visitor asks for. `name`: of its number in the address.
    pub(crate) fn asked(visit: &Visit, name: &'static str) -> Self {
        Self { name, number: page_number(visit.query().get(name)) }
    }

    /// The answer of an action that lists, for this page.
    pub(crate) async fn call(
        self,
        visit: &Visit,
        product: Product,
        action: &'static str,
        filters: &[(&str, &str)],
    ) -> Result<Value, Refusal> {
        let (page, size) = (self.number.to_string(), PAGE_SIZE.to_string());
        let paging = [("PageNumber", page.as_str()), ("PageSize", size.as_str())];
        visit.call(product, action, &[filters, &paging].concat()).await
    }

    /// This page of a list of `total` entries that the API has the other way round: 1 is its last page. Of what is beyond the
    /// end there is nothing on the page behind the API's last one.
    pub(crate) fn counted_back(self, total: u64) -> Self {
        let last = total.div_ceil(PAGE_SIZE).max(1);
        Self { number: (last + 1).checked_sub(self.number).filter(|page| *page > 0).unwrap_or(last + 1), ..self }
    }

    /// The line below the list. `page`: path of the page; `query`: what else its address says, such as filters.
    pub(crate) fn line(self, visit: &Visit, page: impl Display, query: &[(&str, &str)], answer: &Value) -> Paging {
        self.of(visit.language, &visit.path(page), query, number(answer, "TotalCount"))
    }

    fn of(self, language: Language, address: &str, query: &[(&str, &str)], total: u64) -> Paging {
        let texts = PagingTexts::of(language);
        let at = |page: u64| with(address, query, Some((self.name, &page.to_string())));
        let last = total.div_ceil(PAGE_SIZE).min(PAGE_MAX);
        Paging {
            texts,
            total: if total == 0 { String::new() } else { fill(texts.total, &[&total]) },
            // From beyond the end the way back is to the last page.
            before: (self.number > 1).then(|| at((self.number - 1).min(last.max(1)))),
            first: None,
            next: (self.number < last).then(|| at(self.number + 1)),
        }
    }
}

/// A page of a list that the API reads on from a marker, forwards only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marked {
    marker: String,
}

/// Name of the marker in an address.
const MARKER: &str = "marker";

impl Marked {
    pub(crate) fn asked(visit: &Visit) -> Self {
        Self { marker: visit.query().get(MARKER).to_owned() }
    }

    /// The answer of an action of RAM that lists, for this page.
    pub(crate) async fn call(
        &self,
        visit: &Visit,
        action: &'static str,
        filters: &[(&str, &str)],
    ) -> Result<Value, Refusal> {
        let mut parameters = [filters, &[("MaxItems", MARKED_SIZE)]].concat();
        if !self.marker.is_empty() {
            parameters.push(("Marker", &self.marker));
        }
        visit.call(Product::Ram, action, &parameters).await
    }

    /// As [`Numbered::line`].
    pub(crate) fn line(&self, visit: &Visit, page: impl Display, query: &[(&str, &str)], answer: &Value) -> Paging {
        let next = answer["Marker"].as_str().filter(|marker| !marker.is_empty());
        Paging::marked(visit.language, (&visit.path(page), query), (MARKER, &self.marker), next)
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
    /// A list that is read by marker. `name`: of the marker in the address; `marker`: that of this page; `next`: of the page behind.
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
        !self.total.is_empty() || self.before.is_some() || self.first.is_some() || self.next.is_some()
    }
}

fn with(address: &str, query: &[(&str, &str)], more: Option<(&str, &str)>) -> String {
    let pairs: Vec<(&str, &str)> = query.iter().copied().filter(|(_, value)| !value.is_empty()).chain(more).collect();
    format!("{address}?{}", form_urlencoded(&pairs))
}

/// The number of a page in an address: 1 for whatever is not one.
fn page_number(text: &str) -> u64 {
    text.parse().ok().filter(|page| (1..=PAGE_MAX).contains(page)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first page has nothing before it, the last nothing behind, also where a list is long; filters stay, empty ones are left out.
    #[test]
    fn pages_lead_on_and_back() {
        let query = [("state", "Enabled"), ("origin", "")];
        for (page, total, before, next) in [
            (1, 0, None, None),
            (1, 20, None, None),
            (1, 45, None, Some(2)),
            (3, 45, Some(2), None),
            (100, 2001, Some(99), Some(101)),
            (101, 2001, Some(100), None),
            (9, 45, Some(3), None),
            (9, 0, Some(1), None),
            (99_999, 2_000_001, Some(99_998), Some(100_000)),
        ] {
            let line = Numbered { name: "page", number: page }.of(Language::English, "/keys", &query, total);
            let address = |page: u64| format!("/keys?state=Enabled&page={page}");
            assert_eq!((line.before, line.next), (before.map(address), next.map(address)), "{page} of {total}");
        }
        let shown = |page, total| Numbered { name: "page", number: page }.of(Language::English, "/keys", &[], total);
        assert!(shown(1, 1).is_shown() && !shown(1, 0).is_shown(), "an empty list has no line");
        assert_eq!(shown(2, 45).total, "45 in all");
    }

    /// A list that the API has from the oldest on is shown from the newest on, to its end and no further.
    #[test]
    fn a_list_is_read_from_its_end() {
        for (page, total, wanted) in [(1, 0, 1), (1, 20, 1), (1, 45, 3), (2, 45, 2), (3, 45, 1), (4, 45, 4), (9, 45, 4)]
        {
            let page = Numbered { name: "page", number: page };
            assert_eq!(page.counted_back(total).number, wanted, "{page:?} of {total}");
        }
    }

    #[test]
    fn a_page_is_a_number_from_one_on() {
        for (text, wanted) in [("", 1), ("0", 1), ("-1", 1), ("7", 7), ("1000000", 1_000_000), ("1000001", 1), ("x", 1)]
        {
            assert_eq!(page_number(text), wanted, "{text}");
        }
    }
}
