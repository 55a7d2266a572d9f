//! What a killed copy leaves is used by the same command only, and only as far as it can be trusted.

use crate::fixture::{MIB, sha256};
use crate::support::Workshop;
use crate::support::dice::Dice;

const COPY: &str = "copy disk.raw target --encrypt --key alias/one --threads 1";

/// Under another key, as another format, or from a source that changed meanwhile, the copy begins anew.
#[test]
fn another_copy_does_not_resume_what_is_not_its_own() {
    for line in [
        "copy disk.raw target --encrypt --key alias/two --threads 1",
        "copy disk.raw target --encrypt --key alias/one --format luks1 --threads 1",
        "copy disk.raw target --encrypt --key alias/one --cluster-size 128K --threads 1",
    ] {
        let shop = killed();
        let copied = shop.json(line);
        assert_eq!(copied["resumed_segments"], 0, "`{line}`: {copied}");
        assert_finished(&shop, line);
    }
    let shop = killed();
    shop.full_disk("disk.raw", 71, 6 * MIB);
    assert_eq!(shop.json(COPY)["resumed_segments"], 0, "the source is another one");
    assert_finished(&shop, "changed source");
}

/// A journal that is cut off or damaged at any place costs time, never content.
#[test]
fn a_torn_or_damaged_journal_never_costs_content() {
    let shop = killed();
    let journal = shop.read("target.partial.journal");
    shop.sh("mkdir state; cp -a target.* data state").ok();
    let mut damaged = Vec::new();
    for part in 0..6 {
        damaged.push(journal[..journal.len() * part / 6].to_vec());
        let mut flipped = journal.clone();
        flipped[(journal.len() - 1) * part / 5] ^= 0x11;
        damaged.push(flipped);
    }
    damaged.push(Dice::new(72).bytes(5000));
    for (n, journal) in damaged.into_iter().enumerate() {
        shop.sh("rm -rf target* data; cp -a state/* .").ok();
        shop.write("target.partial.journal", journal);
        shop.must(COPY);
        // A journal that cannot be read does not say which tree is its own, so that one may be left.
        assert_content(&shop, &format!("journal {n}"));
    }
}

/// A partial file of someone else's, without a journal, is kept, and with `--force` replaced but not believed; a symbolic
/// link under that name is not followed.
#[test]
fn a_foreign_partial_file_is_not_believed_and_a_link_not_followed() {
    let shop = prepared();
    let foreign = Dice::new(73).bytes(100_000);
    shop.write("target.partial", &foreign);
    assert!(shop.refusal(COPY).contains("not of an interrupted copy"));
    assert_eq!(shop.read("target.partial"), foreign);
    assert_eq!(shop.json(&format!("{COPY} --force"))["resumed_segments"], 0);
    assert_finished(&shop, "foreign partial file");

    let shop = prepared();
    shop.write("victim", "precious");
    std::os::unix::fs::symlink("victim", shop.path("target.partial")).expect("a link");
    shop.refusal(COPY);
    assert_eq!(shop.read("victim"), b"precious");
    assert!(!shop.exists("target"));
}

/// If the key was disabled since, the copy is not finished with the data key of the first attempt: it fails, names the
/// key, and goes on once it is enabled.
#[test]
fn a_copy_whose_key_was_disabled_since_is_not_finished() {
    let shop = killed();
    let key = shop.json("key show alias/one")["key_id"].as_str().expect("an id").to_owned();
    shop.must(&format!("key disable {key}"));
    let error = shop.refusal(COPY);
    assert!(error.contains(&key) && error.contains("Disabled"), "{error}");
    assert!(!shop.exists("target"));
    shop.must(&format!("key enable {key}"));
    shop.must(COPY);
    assert_finished(&shop, "key enabled again");
}

fn prepared() -> Workshop {
    let shop = Workshop::new();
    shop.full_disk("disk.raw", 70, 6 * MIB);
    shop.create_key("one");
    shop.create_key("two");
    shop
}

/// A copy that was killed after it had recorded some of its segments.
fn killed() -> Workshop {
    let journal_writes = |n: u32| format!("inject=pwrite64:signal=KILL:when={n}");
    // strace counts the calls of each thread for itself, and which one makes how many differs from run to run: a copy may come to its end.
    for n in [24, 20, 16, 14, 12, 10, 8, 12, 10, 8] {
        let shop = prepared();
        shop.trace(&["-e", &journal_writes(n)], COPY);
        if !shop.exists("target") && shop.exists("target.partial.journal") {
            return shop;
        }
    }
    panic!("no attempt was killed in the middle");
}

fn assert_content(shop: &Workshop, what: &str) {
    assert_eq!(shop.json("verify target")["intact"], true, "{what}");
    assert_eq!(sha256(&shop.opened_by_qemu("target")), sha256(&shop.read("disk.raw")), "{what}: another disk");
}

fn assert_finished(shop: &Workshop, what: &str) {
    assert_content(shop, what);
    let names: Vec<_> = shop.names(".").into_iter().collect();
    assert_eq!(names, ["data", "disk.raw", "target"], "{what}: something else was left");
    let partial: Vec<_> = shop.kept().into_iter().filter(|name| name.contains("partial")).collect();
    assert!(partial.is_empty(), "{what}: left in the data directory: {partial:?}");
}
