use std::fs;

use crate::running::{Place, Server};

/// Shows that each command that reads gives byte for byte the same at a server and, after its end, on its data directory.
#[test]
fn reading_is_the_same_at_a_server_and_locally() {
    let place = Place::new();
    let server = place.serve();
    let endpoint = server.endpoint();
    let ask = |words: &str| said(place.client(&endpoint).args(words.split_whitespace()).output());
    let plain = ask("key create --alias golden --description images");
    let sm4 = ask("key create --spec Aliyun_SM4 --rotation 90d");
    let external = ask("key create --origin external");
    let pair = ask("key create --spec EC_P256");
    ask(&format!("key alias create second {plain}"));
    ask(&format!("key version create {plain}"));
    ask(&format!("key disable {pair}"));
    ask(&format!("key schedule-deletion {external} --days 7"));
    // A copy goes on beside the server, and the server knows of its image.
    fs::write(place.path().join("disk.raw"), vec![7; 1 << 20]).expect("an image");
    let paths = ["disk.raw", "sealed.qcow2"].map(|name| place.path().join(name).display().to_string());
    let copied = place.run(&format!("copy {} {} --encrypt --key alias/golden --no-sync", paths[0], paths[1]));
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));

    let mut words = vec!["key list".to_owned(), "key alias list".to_owned()];
    for key in [&plain, &sm4, &external, &pair, "alias/second"] {
        words.extend(["show", "version list", "usage"].map(|command| format!("key {command} {key}")));
    }
    let both = |words: &String| [words.clone(), format!("{words} --json")];
    let words: Vec<String> =
        words.iter().flat_map(both).filter(|words| !words.contains("version list alias")).collect();
    let remote: Vec<String> = words.iter().map(|words| ask(words)).collect();
    server.stop();
    for (words, remote) in words.iter().zip(remote) {
        let local = said(place.reseal().args(words.split_whitespace()).output());
        assert_eq!(remote, local, "{words}");
        assert!(!words.starts_with("key usage alias") || local.contains("sealed.qcow2"), "{local}");
    }
}

/// Shows that each command that changes keys says the same at a server as on a data directory.
#[test]
fn changing_is_the_same_at_a_server_and_locally() {
    let place = Place::new();
    let server = place.serve();
    let endpoint = server.endpoint();
    let remote = changes(|words| said(place.client(&endpoint).args(words.split_whitespace()).output()));
    let own = Place::new();
    let local = changes(|words| said(own.reseal().args(words.split_whitespace()).output()));
    assert_eq!(remote, local);
    server.stop();
}

/// Shows that the list is whole when it takes more than one page.
#[test]
fn long_lists_are_whole() {
    let place = Place::new();
    let server: Server = place.serve();
    let endpoint = server.endpoint();
    let ask = |words: &str| said(place.client(&endpoint).args(words.split_whitespace()).output());
    let key = ask("key create");
    for number in 0..101 {
        ask(&format!("key alias create name-{number} {key}"));
    }
    assert_eq!(ask("key alias list").lines().count(), 102);
    server.stop();
}

/// A life of a key, each answer without what differs between two lives.
fn changes(run: impl Fn(&str) -> String) -> Vec<String> {
    let key = run("key create --alias golden");
    let words = [
        "key create --json --spec RSA_2048 --usage SIGN/VERIFY --description signs",
        "key create --json --origin external --alias brought",
        "key rotation KEY 90d",
        "key rotation KEY never",
        "key version create KEY --json",
        "key version create KEY",
        "key disable KEY",
        "key enable KEY",
        "key alias create other KEY",
        "key alias update other KEY",
        "key alias delete other",
        "key schedule-deletion KEY --days 7 --force",
        "key cancel-deletion KEY",
        "key show KEY",
    ];
    words.map(|words| format!("{words}: {}", timeless(&run(&words.replace("KEY", &key))))).to_vec()
}

/// The text with `ID` for ids and `TIME` for times.
fn timeless(text: &str) -> String {
    let token = |c: char| c.is_ascii_alphanumeric() || "-:".contains(c);
    let mut out = String::new();
    for word in text.split_inclusive(|c| !token(c)) {
        let (word, end) = word.split_at(word.trim_end_matches(|c| !token(c)).len());
        let word = word.strip_suffix(':').map_or((word, ""), |word| (word, ":"));
        let is_time = word.0.len() == 20 && word.0.ends_with('Z');
        let is_id = word.0.len() == 36 && word.0.matches('-').count() == 4;
        out += if is_time {
            "TIME"
        } else if is_id {
            "ID"
        } else {
            word.0
        };
        out += word.1;
        out += end;
    }
    out
}

fn said(output: std::io::Result<std::process::Output>) -> String {
    let output = output.expect("reseal runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}
