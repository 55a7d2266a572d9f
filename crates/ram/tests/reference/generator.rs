//! Random requests and policies, close enough to each other that statements often apply and often just miss.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::case::{Case, Who};
use crate::dice::Dice;

const ACCOUNTS: &[&str] = &["1111111111111111", "2222222222222222"];
const ACTIONS: &[&str] = &[
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:GetKeyPolicy",
    "kms:SetKeyPolicy",
    "kms:CreateAlias",
    "ecs:CopyImage",
    "ram:GetUser",
];
const RESOURCES: &[&str] = &[
    "acs:kms:cn-a:1111111111111111:key/k-1",
    "acs:kms:cn-a:1111111111111111:key/k-2",
    "acs:kms:cn-b:2222222222222222:key/k-1",
    "acs:kms:cn-a:2222222222222222:alias/k-1",
    "acs:kms:cn-a:1111111111111111:key",
    "acs:ecs:cn-a:1111111111111111:image/*",
    "acs:ecs:cn-b:2222222222222222:image/m-1",
    "acs:ram:*:1111111111111111:user/bob",
    "acs:ram::system:policy/ReadOnlyAccess",
    "acs:oss:::b/x:y",
];
const ROLES: &[&str] = &["acs:ram::1111111111111111:role/ops", "acs:ram::2222222222222222:role/ops"];
const PRINCIPALS: &[&str] = &[
    "acs:ram::1111111111111111:root",
    "acs:ram::2222222222222222:*",
    "acs:ram::1111111111111111:user/bob",
    "acs:ram::1111111111111111:user/*",
    "acs:ram::2222222222222222:user/b?b",
    "acs:ram::1111111111111111:role/ops",
    "acs:ram::2222222222222222:role/ops/s1",
    "acs:ram::1111111111111111:assumed-role/o*/s?",
];
const SERVICES: &[&str] =
    &["ecs.aliyuncs.com", "1111111111111111@ecs.aliyuncs.com", "2222222222222222@ecs.aliyuncs.com", "rds.aliyuncs.com"];

const TEXTS: &[&str] = &["red", "Red", "RED", "blue", "", "réd", "RÉD", "r*d", "reed"];
const LIKES: &[&str] = &["red", "r*", "*d", "r?d", "*", "?*", "*e*d", "R*D", "r**?d"];
const NUMBERS: &[&str] = &["0", "1", "1.0", "1.5", "-1", "10", "9.999", "-0"];
const DATES: &[&str] = &[
    "2026-11-27T00:00:00Z",
    "2026-11-27T08:00:00+08:00",
    "2026-11-26T19:00:00-05:00",
    "2026-11-27T00:00:01Z",
    "2024-02-29T23:59:59Z",
    "2025-01-01T00:00:00Z",
];
const BOOLS: &[&str] = &["true", "false", "True"];
const BLOCKS: &[&str] = &["10.0.0.0/8", "10.1.2.3", "0.0.0.0/0", "10.1.2.0/23", "2001:db8::/32", "::/0", "2001:db8::1"];
const ADDRESSES: &[&str] = &["10.1.2.3", "10.1.3.3", "10.1.4.0", "203.0.113.9", "2001:db8::1", "2001:db9::"];

