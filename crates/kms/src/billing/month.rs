use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use catalog::Timestamp;
use jiff::civil::{self, Date};
use jiff::tz::Offset;

/// Seconds of a day; UTC as we count it has no others.
const DAY_S: i64 = 24 * 60 * 60;

/// A billing month, in UTC, written `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    first: Date,
}

/// Text that is not a month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a month such as 2026-11")]
pub struct InvalidMonth(String);

impl Month {
    /// The month of `at`.
    pub fn of(at: Timestamp) -> Self {
        Self { first: Offset::UTC.to_datetime(at).date().first_of_month() }
    }

    /// Its days so far, since 1970: from the first to that of `now`, or to the last when the month is over. Empty when it is still to
    /// come.
    pub fn days_until(self, now: Timestamp) -> RangeInclusive<i64> {
        let today = now.as_second().div_euclid(DAY_S);
        day_of(self.first)..=day_of(self.first.last_of_month()).min(today)
    }
}

/// Its number since 1970.
fn day_of(date: Date) -> i64 {
    date.duration_since(civil::date(1970, 1, 1)).as_hours() / 24
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl FromStr for Month {
    type Err = InvalidMonth;

    fn from_str(text: &str) -> Result<Self, InvalidMonth> {
        let invalid = || InvalidMonth(text.to_owned());
        let (year, month) = text.split_once('-').ok_or_else(invalid)?;
        let is_number = |text: &str, len| text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(year, 4) || !is_number(month, 2) {
            return Err(invalid());
        }
        let (year, month) = (year.parse().map_err(|_| invalid())?, month.parse().map_err(|_| invalid())?);
        Date::new(year, month, 1).map(|first| Self { first }).map_err(|_| invalid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_written_in_one_way() {
        for good in ["2026-11", "0000-01", "9999-12"] {
            assert_eq!(good.parse::<Month>().unwrap().to_string(), good);
        }
        for bad in ["", "2026", "2026-13", "2026-00", "2026-1", "26-01", "+026-01", "2026-011", "2026-11-01", "abcd-ef"]
        {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }

    /// A month that is over has all its days, the present one those until today, one to come none; also at both ends of time.
    #[test]
    fn days_end_with_today() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let days = |month: &str, now: Timestamp| month.parse::<Month>().unwrap().days_until(now);
        assert_eq!(days("1970-02", at("2026-11-28T00:00:00Z")), 31..=58);
        assert_eq!(days("1970-02", at("1970-02-01T00:00:00Z")), 31..=31);
        assert_eq!(days("1970-02", at("1970-02-28T23:59:59.999Z")), 31..=58);
        assert!(days("1970-03", at("1970-02-28T23:59:59.999Z")).is_empty());
        assert_eq!(Month::of(at("2024-02-29T23:59:59.999Z")).to_string(), "2024-02");
        assert_eq!(days("2024-02", Timestamp::MAX).count(), 29);
        assert!(days("9999-12", Timestamp::MIN).is_empty() && days("0000-01", Timestamp::MIN).is_empty());
    }
}
