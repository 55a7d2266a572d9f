//! Conditions of a statement. Values of one key are alternatives; keys and operators must all hold. Source: ram.md 4.
//!
//! A key that the request does not have makes a condition false, and a negated one true: `StringNotEquals` is exactly what
//! `StringEquals` is not. So "deny unless the tag is X" also denies where there is no tag.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::context::ConditionContext;
use super::error::PolicyError;
use super::node::{Node, one_or_more};
use super::operator::{Operator, Test};
use super::pattern::Pattern;
use super::value::{Comparison, Network, NotOfKind, Number, bool_of};

/// All conditions of a statement, sorted by operator and key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Conditions(Vec<Condition>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    operator: &'static Operator,
    key: String,
    values: Vec<Operand>,
}

/// One value of a condition, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Operand {
    Equals(String),
    EqualsIgnoreCase(String),
    Like(Pattern),
    Number(Comparison, Number),
    Date(Comparison, Timestamp),
    Bool(bool),
    IpAddress(Network),
}

impl Conditions {
    pub(super) fn read(node: &Node<'_>) -> Result<Self, PolicyError> {
        let mut conditions = Vec::new();
        for (name, keys) in node.entries()? {
            let operator = Operator::of(name)
                .ok_or_else(|| keys.refuse(format_args!("the condition operator {name:?} is not known")))?;
            for (key, values) in keys.entries()? {
                check_key(&values, key)?;
                let values = values.texts(|value, text| Operand::read(operator.test, value, text))?;
                conditions.push(Condition { operator, key: key.to_owned(), values });
            }
        }
        Ok(Self(conditions))
    }

    pub(crate) fn hold(&self, context: &ConditionContext) -> bool {
        self.0.iter().all(|condition| condition.holds(context))
    }

    /// The element `Condition`; `None` when there are no conditions.
    pub(super) fn to_json(&self) -> Option<Value> {
        let mut operators = Map::new();
        for Condition { operator, key, values } in &self.0 {
            let keys = operators.entry(operator.name).or_insert_with(|| Map::new().into());
            keys[key] = one_or_more(values.iter().map(Operand::to_text));
        }
        (!operators.is_empty()).then(|| operators.into())
    }
}

impl Condition {
    fn holds(&self, context: &ConditionContext) -> bool {
        let fits = context.value(&self.key).is_some_and(|found| self.values.iter().any(|value| value.fits(found)));
        fits != self.operator.negated
    }
}

/// Keys of all services are `acs:…`; those we do not provide are refused, because a Deny that waits for one would never come.
/// Other services' keys (`kms:tag/<key>`, `ecs:…`) depend on the call.
fn check_key(node: &Node<'_>, key: &str) -> Result<(), PolicyError> {
    match key.split_once(':') {
        Some(("acs", _)) if !ConditionContext::GLOBAL_KEYS.contains(&key) => {
            let known = ConditionContext::GLOBAL_KEYS.join(", ");
            Err(node
                .refuse(format_args!("the condition key {key:?} is not known; known are {known} and keys of services")))
        }
        Some((service, name)) if !service.is_empty() && !name.is_empty() => Ok(()),
        _ => Err(node.refuse(format_args!("{key:?} is not a condition key: write <service>:<key>"))),
    }
}

impl Operand {
    fn read(test: Test, node: &Node<'_>, text: &str) -> Result<Self, PolicyError> {
        let refuse = |wanted: &str| node.refuse(format_args!("{text:?} is not {wanted}"));
        match test {
            Test::Equals => Ok(Self::Equals(text.to_owned())),
            Test::EqualsIgnoreCase => Ok(Self::EqualsIgnoreCase(text.to_owned())),
            Test::Like => Ok(Self::Like(Pattern::new(text))),
            Test::Number(comparison) => text
                .parse()
                .map(|number| Self::Number(comparison, number))
                .map_err(|NotOfKind| refuse("a number with at most 18 digits before the point and 9 after it")),
            Test::Date(comparison) => text
                .parse()
                .map(|date| Self::Date(comparison, date))
                .map_err(|_| refuse("a date such as 2026-01-31T08:00:00Z or 2026-01-31T16:00:00+08:00")),
            Test::Bool => bool_of(text).map(Self::Bool).map_err(|NotOfKind| refuse("true or false")),
            Test::IpAddress => text
                .parse()
                .map(Self::IpAddress)
                .map_err(|NotOfKind| refuse("an IP address or a block such as 10.0.0.0/8")),
        }
    }

