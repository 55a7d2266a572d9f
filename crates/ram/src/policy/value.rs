//! Values of conditions: how each kind is written and compared.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An order between the value of a request (left) and that of a policy (right).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub(super) fn holds<T: Ord>(self, found: &T, wanted: &T) -> bool {
        match self {
            Self::Equal => found == wanted,
            Self::Less => found < wanted,
            Self::LessOrEqual => found <= wanted,
            Self::Greater => found > wanted,
            Self::GreaterOrEqual => found >= wanted,
        }
    }
}

/// Text is not a value of the wanted kind.
#[derive(Debug)]
pub(super) struct NotOfKind;

/// A decimal number, exact: at most 18 digits before the point and 9 after it. Floating point would make neighbours of
/// 2^53 equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number {
    billionths: i128,
}

const WHOLE_DIGITS_MAX: usize = 18;
const FRACTION_DIGITS: usize = 9;
const BILLION: i128 = 1_000_000_000;

impl FromStr for Number {
    type Err = NotOfKind;

    fn from_str(text: &str) -> Result<Self, NotOfKind> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let digits =
            |text: &str, max| (1..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole, WHOLE_DIGITS_MAX) || !digits(fraction, FRACTION_DIGITS) {
            return Err(NotOfKind);
        }
        let number = |text: &str| text.parse::<i128>().map_err(|_| NotOfKind);
        let fraction = format!("{fraction:0<FRACTION_DIGITS$}");
        Ok(Self { billionths: sign * (number(whole)? * BILLION + number(&fraction)?) })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.billionths < 0 { "-" } else { "" };
        let (whole, fraction) = (self.billionths.abs() / BILLION, self.billionths.abs() % BILLION);
        let text = format!("{sign}{whole}.{fraction:0FRACTION_DIGITS$}");
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// `true` or `false`, in any case.
pub(super) fn bool_of(text: &str) -> Result<bool, NotOfKind> {
    [true, false].into_iter().find(|value| text.eq_ignore_ascii_case(&value.to_string())).ok_or(NotOfKind)
}

/// An address, or a block of addresses in CIDR form. Bits behind the prefix do not count.
///
/// The 2021 pages allow a block only among several values; we allow it alone too. An IPv4 address in IPv6 clothes
/// (`::ffff:10.0.0.1`) is the IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    prefix_bits: u32,
}

impl Network {
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && masked(address, self.prefix_bits) == self.address
    }
}

impl FromStr for Network {
    type Err = NotOfKind;

    fn from_str(text: &str) -> Result<Self, NotOfKind> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotOfKind)?;
        let prefix_bits = prefix.map_or(Ok(width(address)), |text| prefix_of(text, width(address)))?;
        // The 96 bits that say "IPv4 inside" are dropped with the clothes.
        let canonical = address.to_canonical();
        let (address, prefix_bits) = match prefix_bits.checked_sub(width(address) - width(canonical)) {
            Some(prefix_bits) => (canonical, prefix_bits),
            None => (address, prefix_bits),
        };
        Ok(Self { address: masked(address, prefix_bits), prefix_bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)?;
        if self.prefix_bits == width(self.address) { Ok(()) } else { write!(f, "/{}", self.prefix_bits) }
    }
}

fn prefix_of(text: &str, max: u32) -> Result<u32, NotOfKind> {
    let plain = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let bits = if plain { text.parse().ok() } else { None };
    bits.filter(|bits| *bits <= max).ok_or(NotOfKind)
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address with all bits behind the prefix cleared.
fn masked(address: IpAddr, prefix_bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix_bits)).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(prefix_bits)).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers are exact, have one canonical form, and nothing else is a number.
    #[test]
    fn numbers_are_exact_decimals() {
        let number = |text: &str| text.parse::<Number>().unwrap();
        for (text, written) in
            [("0", "0"), ("-0", "0"), ("007", "7"), ("1.50", "1.5"), ("-0.000000001", "-0.000000001"), ("100", "100")]
        {
            assert_eq!(number(text).to_string(), written);
        }
        assert!(number("9007199254740993") > number("9007199254740992"));
        assert!(number("-2") < number("-1.5"));
        for bad in ["", "-", "+1", "1.", ".5", "1e3", "0x1", "1 ", "1.0000000001", "1234567890123456789", "１"] {
            assert!(bad.parse::<Number>().is_err(), "{bad}");
        }
    }

    #[test]
    fn booleans_are_two_words() {
        assert!(bool_of("True").unwrap() && !bool_of("false").unwrap());
        assert!(bool_of("1").is_err() && bool_of("").is_err());
    }

    /// Blocks hold what their prefix says, for both families and mixed spellings.
    #[test]
    fn networks_hold_addresses() {
        let cases = [
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("10.1.2.3/8", "10.255.0.1", true),
            ("10.1.2.3/8", "11.0.0.1", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "10.0.0.1", false),
            ("2001:db8::/33", "2001:db8:7fff::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false),
            ("10.0.0.0/31", "::ffff:10.0.0.1", true),
            ("::ffff:10.0.0.0/127", "10.0.0.1", true),
            ("::ffff:10.0.0.0/127", "10.0.0.2", false),
        ];
        for (network, address, wanted) in cases {
            let network: Network = network.parse().unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), wanted, "{network} {address}");
            let again: Network = network.to_string().parse().unwrap();
            assert_eq!(again, network);
        }
        for bad in ["", "10.0.0", "10.0.0.1/", "10.0.0.1/33", "::1/129", "10.0.0.1/+8", "10.0.0.1/8/8", "010.0.0.1"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