/// Operators, values that policies write, a key.
const OPERATORS: &[(&str, &[&str], &str)] = &[
    ("StringEquals", TEXTS, "kms:tag/Color"),
    ("StringNotEquals", TEXTS, "kms:tag/Color"),
    ("StringEqualsIgnoreCase", TEXTS, "kms:tag/Color"),
    ("StringNotEqualsIgnoreCase", TEXTS, "kms:tag/Color"),
    ("StringLike", LIKES, "kms:tag/Color"),
    ("StringNotLike", LIKES, "kms:tag/Color"),
    ("NumericEquals", NUMBERS, "ecs:Size"),
    ("NumericNotEquals", NUMBERS, "ecs:Size"),
    ("NumericLessThan", NUMBERS, "ecs:Size"),
    ("NumericLessThanEquals", NUMBERS, "ecs:Size"),
    ("NumericGreaterThan", NUMBERS, "ecs:Size"),
    ("NumericGreaterThanEquals", NUMBERS, "ecs:Size"),
    ("DateEquals", DATES, "acs:CurrentTime"),
    ("DateNotEquals", DATES, "acs:CurrentTime"),
    ("DateLessThan", DATES, "acs:CurrentTime"),
    ("DateLessThanEquals", DATES, "acs:CurrentTime"),
    ("DateGreaterThan", DATES, "acs:CurrentTime"),
    ("DateGreaterThanEquals", DATES, "acs:CurrentTime"),
    ("Bool", BOOLS, "acs:SecureTransport"),
    ("IpAddress", BLOCKS, "acs:SourceIp"),
    ("NotIpAddress", BLOCKS, "acs:SourceIp"),
];

pub(crate) fn case(dice: &mut Dice) -> Case {
    let assumes = dice.chance(25);
    let (action, resource) =
        if assumes { ("sts:AssumeRole", dice.pick(ROLES)) } else { (dice.pick(ACTIONS), dice.pick(RESOURCES)) };
    let hints = Hints { action, resource };
    let policies = dice.below(3);
    Case {
        account: dice.pick(ACCOUNTS),
        who: who(dice),
        action,
        resource: resource.to_owned(),
        context: context(dice),
        identity: (0..policies).map(|_| document(dice, |dice| hints.statement(dice))).collect(),
        session: dice.chance(20).then(|| document(dice, |dice| hints.statement(dice))),
        key: dice.chance(60).then(|| document(dice, |dice| hints.key_statement(dice))),
        trust: assumes.then(|| document(dice, |dice| hints.trust_statement(dice))),
    }
}

fn who(dice: &mut Dice) -> Who {
    match dice.below(8) {
        0 => Who::Root,
        1 => Who::Service("ecs.aliyuncs.com"),
        2 | 3 => Who::Session("ops", ["s1", "s22"][dice.below(2)]),
        _ => Who::User(["bob", "alice"][dice.below(2)]),
    }
}

/// Each key is there in most requests, rarely with a value of another kind.
fn context(dice: &mut Dice) -> BTreeMap<String, String> {
    let mut context = BTreeMap::new();
    let kinds = [
        ("kms:tag/Color", TEXTS),
        ("ecs:Size", NUMBERS),
        ("acs:CurrentTime", DATES),
        ("acs:SecureTransport", BOOLS),
        ("acs:SourceIp", ADDRESSES),
    ];
    for (key, values) in kinds {
        if dice.chance(85) {
            let value = if dice.chance(3) { "another kind" } else { dice.pick(values) };
            context.insert(key.to_owned(), value.to_owned());
        }
    }
    context
}

fn document(dice: &mut Dice, statement: impl Fn(&mut Dice) -> Map<String, Value>) -> Value {
    let count = 1 + dice.below(3);
    let statements: Vec<_> = (0..count).map(|_| statement(dice)).collect();
    json!({ "Version": "1", "Statement": statements })
}

/// What the request asks for, so that patterns are made from it.
struct Hints {
    action: &'static str,
    resource: &'static str,
}

impl Hints {
    fn statement(&self, dice: &mut Dice) -> Map<String, Value> {
        let mut statement = self.common(dice, "*");
        let resources = texts(dice, |dice| {
            let from = if dice.chance(75) { self.resource } else { dice.pick(RESOURCES) };
            resource_pattern(dice, from)
        });
        statement.insert("Resource".to_owned(), resources);
        statement
    }

    fn key_statement(&self, dice: &mut Dice) -> Map<String, Value> {
        let mut statement = self.common(dice, "kms:*");
        let principals = texts(dice, |dice| dice.pick(PRINCIPALS).to_owned());
        statement.insert("Principal".to_owned(), json!({ "RAM": principals }));
        statement.insert("Resource".to_owned(), json!(["*"]));
        if dice.chance(20) {
            statement.insert("Sid".to_owned(), json!("one"));
        }
        statement
    }

