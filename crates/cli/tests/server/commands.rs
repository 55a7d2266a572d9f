use crate::running::{Place, Server};

/// Shows that a new installation prints its access key once, that a second start does not, and that the host makes a new one.
#[test]
fn the_first_access_key_is_shown_once() {
    let place = Place::new();
    let start = || {
        let mut command = place.reseal();
        command.arg("serve");
        Server::start(command)
    };
    start().stop();
    start().stop();
    let made = place.run("account reset-root");
    let text = String::from_utf8_lossy(&made.stdout);
    assert!(text.contains("1000000000000001") && text.contains("LTAI"), "{text}");
    assert!(text.contains("shown this once"), "{text}");
}

/// Shows that two servers, or a command that changes keys, do not get in each other's way: they are refused by name.
#[test]
fn a_server_has_its_data_directory_for_itself() {
    let place = Place::new();
    let server = place.serve();
    for words in ["key list", "account reset-root"] {
        let refused = place.run(words);
        let text = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && text.contains("a server is running"), "{words}: {text}");
    }
    let second = place.run("serve --listen 127.0.0.1:0");
    let text = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && text.contains("another server"), "{text}");
    server.stop();
    assert!(place.run("key list").status.success());
}

/// Shows that what cannot work is said at the start: a readable key file, a wrong region, a taken port.
#[test]
fn a_server_that_cannot_work_does_not_start() {
    let place = Place::new();
    std::fs::set_permissions(place.key_file(), std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("its mode");
    let key_file = place.key_file().display().to_string();
    let server = Place::new();
    let running = server.serve();
    for (words, wanted) in [
        (format!("serve --bootstrap-access-key {key_file}"), "chmod 600"),
        ("serve --listen 127.0.0.1:0=nowhere".to_owned(), "not one of the configured regions"),
        (format!("serve --listen {}", running.address), "cannot listen on"),
        ("serve --listen nonsense".to_owned(), "is not an address"),
        ("serve --tls-cert /nowhere.pem --tls-key /nowhere.pem".to_owned(), "/nowhere.pem"),
    ] {
        let refused = place.run(&words);
        let text = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && text.contains(wanted), "{words}: {text}");
    }
}
