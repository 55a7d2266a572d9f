use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::running::Place;

/// Shows that material of the owner's own gets in at a server with every wrapping, that it is those bytes (they come again locally, others
/// never), and that files which are not for the owner alone, or hold no material, are refused.
#[test]
fn material_is_imported_at_a_server_and_locally() {
    let place = Place::new();
    let file = |name: &str, bytes: &[u8]| {
        let path = place.path().join(name);
        fs::write(&path, bytes).expect("a file");
        fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("its mode");
        path.display().to_string()
    };
    let (aes, sm4) = (file("aes", &[3; 32]), file("sm4", &[4; 16]));
    let (others, text) = (file("others", &[5; 32]), file("text", &[6; 33]));
    let server = place.serve();
    let endpoint = server.endpoint();
    let client = |words: &str| {
        let mut command = place.client(&endpoint);
        command.args(words.split_whitespace());
        command
    };
    let local = |words: &str| {
        let mut command = place.reseal();
        command.args(words.split_whitespace());
        command
    };
    let key = passed(&mut client("key create --origin external"));
    let small = passed(&mut client("key create --origin external --spec Aliyun_SM4"));

    for algorithm in ["RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1", "RSAES_PKCS1_V1_5"] {
        for spec in ["RSA_2048", "RSA_3072"] {
            let words = format!("key import {key} {aes} --algorithm {algorithm} --wrapping-key-spec {spec}");
            assert_eq!(passed(&mut client(&words)), format!("{key}: Enabled"));
        }
    }
    passed(&mut client(&format!("key import {small} {sm4} --expires 2099-01-01T00:00:00Z")));
    assert!(passed(&mut client(&format!("key show {small} --json"))).contains("2099-01-01T00:00:00Z"));
    refused(&mut client(&format!("key import {key} {others}")), "InvalidKeyMaterial");
    refused(&mut client(&format!("key import {key} {text}")), "holds 33 bytes");
    refused(&mut client(&format!("key import {key} {aes} --expires 2001-01-01T00:00:00Z")), "KeyMaterialExpireUnix");
    let log = server.stop();
    assert!(!log.contains("EncryptedKeyMaterial"), "{log}");

    passed(&mut local(&format!("key import {key} {aes}")));
    refused(&mut local(&format!("key import {key} {others}")), "material");
    let fresh = passed(&mut local("key create --origin external"));
    assert_eq!(passed(&mut local(&format!("key import {fresh} {aes}"))), format!("{fresh}: Enabled"));
    fs::set_permissions(place.path().join("aes"), PermissionsExt::from_mode(0o644)).expect("its mode");
    refused(&mut local(&format!("key import {key} {aes}")), "chmod 600");
}

fn refused(command: &mut Command, wanted: &str) {
    let output = command.output().expect("reseal runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && text.contains(wanted), "{command:?}: {text}");
}

fn passed(command: &mut Command) -> String {
    let output = command.output().expect("reseal runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}
