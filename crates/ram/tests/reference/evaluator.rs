//! The slow evaluator: it looks at everything, then decides. Source: ram.md 4 and 5, and the choices written in `stages.rs`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::case::{Case, Verdict, Who};
use crate::values::{in_block, like, seconds, thousandths};

pub(crate) fn decide(case: &Case) -> Verdict {
    let statements = |document: &Value| document["Statement"].as_array().unwrap().clone();
    let has = |statements: &[Value], effect: &str, extra: &dyn Fn(&Value) -> bool| {
        let fits = |statement: &&Value| statement["Effect"] == effect && applies(case, statement) && extra(statement);
        statements.iter().filter(fits).count() > 0
    };
    let always = |_: &Value| true;
    if let Some(session) = &case.session {
        let session = statements(session);
        if has(&session, "Deny", &always) {
            return Verdict::ExplicitDeny;
        }
        if !has(&session, "Allow", &always) {
            return Verdict::ImplicitDeny;
        }
    }
    let identity: Vec<Value> = case.identity.iter().flat_map(statements).collect();
    let identity_deny = has(&identity, "Deny", &always);
    let identity_allow = has(&identity, "Allow", &always) || case.who == Who::Root;

    let owner = case.resource.split(':').nth(3).unwrap();
    let own = [case.account, "", "system"].contains(&owner);
    let (owner_deny, owner_allow, identity_allow, both) = if let Some(trust) = &case.trust {
        let trust = statements(trust);
        let named = |statement: &Value| trusted(case, statement, owner);
        let service = matches!(case.who, Who::Service(_));
        (has(&trust, "Deny", &named), has(&trust, "Allow", &named), identity_allow || service, true)
    } else {
        let is_key = case.resource.starts_with("acs:kms:") && case.resource.contains(":key/");
        let key = case.key.as_ref().filter(|_| is_key).map(statements).unwrap_or_default();
        let repairs = own && case.who == Who::Root && ["kms:GetKeyPolicy", "kms:SetKeyPolicy"].contains(&case.action);
        let named = |statement: &Value| directly_named(case, statement) || account_named(case, statement);
        let directly = |statement: &Value| directly_named(case, statement);
        let allow = if own { has(&key, "Allow", &directly) } else { has(&key, "Allow", &named) };
        (has(&key, "Deny", &named) && !repairs, allow, identity_allow, !own)
    };
    if identity_deny || owner_deny {
        Verdict::ExplicitDeny
    } else if (both && identity_allow && owner_allow) || (!both && (identity_allow || owner_allow)) {
        Verdict::Allow
    } else {
        Verdict::ImplicitDeny
    }
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        _ => value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect(),
    }
}

fn applies(case: &Case, statement: &Value) -> bool {
    let lower = |text: &str| text.to_ascii_lowercase();
    let action = list(&statement["Action"]).iter().any(|pattern| like(&lower(pattern), &lower(case.action)));
    // A trust policy has no resource: it is that of its role.
    let resources = list(&statement["Resource"]);
    let resource = resources.is_empty() || resources.iter().any(|pattern| resource_fits(pattern, &case.resource));
    action && resource && conditions_hold(&statement["Condition"], &case.context)
}

fn resource_fits(pattern: &str, arn: &str) -> bool {
    let pairs = pattern.splitn(5, ':').zip(arn.splitn(5, ':'));
    pattern == "*" || pairs.fold(true, |fits, (pattern, part)| fits & (pattern.is_empty() || like(pattern, part)))
}

fn conditions_hold(conditions: &Value, context: &BTreeMap<String, String>) -> bool {
    let mut hold = true;
    for (operator, keys) in conditions.as_object().into_iter().flatten() {
        for (key, values) in keys.as_object().unwrap() {
            hold &= condition_holds(operator, &list(values), context.get(key));
        }
    }
    hold
}

fn condition_holds(operator: &str, values: &[String], found: Option<&String>) -> bool {
    // "Not" stands inside a name, or before it.
    let positive = operator.replacen("Not", "", 1);
    let fits = found.is_some_and(|found| values.iter().any(|value| value_fits(&positive, value, found)));
    if positive == operator { fits } else { !fits }
}

fn value_fits(operator: &str, value: &str, found: &str) -> bool {
    match operator {
        "StringEquals" => value == found,
        "StringEqualsIgnoreCase" => value.to_lowercase() == found.to_lowercase(),
        "StringLike" => like(value, found),
        "Bool" => value.to_lowercase() == found.to_lowercase(),
        "IpAddress" => in_block(value, found),
        _ => {
            let kind = if operator.starts_with("Date") { seconds } else { thousandths };
            let (Some(value), Some(found)) = (kind(value), kind(found)) else { return false };
            match operator.trim_start_matches("Date").trim_start_matches("Numeric") {
                "Equals" => found == value,
                "LessThan" => found < value,
                "LessThanEquals" => found <= value,
                "GreaterThan" => found > value,
                "GreaterThanEquals" => found >= value,
                other => panic!("{other}"),
            }
        }
    }
}

fn account_named(case: &Case, statement: &Value) -> bool {
    let account = format!("acs:ram::{}:", case.account);
    let names = list(&statement["Principal"]["RAM"]);
    !matches!(case.who, Who::Service(_))
        && names.iter().any(|name| ["root", "*"].map(|id| format!("{account}{id}")).contains(name))
}

fn directly_named(case: &Case, statement: &Value) -> bool {
    let account = format!("acs:ram::{}:", case.account);
    let ids = match case.who {
        Who::Root => return account_named(case, statement),
        Who::User(name) => vec![format!("user/{name}")],
        Who::Session(role, session) => ["", "/"]
            .iter()
            .flat_map(|slash| {
                let tail = if slash.is_empty() { String::new() } else { format!("/{session}") };
                [format!("role/{role}{tail}"), format!("assumed-role/{role}/{session}")]
            })
            .collect(),
        Who::Service(_) => return false,
    };
    let names = list(&statement["Principal"]["RAM"]);
    let within = names.iter().filter_map(|name| name.strip_prefix(&account)).filter(|id| *id != "*" && *id != "root");
    within.into_iter().any(|pattern| ids.iter().any(|id| like(pattern, id)))
}

fn trusted(case: &Case, statement: &Value, role_account: &str) -> bool {
    let service = match case.who {
        Who::Service(service) => list(&statement["Principal"]["Service"]).iter().any(|name| {
            let (account, name) = name.split_once('@').unwrap_or((role_account, name));
            account == case.account && name == service
        }),
        _ => false,
    };
    service || account_named(case, statement) || directly_named(case, statement)
}
