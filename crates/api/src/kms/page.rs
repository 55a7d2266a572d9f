//! `PageNumber` and `PageSize`, of all lists in KMS.

use kms::{Page, PageRequest};
use serde_json::{Value, json};

use crate::errors::Refusal;
use crate::parameters::{Integer, Optional, Parameters};

pub(super) const PAGE_NUMBER: Optional<Integer> = Optional::new("PageNumber", Integer { min: 1, max: 1_000_000 });
pub(super) const PAGE_SIZE: Optional<Integer> = Optional::new("PageSize", Integer { min: 1, max: 100 });

const PAGE_SIZE_DEFAULT: u64 = 10;

/// Which page is wanted.
pub(super) struct Paging {
    number: u64,
    size: u64,
    pub(super) request: PageRequest,
}

impl Paging {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        let number = PAGE_NUMBER.read(parameters)?.unwrap_or(1);
        let size = PAGE_SIZE.read(parameters)?.unwrap_or(PAGE_SIZE_DEFAULT);
        let narrow = |value| u32::try_from(value).expect("both are at most a million");
        let request = PageRequest::new(narrow(number), narrow(size)).expect("both are in the limits of a page");
        Ok(Self { number, size, request })
    }

    /// A page as an answer: `{"Keys":{"Key":[…]},"PageNumber":1,…}`.
    pub(super) fn answer<T>(
        &self,
        page: Page<T>,
        (list, item): (&'static str, &'static str),
        show: impl Fn(T) -> Value,
    ) -> Value {
        let items: Vec<Value> = page.items.into_iter().map(show).collect();
        json!({
            list: { item: items },
            "TotalCount": page.total_count,
            "PageNumber": self.number,
            "PageSize": self.size,
        })
    }
}
