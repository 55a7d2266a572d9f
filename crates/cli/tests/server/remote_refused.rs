use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::running::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, Place, Server};

/// Shows that the server's refusals arrive with their code, and that no secret gets into what either side says.
#[test]
fn refusals_of_the_server_are_shown() {
    let place = Place::new();
    let server = place.serve();
    let client = || place.client(&server.endpoint());
    passed(client().args(["key", "list"]));
    refused(client().args(["key", "list"]).env("RESEAL_ACCESS_KEY_SECRET", "another"), "SignatureDoesNotMatch: ");
    refused(client().args(["key", "list"]).env("RESEAL_ACCESS_KEY_ID", "LTAIunknown"), "InvalidAccessKeyId.NotFound: ");
    refused(client().args(["key", "list"]).env("RESEAL_SECURITY_TOKEN", "nonsense"), "(request ");
    refused(client().args(["key", "show", "alias/nothing"]), "alias/nothing");
    refused(client().args(["key", "destroy-due"]), "by itself");
    let log = server.stop();
    assert!(log.contains("ListKeys") && !log.contains(ACCESS_KEY_SECRET), "{log}");
}

/// Shows that what cannot be asked is said before or instead of a call: no server, another kind of server, half an access key.
#[test]
fn servers_that_cannot_be_asked_are_named() {
    let place = Place::new();
    let server = place.serve();
    let endpoint = server.endpoint();
    refused(place.client(&endpoint.replace("http://", "https://")).args(["key", "list"]), "no TLS with https://");
    refused(place.client(&endpoint).args(["key", "list"]).env_remove("RESEAL_ACCESS_KEY_ID"), "go together");
    server.stop();
    refused(place.client(&endpoint).args(["key", "list"]), "cannot reach http://127.0.0.1");
    let wrong = place.client("127.0.0.1:9180").args(["key", "list"]).output().expect("reseal runs");
    assert!(wrong.status.code() == Some(2) && String::from_utf8_lossy(&wrong.stderr).contains("is not an endpoint"));
}

/// Shows that a profile holds everything, that its file must be its owner's, and that TLS trusts the named certificate only.
#[test]
fn profiles_name_servers_with_tls() {
    let place = Place::new();
    let mut command = place.reseal();
    command.arg("serve").arg("--self-signed").arg("--bootstrap-access-key").arg(place.key_file());
    let server = Server::start(command);
    let endpoint = server.endpoint();
    let ca = place.path().join("data/self-signed.pem");
    fs::create_dir_all(place.path().join(".config/reseal")).expect("a directory");
    let config = place.path().join(".config/reseal/config.toml");
    let profile = |name: &str, more: &str| {
        format!(
            "[profile.{name}]\nendpoint = '{endpoint}'\naccess_key_id = '{ACCESS_KEY_ID}'\naccess_key_secret = '{ACCESS_KEY_SECRET}'\n{more}"
        )
    };
    let trusting = format!("ca_file = '{}'\n", ca.display());
    let elsewhere = format!("{trusting}region = 'cn-shanghai'\n");
    let unknown = format!("{trusting}region = 'cn-nowhere'\n");
    let text = profile("default", &trusting)
        + &profile("elsewhere", &elsewhere)
        + &profile("unknown", &unknown)
        + &profile("distrusting", "");
    fs::write(&config, text).expect("a file");
    fs::set_permissions(&config, PermissionsExt::from_mode(0o600)).expect("its mode");
    // Nothing of the environment but the home directory.
    let client = |words: &str| {
        let mut command = place.client(&endpoint);
        for name in ["RESEAL_ENDPOINT", "RESEAL_ACCESS_KEY_ID", "RESEAL_ACCESS_KEY_SECRET"] {
            command.env_remove(name);
        }
        command.args(words.split_whitespace());
        command
    };
    passed(&mut client("--profile default key list"));
    assert!(passed(&mut client(&format!("--endpoint {endpoint} key create --json"))).contains(":cn-hangzhou:"));
    assert!(passed(&mut client("--profile elsewhere key create --json")).contains(":cn-shanghai:"));
    refused(&mut client("--profile unknown key list"), "InvalidRegionId.NotFound");
    refused(&mut client("--profile distrusting key list"), "no TLS with");
    passed(client("--profile distrusting key list").arg("--ca-file").arg(&ca));
    refused(&mut client("--profile nobody key list"), "there is no profile `nobody`");
    fs::set_permissions(&config, PermissionsExt::from_mode(0o640)).expect("its mode");
    refused(&mut client("--profile default key list"), "chmod 600");
    fs::remove_file(&config).expect("a file");
    refused(&mut client(&format!("--endpoint {endpoint} key list")), "there is no access key");
    server.stop();
}

fn refused(command: &mut Command, wanted: &str) {
    let output = command.output().expect("reseal runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && text.contains(wanted), "{command:?}: {text}");
    assert!(!text.contains(ACCESS_KEY_SECRET), "{text}");
}

fn passed(command: &mut Command) -> String {
    let output = command.output().expect("reseal runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}
