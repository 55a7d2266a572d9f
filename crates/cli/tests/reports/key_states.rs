//! Keys that cannot be used: the copy fails at once, names the key and its state, and leaves nothing. The files' side of
//! R02, R10 and R12: never another key instead, never late.

use crate::fixture::MIB;
use crate::support::Workshop;

const COPY: &str = "copy disk.raw sealed.qcow2 --encrypt --key";

#[test]
fn a_disabled_key_is_refused_and_can_be_enabled_again() {
    let shop = source();
    let key = shop.create_key("mine");
    shop.must(&format!("key disable {key}"));
    for name in ["alias/mine", key.as_str()] {
        refused(&shop, &format!("{COPY} {name}"), &[&key, "Disabled"]);
    }
    shop.must(&format!("key enable {key}"));
    shop.must(&format!("{COPY} alias/mine"));
}

#[test]
fn a_key_pending_deletion_is_refused_and_can_be_called_back() {
    let shop = source();
    let key = shop.create_key("mine");
    shop.must(&format!("key schedule-deletion {key} --days 7"));
    refused(&shop, &format!("{COPY} alias/mine"), &[&key, "PendingDeletion"]);
    shop.must(&format!("key cancel-deletion {key}"));
    shop.reseal(&format!("key enable {key}"));
    shop.must(&format!("{COPY} alias/mine"));
}

#[test]
fn an_unknown_a_malformed_and_a_dangling_name_are_three_errors() {
    let shop = source();
    let key = shop.create_key("mine");
    let unknown = key.chars().rev().collect::<String>().replace('-', "0");
    let unknown = format!("{}-{}-{}-{}-{}", &unknown[..8], &unknown[8..12], "4000", "8000", &unknown[20..32]);
    refused(&shop, &format!("{COPY} {unknown}"), &[&unknown, "does not exist"]);
    refused(&shop, &format!("{COPY} not/a/key"), &["not/a/key", "does not name a key"]);
    refused(&shop, &format!("{COPY} alias/nowhere"), &["alias/nowhere", "does not exist"]);
    let elsewhere = format!("acs:kms:mars:local:key/{key}");
    refused(&shop, &format!("{COPY} {elsewhere}"), &[&key]);
}

/// An image under a key that was disabled afterwards: no command opens it, each says which key and which state; once the
/// key is enabled, it opens again.
#[test]
fn an_image_under_a_disabled_key_does_not_open_until_it_is_enabled() {
    let shop = source();
    let key = shop.create_key("mine");
    shop.create_key("next");
    shop.must(&format!("{COPY} alias/mine"));
    let guarded = shop.refusal(&format!("key disable {key}"));
    assert!(guarded.contains(&key) && guarded.contains("sealed.qcow2"), "{guarded}");
    shop.must(&format!("key disable {key} --force"));
    let before = shop.kept();
    for line in [
        "copy sealed.qcow2 again.qcow2 --encrypt --key alias/next",
        "copy sealed.qcow2 again.qcow2 --encrypt --key alias/next --rekey rewrap",
        "exec sealed.qcow2 -- cat {secret}",
        "verify sealed.qcow2",
    ] {
        let error = shop.refusal(line);
        assert!(error.contains(&key) && error.contains("Disabled"), "`{line}`: {error}");
        assert!(!shop.exists("again.qcow2") && !shop.exists("again.qcow2.partial"), "`{line}` left something");
        assert_eq!(shop.kept(), before, "`{line}` left something in the data directory");
    }
    shop.must(&format!("key enable {key}"));
    shop.must("copy sealed.qcow2 again.qcow2 --encrypt --key alias/next");
    shop.must_equal("again.qcow2", "disk.raw", "raw");
}

/// A key that was named without `--encrypt` is refused, not ignored; an encrypted image never becomes plain.
#[test]
fn a_key_without_encrypt_and_a_plain_target_of_an_encrypted_image_are_refused() {
    let shop = source();
    shop.create_key("mine");
    refused(&shop, "copy disk.raw sealed.qcow2 --key alias/mine", &["key was named"]);
    shop.must(&format!("{COPY} alias/mine"));
    for line in [
        "copy sealed.qcow2 plain.raw --format raw",
        "copy sealed.qcow2 plain.raw --format vhd",
        "copy sealed.qcow2 plain.raw --format raw --encrypt --key alias/mine",
        "copy disk.raw plain.raw --format raw --encrypt",
    ] {
        let error = shop.refusal(line);
        assert!(error.contains("encrypted"), "`{line}`: {error}");
        assert!(!shop.exists("plain.raw") && !shop.exists("plain.raw.partial"), "`{line}` left something");
    }
}

fn source() -> Workshop {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 2, MIB);
    shop
}

/// Refused with these words, at once, and nothing is left: no target, no partial file, no tree, no record.
fn refused(shop: &Workshop, line: &str, wanted: &[&str]) {
    let before = shop.names(".");
    let error = shop.refusal(line);
    for word in wanted {
        assert!(error.contains(word), "`{line}`: {word:?} is not in: {error}");
    }
    assert_eq!(shop.names("."), before, "`{line}` left something");
    assert!(shop.kept().is_empty(), "`{line}` left {:?}", shop.kept());
    for key in shop.json("key list").as_array().expect("a list") {
        let usage = shop.json(&format!("key usage {}", key["key_id"].as_str().expect("an id")));
        assert_eq!(usage, serde_json::json!([]), "`{line}` left a record");
    }
}
