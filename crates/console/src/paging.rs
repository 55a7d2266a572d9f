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
        label: "{}: pages of the list" | "{}：列表分页";
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

/// Name of the number in the address of a page that is one list.
pub(crate) const WHOLE_PAGE: &str = "page";

/// A page of a list that the API counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbered {
    /// Of the number in the address, and of the place of the list on a page that has more than it.
    name: &'static str,
    pub(crate) number: u64,
}

impl Numbered {
    /// The page that the visitor asks for. `name`: of its number in the address; but for [`WHOLE_PAGE`], the template has it as an `id` where
    /// the list begins.
    pub(crate) fn asked(visit: &Visit, name: &'static str) -> Self {
        Self { name, number: page_number(visit.query().get(name)) }
    }

    /// The answer of an action that lists, for this page. Beyond the end of the list there is nothing to see, and the way back would be missed:
    /// then its last page is asked for.
    pub(crate) async fn call(
        self,
        visit: &Visit,
        product: Product,
        action: &'static str,
        filters: &[(&str, &str)],
    ) -> Result<Part, Refusal> {
        let answer = self.ask(visit, product, action, filters).await?;
        let total = number(&answer, "TotalCount");
        let page = self.within(total);
        let answer =
            if page == self || total == 0 { answer } else { page.ask(visit, product, action, filters).await? };
        Ok(Part { page, answer })
    }

    async fn ask(
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

    /// This page of a list of `total` entries, or its last one.
    pub(crate) fn within(self, total: u64) -> Self {
        Self { number: self.number.min(last(total)), ..self }
    }

    /// This page of a list of `total` entries that the API has the other way round: 1 is its last page.
    pub(crate) fn counted_back(self, total: u64) -> Self {
        Self { number: last(total) + 1 - self.within(total).number, ..self }
    }

    /// The line below the list, named `list`, of `total` entries. `page`: path of the page; `query`: what else its address says, such
    /// as filters.
    pub(crate) fn line(
        self,
        visit: &Visit,
        list: &str,
        (page, query): (impl Display, &[(&str, &str)]),
        total: u64,
    ) -> Paging {
        self.of((visit.language, list), &visit.path(page), query, total)
    }

    fn of(self, (language, list): (Language, &str), address: &str, query: &[(&str, &str)], total: u64) -> Paging {
        let texts = PagingTexts::of(language);
        // A list that shares its page with others is gone to.
        let anchor = if self.name == WHOLE_PAGE { "" } else { self.name };
        let at = |page: u64| with(address, query, Some((self.name, &page.to_string())), anchor);
        Paging {
            texts,
            label: fill(texts.label, &[&list]),
            total: if total == 0 { String::new() } else { fill(texts.total, &[&total]) },
            before: (self.number > 1).then(|| at(self.number - 1)),
            first: None,
            next: (self.number < last(total)).then(|| at(self.number + 1)),
        }
    }
}

/// The last page of a list: that of an empty one is its first.
fn last(total: u64) -> u64 {
    total.div_ceil(PAGE_SIZE).clamp(1, PAGE_MAX)
}

/// A part of a list that the API counts.
pub(crate) struct Part {
    /// Where it stands in the list.
    pub(crate) page: Numbered,
    pub(crate) answer: Value,
}

impl Part {
    /// As [`Numbered::line`].
    pub(crate) fn line(&self, visit: &Visit, list: &str, at: (impl Display, &[(&str, &str)])) -> Paging {
        self.page.line(visit, list, at, number(&self.answer, "TotalCount"))
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
    pub(crate) fn line(
        &self,
        visit: &Visit,
        list: &str,
        (page, query): (impl Display, &[(&str, &str)]),
        answer: &Value,
    ) -> Paging {
        let next = answer["Marker"].as_str().filter(|marker| !marker.is_empty());
        Paging::marked((visit.language, list), (&visit.path(page), query), (MARKER, &self.marker), next)
    }
}

/// Where the rest of a list is. Shown by `{% include "paging.html" %}`.
pub(crate) struct Paging {
    pub(crate) texts: &'static PagingTexts,
    /// Tells the lines of a page apart.
    pub(crate) label: String,
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
    /// A list, named `list`, that is read by marker. `name`: of the marker in the address; `marker`: that of this page; `next`: of the page behind.
    pub(crate) fn marked(
        (language, list): (Language, &str),
        (address, query): (&str, &[(&str, &str)]),
        (name, marker): (&str, &str),
        next: Option<&str>,
    ) -> Self {
        let texts = PagingTexts::of(language);
        Self {
            texts,
            label: fill(texts.label, &[&list]),
            total: String::new(),
            before: None,
            first: (!marker.is_empty()).then(|| with(address, query, None, "")),
            next: next.map(|next| with(address, query, Some((name, next)), "")),
        }
    }

