//! The condition operators of ram.md 4, one row each.

use super::value::Comparison;

/// An operator as documents write it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) name: &'static str,
    pub(super) test: Test,
    /// Whether the outcome is turned round: true when *none* of the values fits, and when the request has no such key.
    pub(super) negated: bool,
}

/// How one value of a document is compared with the value of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Equals,
    EqualsIgnoreCase,
    Like,
    Number(Comparison),
    Date(Comparison),
    Bool,
    IpAddress,
}

impl Operator {
    /// The operator of this name. Names are exact.
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        OPERATORS.iter().find(|operator| operator.name == name)
    }
}

const fn is(name: &'static str, test: Test) -> Operator {
    Operator { name, test, negated: false }
}

const fn is_not(name: &'static str, test: Test) -> Operator {
    Operator { name, test, negated: true }
}

const OPERATORS: &[Operator] = &[
    is("StringEquals", Test::Equals),
    is_not("StringNotEquals", Test::Equals),
    is("StringEqualsIgnoreCase", Test::EqualsIgnoreCase),
    is_not("StringNotEqualsIgnoreCase", Test::EqualsIgnoreCase),
    is("StringLike", Test::Like),
    is_not("StringNotLike", Test::Like),
    is("NumericEquals", Test::Number(Comparison::Equal)),
    is_not("NumericNotEquals", Test::Number(Comparison::Equal)),
    is("NumericLessThan", Test::Number(Comparison::Less)),
    is("NumericLessThanEquals", Test::Number(Comparison::LessOrEqual)),
    is("NumericGreaterThan", Test::Number(Comparison::Greater)),
    is("NumericGreaterThanEquals", Test::Number(Comparison::GreaterOrEqual)),
    is("DateEquals", Test::Date(Comparison::Equal)),
    is_not("DateNotEquals", Test::Date(Comparison::Equal)),
    is("DateLessThan", Test::Date(Comparison::Less)),
    is("DateLessThanEquals", Test::Date(Comparison::LessOrEqual)),
    is("DateGreaterThan", Test::Date(Comparison::Greater)),
    is("DateGreaterThanEquals", Test::Date(Comparison::GreaterOrEqual)),
    is("Bool", Test::Bool),
    is("IpAddress", Test::IpAddress),
    is_not("NotIpAddress", Test::IpAddress),
];
