use crate::browser::{judge, must_pass};
use crate::lab::Lab;
use crate::running::Server;

/// Shows that somebody who has nothing but what the server printed at its first start gets, in each language and without the command line, an
/// imported image encrypted under a key of their own, to run and to print; and that the page says why it does not start without the key.
#[test]
fn a_first_time_user_runs_an_encrypted_image() {
    let lab = Lab::new(23);
    let mut reseal = lab.place.reseal();
    reseal.arg("serve").arg("--import-directory").arg(format!("golden={}", lab.disk().with_file_name("").display()));
    let server = Server::start(reseal);
    let printed = |name: &str| {
        let line = server.said.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {}", server.said)).trim().to_owned()
    };
    let (id, secret) = (printed("access key id "), printed("access key secret "));
    let mut command = judge("first_time.js", &lab, &server);
    must_pass(command.env("RESEAL_ACCESS_KEY_ID", id).env("RESEAL_ACCESS_KEY_SECRET", &secret));
    let log = server.stop();
    assert!(!log.contains(&secret), "a secret in the log: {log}");
}
