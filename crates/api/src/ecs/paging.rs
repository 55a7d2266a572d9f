//! Pages of the lists of ECS: by number, or by token. A token is the number of the next page.

use ::ecs::PageRequest;
use serde_json::{Value, json};

use super::parameters::page;
use crate::errors::Refusal;
use crate::parameters::{Integer, Optional, Parameters};

/// Some lists allow more rows; no page here has more than 100, and the token leads to the rest.
pub(super) const MAX_RESULTS: Optional<Integer> = Optional::new("MaxResults", Integer { min: 1, max: 500 });
pub(super) const NEXT_TOKEN: Optional<Integer> = Optional::new("NextToken", Integer { min: 1, max: 1 << 31 });

const ROWS_MAX: u64 = 100;

/// The page that a call asks for.
pub(super) struct Paging {
    pub(super) request: PageRequest,
    number: u32,
    size: u32,
    by_token: bool,
}

impl Paging {
    /// Reads `PageNumber` and `PageSize`, for a list that knows no tokens.
    pub(super) fn by_number(parameters: &Parameters) -> Result<Self, Refusal> {
        let (request, number, size) = page(parameters)?;
        Ok(Self { request, number, size, by_token: false })
    }

    /// Reads `PageNumber` and `PageSize`, or `MaxResults` and `NextToken`. A token goes before a number.
    pub(super) fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        let by_number = Self::by_number(parameters)?;
        let (max, token) = (MAX_RESULTS.read(parameters)?, NEXT_TOKEN.read(parameters)?);
        if max.is_none() && token.is_none() {
            return Ok(by_number);
        }
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let (number, size) = (small(token.unwrap_or(1)), small(max.unwrap_or(10).min(ROWS_MAX)));
        Ok(Self { request: PageRequest::new(number, size).unwrap_or(by_number.request), number, size, by_token: true })
    }

    /// The answer: `{"<list>":{"<item>":[…]}}` with counts and where it goes on.
    pub(super) fn answer(&self, list: &str, item: &str, items: Vec<Value>, total: u64) -> Value {
        let is_more = u64::from(self.number) * u64::from(self.size) < total;
        let next = (self.by_token && is_more).then(|| (self.number + 1).to_string());
        json!({
            list: { item: Value::from(items) },
            "NextToken": next.unwrap_or_default(),
            "TotalCount": total,
            "PageNumber": self.number,
            "PageSize": self.size,
        })
    }
}
