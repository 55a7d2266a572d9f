//! The `openssl` program: a client's side of wrapping and signatures that we did not write.

use std::path::Path;
use std::process::Command;

/// Runs `openssl` in `directory`, where files are named without a path.
pub(crate) fn openssl(directory: &Path, arguments: &[&str]) {
    let ran = Command::new("openssl").args(arguments).current_dir(directory).output().expect("openssl is installed");
    assert!(ran.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// The arguments of `pkeyutl` for a wrapping algorithm of the API.
pub(crate) fn padding(algorithm: &str) -> Vec<&'static str> {
    match algorithm {
        "RSAES_PKCS1_V1_5" => vec!["-pkeyopt", "rsa_padding_mode:pkcs1"],
        "RSAES_OAEP_SHA_1" => vec!["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha1"],
        "RSAES_OAEP_SHA_256" => vec!["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256"],
        other => panic!("{other}"),
    }
}
