//! Shows which documents are policies, that a refusal says where and why, and that no text makes the parser panic.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use proptest::prelude::*;
use ram::{IdentityPolicy, KeyPolicy, PolicyError, SessionPolicy, TrustPolicy};

/// Every form that the sources print is read (ram.md 4 and 6, kms.md 7).
#[test]
fn documents_of_the_sources_are_policies() {
    let identity = [
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Resource":["acs:kms:*:*:*"],"Action":["kms:List*","kms:Describe?ey"],"Effect":"Deny"}],"Version":"1"}"#,
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"acs:ecs:cn-hangzhou::instance/i-*",
            "Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.1","192.0.2.0/24"]},"Bool":{"acs:MFAPresent":"true"},
            "DateLessThan":{"acs:CurrentTime":"2019-08-12T17:00:00+08:00"},"StringEquals":{"kms:tag/acs:ecs:disk-encryption":"true"}}}]}"#,
    ];
    for text in identity {
        comes_back::<IdentityPolicy>(text);
        comes_back::<SessionPolicy>(text);
    }
    comes_back::<TrustPolicy>(
        r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":["ecs.aliyuncs.com"]}}],"Version":"1"}"#,
    );
    comes_back::<TrustPolicy>(
        r#"{"Statement":[{"Action":["sts:assumerole"],"Effect":"Deny","Condition":{"StringNotEquals":{"sts:ExternalId":"x"}},
            "Principal":{"RAM":["acs:ram::1234567890123456:root","acs:ram::1234567890123456:user/bob"],
            "Service":"1234567890123456@ecs.aliyuncs.com","Federated":["acs:ram::1234567890123456:saml-provider/idp"]}}],"Version":"1"}"#,
    );
    comes_back::<KeyPolicy>(
        r#"{"Version":"1","Statement":[{"Sid":"kms default","Effect":"Allow","Principal":{"RAM":["acs:ram::1234567890123456:*"]},
            "Action":["kms:*"],"Resource":["*"]}]}"#,
    );
    let default = KeyPolicy::of_account("1234567890123456".parse().unwrap());
    assert_eq!(default.to_string().parse(), Ok(default));
}