    /// Whether the request's value fits. A value of another kind does not.
    fn fits(&self, found: &str) -> bool {
        match self {
            Self::Equals(wanted) => found == wanted,
            Self::EqualsIgnoreCase(wanted) => lower(found).eq(lower(wanted)),
            Self::Like(pattern) => pattern.matches(found),
            Self::Number(comparison, wanted) => found.parse().is_ok_and(|found| comparison.holds(&found, wanted)),
            Self::Date(comparison, wanted) => found.parse().is_ok_and(|found| comparison.holds(&found, wanted)),
            Self::Bool(wanted) => bool_of(found).is_ok_and(|found| found == *wanted),
            Self::IpAddress(network) => found.parse::<IpAddr>().is_ok_and(|found| network.contains(found)),
        }
    }

    fn to_text(&self) -> String {
        match self {
            Self::Equals(text) | Self::EqualsIgnoreCase(text) => text.clone(),
            Self::Like(pattern) => pattern.to_string(),
            Self::Number(_, number) => number.to_string(),
            Self::Date(_, date) => date.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::IpAddress(network) => network.to_string(),
        }
    }
}

/// Lower case of every script: tags are not only ASCII.
fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TAG: &str = "kms:tag/team";

    fn conditions(value: &Value) -> Result<Conditions, PolicyError> {
        Conditions::read(&Node::root(value))
    }

    /// Whether `operator` holds for a request with `found` (if any) against these values.
    fn holds(operator: &str, values: &Value, found: Option<&str>) -> bool {
        let mut context = ConditionContext::default();
        if let Some(found) = found {
            context.set(TAG, found);
        }
        conditions(&json!({ operator: { TAG: values } })).unwrap().hold(&context)
    }

    /// One row a rule: operator, value of the policy, a value that fits, a value that does not.
    #[test]
    fn every_operator_compares_as_documented() {
        let cases = [
            ("StringEquals", "Red", "Red", "red"),
            ("StringNotEquals", "Red", "red", "Red"),
            ("StringEqualsIgnoreCase", "RÉd", "réD", "rod"),
            ("StringNotEqualsIgnoreCase", "Red", "rod", "rED"),
            ("StringLike", "r*d?", "reads", "read"),
            ("StringNotLike", "r*d?", "Reads", "reads"),
            ("NumericEquals", "1.0", "1", "1.1"),
            ("NumericNotEquals", "1.0", "2", "1.000"),
            ("NumericLessThan", "10", "9", "10"),
            ("NumericLessThanEquals", "10", "10", "10.1"),
            ("NumericGreaterThan", "-1", "0", "-1"),
            ("NumericGreaterThanEquals", "-1", "-1", "-2"),
            ("DateEquals", "2026-01-01T08:00:00+08:00", "2026-01-01T00:00:00Z", "2026-01-01T08:00:00Z"),
            ("DateNotEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2026-01-01T01:00:00+01:00"),
            ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
            ("DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
            ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2026-01-01T00:00:00Z"),
            ("DateGreaterThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z"),
            ("Bool", "true", "TRUE", "false"),
            ("IpAddress", "10.0.0.0/8", "10.9.9.9", "11.0.0.0"),
            ("NotIpAddress", "10.0.0.0/8", "11.0.0.0", "10.9.9.9"),
        ];
        for (operator, value, fits, other) in cases {
            assert!(holds(operator, &json!(value), Some(fits)), "{operator} {value} {fits}");
            assert!(!holds(operator, &json!([value]), Some(other)), "{operator} {value} {other}");
            let negated = Operator::of(operator).unwrap().negated;
            assert_eq!(holds(operator, &json!(value), None), negated, "{operator} without the key");
        }
        assert_eq!(cases.len(), 21, "ram.md 4 lists 21 operators");
    }

    /// A value of another kind fits nothing, so only negated operators hold.
    #[test]
    fn values_of_another_kind_do_not_fit() {
        for (operator, value) in [
            ("NumericLessThan", "5"),
            ("DateLessThan", "2026-01-01T00:00:00Z"),
            ("Bool", "true"),
            ("IpAddress", "0.0.0.0/0"),
        ] {
            assert!(!holds(operator, &json!(value), Some("green")), "{operator}");
        }
        assert!(holds("NumericNotEquals", &json!("5"), Some("green")));
        assert!(holds("NotIpAddress", &json!("0.0.0.0/0"), Some("green")));
    }

    /// Values are alternatives; of a negated operator all must differ.
    #[test]
    fn values_of_a_key_are_alternatives() {
        assert!(holds("StringEquals", &json!(["red", "blue"]), Some("blue")));
        assert!(!holds("StringEquals", &json!(["red", "blue"]), Some("green")));
        assert!(!holds("StringNotEquals", &json!(["red", "blue"]), Some("blue")));
        assert!(holds("StringNotEquals", &json!(["red", "blue"]), Some("green")));
    }

    /// Keys of an operator and operators must all hold.
    #[test]
    fn keys_and_operators_must_all_hold() {
        let both_keys = conditions(&json!({"StringEquals": {TAG: "red", "ecs:x": "1"}})).unwrap();
        let both_operators =
            conditions(&json!({"StringEquals": {TAG: "red"}, "NumericEquals": {"ecs:x": "1"}})).unwrap();
        for (tag, x, wanted) in [("red", "1", true), ("red", "2", false), ("blue", "1", false)] {
            let mut context = ConditionContext::default();
            context.set(TAG, tag);
            context.set("ecs:x", x);
            assert_eq!(both_keys.hold(&context), wanted);
            assert_eq!(both_operators.hold(&context), wanted);
        }
    }

    /// What cannot be evaluated is refused when the policy is saved.
    #[test]
    fn conditions_that_cannot_be_evaluated_are_refused() {
        let bad = [
            json!({}),
            json!([]),
            json!({"Equals": {TAG: "x"}}),
            json!({"stringequals": {TAG: "x"}}),
            json!({"StringEqualsIfExists": {TAG: "x"}}),
            json!({"StringEquals": {}}),
            json!({"StringEquals": {TAG: []}}),
            json!({"StringEquals": {TAG: true}}),
            json!({"StringEquals": {TAG: [["x"]]}}),
            json!({"StringEquals": {"team": "x"}}),
            json!({"StringEquals": {":x": "x"}}),
            json!({"StringEquals": {"kms:": "x"}}),
            json!({"StringEquals": {"acs:PrincipalOrg": "x"}}),
            json!({"IpAddress": {"acs:sourceip": "10.0.0.1"}}),
            json!({"NumericEquals": {TAG: "one"}}),
            json!({"DateLessThan": {"acs:CurrentTime": "yesterday"}}),
            json!({"DateLessThan": {"acs:CurrentTime": "2026-01-01"}}),
            json!({"Bool": {"acs:SecureTransport": "yes"}}),
            json!({"IpAddress": {"acs:SourceIp": "10.0.0.0/40"}}),
        ];
        for value in bad {
            assert!(conditions(&value).is_err(), "{value}");
        }
        let error = conditions(&json!({"Bool": {"acs:SecureTransport": ["true", "yes"]}})).unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"the policy document is malformed at Bool.acs:SecureTransport[1]: "yes" is not true or false"#
        );
    }
}