    /// Whether there is anything to show: a list on one page without a number has nothing.
    pub(crate) fn is_shown(&self) -> bool {
        !self.total.is_empty() || self.before.is_some() || self.first.is_some() || self.next.is_some()
    }
}

/// `anchor`: where on the page; empty for its beginning.
fn with(address: &str, query: &[(&str, &str)], more: Option<(&str, &str)>, anchor: &str) -> String {
    let pairs: Vec<(&str, &str)> = query.iter().copied().filter(|(_, value)| !value.is_empty()).chain(more).collect();
    let hash = if anchor.is_empty() { "" } else { "#" };
    format!("{address}?{}{hash}{anchor}", form_urlencoded(&pairs))
}

/// The number of a page in an address: 1 for whatever is not one.
fn page_number(text: &str) -> u64 {
    text.parse().ok().filter(|page| (1..=PAGE_MAX).contains(page)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stage::Stage;

    fn numbered(number: u64) -> Numbered {
        Numbered { name: WHOLE_PAGE, number }
    }

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
            (99_999, 2_000_001, Some(99_998), Some(100_000)),
        ] {
            let line = numbered(page).of((Language::English, "Keys"), "/keys", &query, total);
            let address = |page: u64| format!("/keys?state=Enabled&page={page}");
            assert_eq!((line.before, line.next), (before.map(address), next.map(address)), "{page} of {total}");
        }
        let shown = |page, total| numbered(page).of((Language::Chinese, "密钥"), "/keys", &[], total);
        assert!(shown(1, 1).is_shown() && !shown(1, 0).is_shown(), "an empty list has no line");
        assert_eq!((shown(2, 45).total.as_str(), shown(2, 45).label.as_str()), ("共 45 条", "密钥：列表分页"));
    }

    /// A list that shares its page with others is gone to, and its line says which it is.
    #[test]
    fn a_list_among_others_is_gone_to() {
        let line = Numbered { name: "versions", number: 2 }.of((Language::English, "Versions"), "/keys/k", &[], 45);
        assert_eq!(line.before.as_deref(), Some("/keys/k?versions=1#versions"));
        assert_eq!(line.next.as_deref(), Some("/keys/k?versions=3#versions"));
        assert_eq!(line.label, "Versions: pages of the list");
    }

    /// Beyond the end of a list its last page is shown; of an empty one, the first.
    #[test]
    fn a_page_is_within_its_list() {
        for (page, total, wanted) in [(1, 0, 1), (9, 0, 1), (1, 20, 1), (2, 20, 1), (3, 45, 3), (9, 45, 3)] {
            assert_eq!(numbered(page).within(total).number, wanted, "{page} of {total}");
        }
    }

    /// A list that the API has from the oldest on is shown from the newest on, to its end and no further.
    #[test]
    fn a_list_is_read_from_its_end() {
        for (page, total, wanted) in [(1, 0, 1), (1, 20, 1), (1, 45, 3), (2, 45, 2), (3, 45, 1), (4, 45, 1)] {
            assert_eq!(numbered(page).counted_back(total).number, wanted, "{page} of {total}");
        }
    }

    #[test]
    fn a_page_is_a_number_from_one_on() {
        for (text, wanted) in [("", 1), ("0", 1), ("-1", 1), ("7", 7), ("1000000", 1_000_000), ("1000001", 1), ("x", 1)]
        {
            assert_eq!(page_number(text), wanted, "{text}");
        }
    }

    /// Whoever asks for what is beyond the end of a list sees its last page, and the way back from there.
    #[tokio::test]
    async fn the_way_back_is_not_lost() {
        for (total, page, wanted) in [(45, 9, &["9", "3"][..]), (45, 3, &["3"]), (0, 9, &["9"])] {
            let answer = move |page: u64| match (page - 1) * PAGE_SIZE < total {
                true => json!({ "Tickets": { "Ticket": [{ "TicketId": "t-1" }] }, "TotalCount": total }),
                false => json!({ "TotalCount": total }),
            };
            let stage = Stage::open(move |_, asked| Ok(answer(asked["PageNumber"].parse().unwrap()))).await;
            let seen = stage.get(&format!("tickets?page={page}")).await;
            let pages = stage.asked().into_iter().map(|asked| asked.replace("DescribeTickets PageNumber=", ""));
            let pages: Vec<String> = pages.map(|asked| asked.replace(" PageSize=20", "")).collect();
            assert_eq!(pages, wanted);
            assert_eq!(seen.html.contains("tickets?page=2"), total > 0, "{}", seen.html);
        }
    }
}