    fn trust_statement(&self, dice: &mut Dice) -> Map<String, Value> {
        let mut statement = self.common(dice, "*");
        statement.insert("Action".to_owned(), json!(["sts:AssumeRole"]));
        let mut principal = Map::new();
        if dice.chance(70) {
            principal.insert("RAM".to_owned(), texts(dice, |dice| dice.pick(PRINCIPALS).to_owned()));
        }
        if principal.is_empty() || dice.chance(40) {
            principal.insert("Service".to_owned(), texts(dice, |dice| dice.pick(SERVICES).to_owned()));
        }
        statement.insert("Principal".to_owned(), principal.into());
        statement
    }

    /// Effect, actions that this kind of policy may have, and conditions.
    fn common(&self, dice: &mut Dice, all: &str) -> Map<String, Value> {
        let of_kind = |action: &&&str| all == "*" || action.starts_with("kms:");
        let actions: Vec<&str> = ACTIONS.iter().filter(of_kind).copied().collect();
        let own = of_kind(&&self.action);
        let mut statement = Map::new();
        statement.insert("Effect".to_owned(), json!(if dice.chance(75) { "Allow" } else { "Deny" }));
        let pattern = |dice: &mut Dice| match dice.below(4) {
            0 => all.to_owned(),
            1 | 2 if own => action_pattern(dice, self.action),
            _ => {
                let action = dice.pick(&actions);
                action_pattern(dice, action)
            }
        };
        statement.insert("Action".to_owned(), texts(dice, pattern));
        if dice.chance(35) {
            statement.insert("Condition".to_owned(), conditions(dice));
        }
        statement
    }
}

fn conditions(dice: &mut Dice) -> Value {
    let mut conditions = Map::new();
    for _ in 0..=dice.below(2) {
        let (operator, values, key) = OPERATORS[dice.below(OPERATORS.len())];
        let key = if key == "acs:SourceIp" || dice.chance(95) { key } else { "ecs:Missing" };
        conditions.insert(operator.to_owned(), json!({ key: texts(dice, |dice| dice.pick(values).to_owned()) }));
    }
    conditions.into()
}

/// One text alone, or up to three in an array.
fn texts(dice: &mut Dice, mut text: impl FnMut(&mut Dice) -> String) -> Value {
    if dice.chance(50) {
        return json!(text(dice));
    }
    let count = 1 + dice.below(3);
    json!((0..count).map(|_| text(dice)).collect::<Vec<_>>())
}

fn action_pattern(dice: &mut Dice, action: &str) -> String {
    let (service, api) = action.split_once(':').unwrap();
    let api = blurred(dice, api);
    let pattern = format!("{service}:{api}");
    if dice.chance(15) { pattern.to_uppercase() } else { pattern }
}

fn resource_pattern(dice: &mut Dice, arn: &str) -> String {
    if dice.chance(15) {
        return "*".to_owned();
    }
    let mut parts: Vec<String> = arn.splitn(5, ':').map(str::to_owned).collect();
    for (place, part) in parts.iter_mut().enumerate().skip(1) {
        *part = match dice.below(6) {
            0 | 1 => "*".to_owned(),
            2 if place < 4 => String::new(),
            3 => blurred(dice, part),
            _ => part.clone(),
        };
    }
    parts.join(":")
}

/// The text with a run or a character replaced by a wildcard, and now and then a letter too much. Never empty.
fn blurred(dice: &mut Dice, text: &str) -> String {
    let from = dice.below(text.len() + 1);
    let to = from + dice.below(text.len() - from + 1);
    match dice.below(4) {
        0 => format!("{}*{}", &text[..from], &text[to..]),
        1 if to > from => format!("{}?{}", &text[..from], &text[from + 1..]),
        2 => format!("{text}*"),
        _ if dice.chance(10) || text.is_empty() => format!("{text}x"),
        _ => text.to_owned(),
    }
}
