//! R01, R02, R12: which key a copy gets, and how a bad one is refused.

use std::fs;

use api::Product;
use serde_json::Value;

use crate::caller::{Caller, text};
use crate::contents::{extension, is_encrypted, key_of};
use crate::lab::{Lab, on_both};

on_both!(
    r01_no_key_for_a_region_is_its_service_key,
    r02_a_bad_key_is_refused_early_and_never_replaced,
    r12_three_causes_have_three_answers
);

const ELSEWHERE: &str = "cn-shanghai";
const NOBODY: &str = "01234567-89ab-4cde-8f01-23456789abcd";
const NOT_FOUND: &str = "InvalidParameter.KMSKeyId.NotFound";
const NOT_ENABLED: &str = "InvalidParameter.KMSKeyId.CMKNotEnabled";
/// Everything of ECS, nothing of KMS.
const ONLY_ECS: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*"}]}"#;

/// No key for another region means the service key of that region, with `Encrypted` and without: never the source's key, and never no
/// encryption. No plaintext gets into the file.
fn r01_no_key_for_a_region_is_its_service_key(lab: &Lab) {
    let server = lab.serve_with(&["--allow-encrypted-cross-region-copy"]);
    let (here, there) = (Caller::new(&server), Caller::in_region(&server, ELSEWHERE));
    let key = here.create_key();
    let plain = here.import(&["disk.qcow2"]);
    let sealed = here.copy(&plain, &[("Encrypted", "true"), ("KMSKeyId", &key)]);
    let marker = &fs::read(lab.disk()).expect("the disk")[..32];
    for flag in [&[("Encrypted", "true")][..], &[], &[("Encrypted", "false")]] {
        let copy = here.begin_copy(&sealed, &[&[("DestinationRegionId", ELSEWHERE)], flag].concat());
        let copy = there.must_be_available(&copy);
        assert!(is_encrypted(&copy, 0), "{flag:?}");
        let service = there.kms("DescribeKey", &[("KeyId", "alias/acs/ecs")]);
        assert_eq!(key_of(&copy, 0), text(&service["KeyMetadata"]["KeyId"]), "{flag:?}");
        assert_ne!(key_of(&copy, 0), key, "{flag:?}");
        assert_ne!(
            extension(&copy, 0)["VerifiedTime"],
            "",
            "{flag:?}: its plaintext was not compared with the source's"
        );
        let file = fs::read(lab.blob(ELSEWHERE, &copy, 0)).expect("a blob");
        assert!(!file.windows(marker.len()).any(|bytes| bytes == marker), "{flag:?}: plaintext in the file");
    }
    server.stop();
}

/// A key that is not there, disabled, not the caller's to use, malformed, or an alias that points nowhere: each has its code and a message
/// that names the key, leaves no image and no file, and is in the audit once.
fn r02_a_bad_key_is_refused_early_and_never_replaced(lab: &Lab) {
    let server = lab.serve();
    let owner = Caller::new(&server);
    let plain = owner.import(&["disk.qcow2"]);
    let disabled = owner.create_key();
    owner.kms("DisableKey", &[("KeyId", &disabled)]);
    let foreign = owner.create_key();
    let user = user(&owner, "only-ecs");
    let user = Caller::with_key(&server, &owner.region, &user.0, &user.1);
    let cases = [
        (&owner, NOBODY, NOT_FOUND),
        (&owner, disabled.as_str(), NOT_ENABLED),
        (&user, foreign.as_str(), "InvalidParameter.KMSKeyId.KMSUnauthorized"),
        (&owner, "not a key", NOT_FOUND),
        (&owner, "alias/nowhere", NOT_FOUND),
    ];
    for (caller, key, code) in cases {
        let given = [("ImageId", plain.as_str()), ("Encrypted", "true"), ("KMSKeyId", key)];
        let message = caller.refused(code, "CopyImage", &given);
        assert!(message.contains(key), "{key}: {message}");
    }
    assert_eq!(owner.images().len(), 1, "a refused copy left an image");
    lab.must_hold_nothing_else(&lab.place.data(), &owner, "refused copies");
    server.stop();
    let records = lab.place.records("R02");
    for (_, key, code) in cases {
        let wanted = cases.iter().filter(|case| case.2 == code).count();
        let is_denied = |record: &&Value| record["action"] == "CopyImage" && record["outcome"] == code;
        assert_eq!(records.iter().filter(is_denied).count(), wanted, "{key}: {code}");
    }
}

/// A key of another region, one that is disabled and one that is absent give three different answers.
fn r12_three_causes_have_three_answers(lab: &Lab) {
    let server = lab.serve();
    let (here, there) = (Caller::new(&server), Caller::in_region(&server, ELSEWHERE));
    let plain = here.import(&["disk.qcow2"]);
    let (far, disabled) = (there.create_key(), here.create_key());
    here.kms("DisableKey", &[("KeyId", &disabled)]);
    let refused = |key: &str, code| {
        let given = [("ImageId", plain.as_str()), ("Encrypted", "true"), ("KMSKeyId", key)];
        here.refused(code, "CopyImage", &given).replace(key, "KEY")
    };
    let answers = [refused(&far, NOT_FOUND), refused(&disabled, NOT_ENABLED), refused(NOBODY, NOT_FOUND)];
    assert!(answers[0].contains(ELSEWHERE), "it does not say where the key is: {}", answers[0]);
    assert_ne!(answers[0], answers[2]);
    assert!(answers[1].contains("Disabled") && answers[1].contains("EnableKey"), "{}", answers[1]);
    server.stop();
}

/// A user of the account with its own access key: id and secret.
fn user(owner: &Caller, name: &str) -> (String, String) {
    let ram = |action, given: &[(&str, &str)]| owner.ask(Product::Ram, action, given).expect("RAM answers");
    ram("CreateUser", &[("UserName", name)]);
    ram("CreatePolicy", &[("PolicyName", name), ("PolicyDocument", ONLY_ECS)]);
    ram("AttachPolicyToUser", &[("PolicyType", "Custom"), ("PolicyName", name), ("UserName", name)]);
    let made = ram("CreateAccessKey", &[("UserName", name)]);
    let field = |field| text(&made["AccessKey"][field]).to_owned();
    (field("AccessKeyId"), field("AccessKeySecret"))
}
