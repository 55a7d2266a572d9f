//! The same server with its catalog on PostgreSQL.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;

use crate::caller::Caller;
use crate::interpreters::python;
use crate::running::{Place, Server};
use crate::throwaway::Postgres;

/// Shows that the scenario of the SDKs passes on PostgreSQL too, that a killed server finds there what it answered, and that the only server
/// of a database stays that.
#[test]
fn the_server_works_on_postgresql() {
    let (postgres, place, elsewhere) = (Postgres::start(), Place::new(), Place::new());
    let serve = || {
        let mut command = place.serving(place.reseal());
        command.arg("--only-server").arg("--database").arg(&postgres.url);
        Server::start(command)
    };
    let run = |server: &Server, script: &str, last: &str| {
        let mut command = python(script);
        let done = command.env("NO_PROXY", "*").arg(&server.address).arg(place.key_file()).arg(last).output();
        let done = done.expect("python runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let server = serve();
    fs::create_dir_all(elsewhere.data()).expect("a directory");
    fs::copy(place.data().join("root.key"), elsewhere.data().join("root.key")).expect("the root key");
    let mut bounded = Command::new("timeout");
    bounded.args(["60", env!("CARGO_BIN_EXE_reseal")]);
    let mut second = elsewhere.serving(elsewhere.reseal_by(bounded));
    second.args(["--listen", "127.0.0.1:0", "--database", &postgres.url]);
    // It waits for a moment before it gives up.
    let second = thread::spawn(move || second.output().expect("reseal runs"));
    run(&server, "tea.py", "v3");
    let second = second.join().expect("an end");
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && said.contains("a server that is to be its only one"), "{said}");
    server.kill();
    let server = serve();
    run(&server, "still.py", "alias/tea");
    server.stop();
}

/// Shows that the commands of the host find a catalog on PostgreSQL by a URL or by a file with one, as the server does, and that such a file
/// is its owner's alone.
#[test]
fn the_commands_of_the_host_find_a_catalog_on_postgresql() {
    let (postgres, place) = (Postgres::start(), Place::new());
    let private = |name: &str, text: &str| {
        let file = place.path().join(name);
        fs::write(&file, text).expect("a file");
        fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).expect("its mode");
        file
    };
    let file = private("database", &format!("{}\n", postgres.url));
    let (url, file_words) = (format!("--database {}", postgres.url), format!("--database-file {}", file.display()));
    let mut command = place.serving(place.reseal());
    command.args(file_words.split(' '));
    let server = Server::start(command);
    let caller = Caller::first(&server);
    let key = caller.kms("CreateKey", &[])["KeyMetadata"]["KeyId"].clone();
    server.stop();

    let said = |words: &str| {
        let done = place.run(words);
        assert!(done.status.success(), "{words}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text")
    };
    for place_words in [&url, &file_words] {
        assert!(said(&format!("audit verify {place_words}")).starts_with("whole: 1 records"));
        assert!(said(&format!("billing {place_words}")).contains("1 calls, 1 of them free"));
        assert!(said(&format!("account list {place_words}")).contains("1000000000000001"));
        assert!(said(&format!("key list {place_words}")).contains(key.as_str().expect("a text")));
    }
    let (backup, passphrase) = (place.path().join("backup"), private("passphrase", "of the backup"));
    let sealed = format!("{} --passphrase-file {} {url}", backup.display(), passphrase.display());
    said(&format!("root backup {sealed}"));
    fs::remove_file(place.data().join("root.key")).expect("the root key");
    assert!(said(&format!("root restore {sealed}")).contains("the root key is back"));
    assert!(said(&format!("account reset-root {file_words}")).contains("shown this once"));
    let elsewhere = place.run("audit verify");
    assert!(String::from_utf8_lossy(&elsewhere.stderr).contains("no keys are kept in the data directory"));
    fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).expect("its mode");
    let open = place.run(&format!("billing {file_words}"));
    let open = String::from_utf8_lossy(&open.stderr);
    assert!(open.contains("chmod 600") && !open.contains("postgres:"), "{open}");
}
