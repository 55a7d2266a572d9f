//! The number of an account.

use std::fmt;
use std::str::FromStr;

use crypto::Random;

/// Digits of an account id. Source: ram.md 1.
const DIGITS: usize = 16;

/// An account: the owner of users, roles and resources. Written as 16 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

/// Text that is not 16 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account is written as 16 digits")]
pub struct InvalidAccountId;

impl AccountId {
    /// A new id, without leading zeros. Two are equal with a chance of 1 in 9 × 10^15; the store refuses a second one.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        const FIRST: u64 = 10_u64.pow(DIGITS as u32 - 1);
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        Self(FIRST + u64::from_be_bytes(bytes) % (9 * FIRST))
    }

    /// The account with this number, which has at most 16 digits.
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        (number < 10_u64.pow(DIGITS as u32)).then_some(Self(number))
    }

    /// The id as a number, for storage.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0DIGITS$}", self.0)
    }
}

impl FromStr for AccountId {
    type Err = InvalidAccountId;

    fn from_str(text: &str) -> Result<Self, InvalidAccountId> {
        if text.len() != DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidAccountId);
        }
        text.parse().map(Self).map_err(|_| InvalidAccountId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteen digits come back as they were written, leading zeros too; nothing else is an account.
    #[test]
    fn accounts_are_sixteen_digits() {
        for good in ["1234567890123456", "0000000000000001", "9999999999999999"] {
            assert_eq!(good.parse::<AccountId>().unwrap().to_string(), good);
        }
        for bad in
            ["", "123456789012345", "12345678901234567", "+234567890123456", "12345678901234 6", "１234567890123"]
        {
            assert_eq!(bad.parse::<AccountId>(), Err(InvalidAccountId), "{bad}");
        }
        assert_eq!(AccountId::from_number(10_000_000_000_000_000), None);
    }

    /// New ids are read back, and differ.
    #[test]
    fn generated_accounts_are_accounts() {
        let random = crypto::SeededRandom::new(b"accounts");
        let accounts = [(); 20].map(|()| AccountId::generate(&random));
        for account in accounts {
            assert_eq!(account.to_string().parse(), Ok(account));
            assert!(!account.to_string().starts_with('0'));
        }
        assert_ne!(accounts[0], accounts[1]);
    }
}