/// One element wrong at a time; the message names its place.
#[test]
fn refusals_say_where() {
    let cases = [
        (r#"[]"#, "at its top level: an object is wanted"),
        (r#"{"Statement":[]}"#, r#"at its top level: the element "Version" is missing"#),
        (r#"{"Version":"1"}"#, r#"at its top level: the element "Statement" is missing"#),
        (r#"{"Version":"1","Statement":[],"Id":"x"}"#, r#"at its top level: the element "Id" is not known"#),
        (r#"{"Version":1,"Statement":[]}"#, "at Version: a quoted text is wanted"),
        (r#"{"Version":"2","Statement":[]}"#, r#"at Version: the only version is "1""#),
        (r#"{"Version":"1","Statement":[]}"#, "at Statement: an empty array"),
        (r#"{"Version":"1","Statement":{}}"#, "at Statement: an array is wanted"),
        (r#"{"Version":"1","Statement":["x"]}"#, "at Statement[0]: an object is wanted"),
    ];
    for (text, wanted) in cases {
        refused::<IdentityPolicy>(text, wanted);
    }
    let good = [r#""Effect":"Allow""#, r#""Action":"kms:*""#, r#""Resource":"*""#];
    let statements = [
        ([r#""Effect":"allow""#, good[1], good[2]], r#"at Statement[0].Effect: "allow" is neither"#),
        ([r#""Sid":"x""#, good[1], good[2]], r#"at Statement[0]: the element "Sid" is not known"#),
        ([good[0], r#""NotAction":"kms:*""#, good[2]], r#"at Statement[0]: the element "NotAction" is not known"#),
        ([good[0], good[1], r#""NotResource":"*""#], r#"at Statement[0]: the element "NotResource" is not known"#),
        ([good[0], good[1], good[0]], r#""Effect" stands twice"#),
        ([good[0], r#""Action":["kms:*","kms"]"#, good[2]], r#"at Statement[0].Action[1]: "kms" is not an action"#),
        ([good[0], r#""Action":[]"#, good[2]], "at Statement[0].Action: an empty array"),
        ([good[0], r#""Action":7"#, good[2]], "at Statement[0].Action: a quoted text is wanted"),
        ([good[0], good[1], r#""Resource":["*",null]"#], "at Statement[0].Resource[1]: a quoted text is wanted"),
        ([good[0], good[1], r#""Resource":"key/1""#], r#"at Statement[0].Resource: "key/1" is not a resource"#),
    ];
    for (elements, wanted) in statements {
        refused::<IdentityPolicy>(&document(&elements), wanted);
    }
    let condition = r#""Condition":{"Bool":{"acs:MFAPresent":["true","perhaps"]}}"#;
    let wanted = r#"at Statement[0].Condition.Bool.acs:MFAPresent[1]: "perhaps" is not true or false"#;
    refused::<IdentityPolicy>(&document(&[good[0], good[1], good[2], condition]), wanted);
}

/// Key policies speak of their key, of `kms`, and of somebody.
#[test]
fn key_policies_have_their_own_rules() {
    let good = [
        r#""Effect":"Allow""#,
        r#""Action":"kms:*""#,
        r#""Resource":["*"]"#,
        r#""Principal":{"RAM":"acs:ram::1234567890123456:root"}"#,
    ];
    assert!(document(&good).parse::<KeyPolicy>().is_ok());
    let long = format!(r#""Sid":"{}""#, "s".repeat(129));
    let cases = [
        (1, r#""Action":"*""#, "at Statement[0].Action: a key policy speaks of kms:… only"),
        (1, r#""Action":["kms:*","ecs:*"]"#, "at Statement[0].Action: a key policy"),
        (2, r#""Resource":"acs:kms:*:*:*""#, "at Statement[0].Resource: the resource of a key policy"),
        (2, r#""Resource":["*","*"]"#, "at Statement[0].Resource: the resource of a key policy"),
        (3, r#""Principal":{"RAM":"*"}"#, r#"at Statement[0].Principal.RAM: "*" is not a principal"#),
        (3, r#""Principal":"*""#, "at Statement[0].Principal: an object is wanted"),
        (3, r#""Principal":{"Service":"ecs.aliyuncs.com"}"#, r#"the element "Service" is not known"#),
        (3, r#""Principal":{}"#, r#"at Statement[0].Principal: the element "RAM" is missing"#),
        (3, &long, "the element \"Principal\" is missing"),
    ];
    for (place, element, wanted) in cases {
        let mut elements = good;
        elements[place] = element;
        refused::<KeyPolicy>(&document(&elements), wanted);
    }
    refused::<KeyPolicy>(
        &document(&[good[0], good[1], good[2], good[3], &long]),
        "at Statement[0].Sid: a Sid has at most",
    );
}

/// Trust policies speak of AssumeRole and of somebody, and have no resource.
#[test]
fn trust_policies_have_their_own_rules() {
    let good = [r#""Effect":"Allow""#, r#""Action":"sts:AssumeRole""#, r#""Principal":{"Service":"ecs.aliyuncs.com"}"#];
    assert!(document(&good).parse::<TrustPolicy>().is_ok());
    let cases = [
        (1, r#""Action":"*""#, r#"at Statement[0].Action: the action of a trust policy is "sts:AssumeRole""#),
        (1, r#""Action":"sts:*""#, "at Statement[0].Action"),
        (2, r#""Principal":{}"#, "at Statement[0].Principal: an empty object"),
        (2, r#""Principal":{"AWS":"x"}"#, r#"at Statement[0].Principal: the element "AWS" is not known"#),
        (2, r#""Principal":{"RAM":["*"]}"#, r#"at Statement[0].Principal.RAM[0]: "*" is not a principal"#),
        (2, r#""Principal":{"Service":"*"}"#, r#"at Statement[0].Principal.Service: "*" is not a service"#),
        (2, r#""Principal":{"Service":"x@ecs.aliyuncs.com"}"#, "is not a service"),
        (2, r#""Principal":{"Federated":"acs:ram::1234567890123456:user/x"}"#, "is not an identity provider"),
    ];
    for (place, element, wanted) in cases {
        let mut elements = good;
        elements[place] = element;
        refused::<TrustPolicy>(&document(&elements), wanted);
    }
    refused::<TrustPolicy>(
        &document(&[good[0], good[1], good[2], r#""Resource":"*""#]),
        r#"at Statement[0]: the element "Resource" is not known"#,
    );
}

/// Each kind has its limit, to the byte.
#[test]
fn documents_have_a_length() {
    fn longest<T: FromStr<Err = PolicyError>>(document: &str, max_bytes: usize) {
        let padded = |len: usize| format!("{document}{}", " ".repeat(len - document.len()));
        assert!(padded(max_bytes).parse::<T>().is_ok());
        let found_bytes = max_bytes + 1;
        assert_eq!(padded(found_bytes).parse::<T>().err(), Some(PolicyError::TooLong { found_bytes, max_bytes }));
    }
    let identity = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    longest::<IdentityPolicy>(identity, 6144);
    longest::<SessionPolicy>(identity, 2048);
    longest::<KeyPolicy>(&KeyPolicy::of_account("1234567890123456".parse().unwrap()).to_string(), 32_768);
    longest::<TrustPolicy>(ram::system::SERVICE_ROLES[0].trust, 6144);
}

fn document(elements: &[&str]) -> String {
    format!(r#"{{"Version":"1","Statement":[{{{}}}]}}"#, elements.join(","))
}

fn refused<T: FromStr<Err = PolicyError> + Debug>(text: &str, wanted: &str) {
    let message = text.parse::<T>().unwrap_err().to_string();
    assert!(message.contains(wanted), "{text}\nsays: {message}\nnot:  {wanted}");
}

fn comes_back<T: FromStr<Err = PolicyError> + Display + PartialEq + Debug>(text: &str) {
    let policy: T = text.parse().unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(policy.to_string().parse().as_ref(), Ok(&policy), "{text}");
}

/// Reads a text as every kind of document; what is accepted must come back.
fn read_as_every_kind(text: &str) {
    fn read<T: FromStr<Err = PolicyError> + Display + PartialEq + Debug>(text: &str) {
        if let Ok(policy) = text.parse::<T>() {
            assert_eq!(policy.to_string().parse().as_ref(), Ok(&policy), "{text}");
        }
    }
    read::<IdentityPolicy>(text);
    read::<SessionPolicy>(text);
    read::<KeyPolicy>(text);
    read::<TrustPolicy>(text);
}

/// Fragments of policies in any order: most are no JSON, some are nearly a policy.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"Version\":\"1\"",
        "\"Statement\":[{",
        "\"Effect\":\"Allow\"",
        "\"Action\":",
        "\"kms:*\"",
        "\"Resource\":",
        "\"*\"",
        "\"Condition\":{",
        "\"DateEquals\":{",
        "\"acs:CurrentTime\":",
        "\"-009999-01-02T01:59:59Z\"",
        "\"IpAddress\":{\"acs:SourceIp\":",
        "\"::/0\"",
        "\"\\ud83d\\ude00\"",
        "1e999",
        "null",
    ]);
    prop::collection::vec(fragment, 0..24).prop_map(|fragments| fragments.concat())
}

/// A policy whose one condition has a value of any text.
fn any_value() -> impl Strategy<Value = String> {
    let operators = ["StringLike", "NumericEquals", "DateEquals", "DateLessThan", "Bool", "IpAddress"];
    (prop::sample::select(operators.to_vec()), "[-+0-9.:/TZtrue]{0,24}|\\PC{0,8}").prop_map(|(operator, value)| {
        let condition = serde_json::json!({ operator: { "a:b": value } }).to_string();
        document(&[
            r#""Effect":"Allow""#,
            r#""Action":"*""#,
            r#""Resource":"*""#,
            &format!(r#""Condition":{condition}"#),
        ])
    })
}

/// A good document with some bytes changed.
fn damaged() -> impl Strategy<Value = String> {
    let good: Vec<&str> = ram::system::SYSTEM_POLICIES.iter().map(|policy| policy.document).collect();
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<char>()), 1..4);
    (prop::sample::select(good), changes).prop_map(|(document, changes)| {
        let mut text: Vec<char> = document.chars().collect();
        for (place, change) in changes {
            let place = place.index(text.len());
            text[place] = change;
        }
        text.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_makes_the_parser_panic(text in prop_oneof![".*", fragments(), any_value(), damaged()]) {
        read_as_every_kind(&text);
    }
}
