//! How often a key gets a new version. Source: `../shared/api/kms.md` 1 and 3.

use std::fmt;
use std::str::FromStr;

use catalog::Timestamp;

use crate::error::{KmsError, Result};

const DAY_S: u64 = 24 * 60 * 60;

/// Shortest and longest interval, in days. Source: `../shared/api/kms.md` 3; the limit of 365 days that newer pages name for
/// software keys is not kept, because a key that rotates less often is still better than one that never does.
const DAYS: std::ops::RangeInclusive<u64> = 7..=730;

/// Time between two versions of a key: 7 to 730 days, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotationInterval {
    seconds: u32,
}

impl RotationInterval {
    /// An interval of `seconds`, as the catalog keeps it.
    ///
    /// Errors: `InvalidWord` outside of 7 to 730 days.
    pub fn from_seconds(seconds: u64) -> Result<Self> {
        let fits = (DAYS.start() * DAY_S..=DAYS.end() * DAY_S).contains(&seconds);
        let whole = u32::try_from(seconds).ok().filter(|_| fits);
        whole.map(|seconds| Self { seconds }).ok_or_else(|| refused(&format!("{seconds}s")))
    }

    /// In seconds.
    pub fn seconds(self) -> u32 {
        self.seconds
    }

    /// When the version after one made at `last` is due. An overdue one is due at once, not once for each interval missed.
    pub fn next_after(self, last: Timestamp) -> Timestamp {
        let interval = std::time::Duration::from_secs(self.seconds.into());
        last.saturating_add(interval).expect("a duration has no calendar units")
    }
}

impl FromStr for RotationInterval {
    type Err = KmsError;

    /// Reads a number with its unit: `30d` or `604800s`; `h` and `m` are taken too.
    ///
    /// Errors: `InvalidWord`.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || refused(text);
        let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
        let unit_s = match unit {
            "d" => DAY_S,
            "h" => 60 * 60,
            "m" => 60,
            "s" => 1,
            _ => return Err(wrong()),
        };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let seconds = number.checked_mul(unit_s).ok_or_else(wrong)?;
        Self::from_seconds(seconds).map_err(|_| wrong())
    }
}

impl fmt::Display for RotationInterval {
    /// In seconds, as the API answers: `31536000s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.seconds)
    }
}

fn refused(text: &str) -> KmsError {
    KmsError::InvalidWord {
        name: "RotationInterval",
        found: text.chars().take(64).collect(),
        allowed: "a number with d, h, m or s, from 7d to 730d",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_with_their_unit_and_limits() {
        let seconds = |text: &str| text.parse::<RotationInterval>().map(RotationInterval::seconds).ok();
        assert_eq!(seconds("7d"), Some(604_800));
        assert_eq!(seconds("604800s"), Some(604_800));
        assert_eq!(seconds("168h"), Some(604_800));
        assert_eq!(seconds("730d"), Some(63_072_000));
        for bad in
            ["", "d", "7", "6d", "604799s", "731d", "-7d", "+7d", "7 d", "7D", "1e3d", "99999999999999999999d", "é"]
        {
            assert_eq!(seconds(bad), None, "{bad}");
        }
        assert_eq!("365d".parse::<RotationInterval>().unwrap().to_string(), "31536000s");
    }

    #[test]
    fn the_next_version_is_due_one_interval_after_the_last() {
        let last: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let interval: RotationInterval = "30d".parse().unwrap();
        assert_eq!(interval.next_after(last).to_string(), "2026-01-31T00:00:00Z");
    }
}
