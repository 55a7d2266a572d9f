//! `config.toml`: servers and access keys by name.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use crypto::Secret;
use serde::Deserialize;
use serde::de::{Error as _, Visitor};
use zeroize::Zeroizing;

use crate::private_file;

/// Longest file. A profile has about 300 bytes.
const FILE_BYTES_MAX: usize = 64 << 10;

/// `[profile.NAME]`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    pub(super) endpoint: Option<String>,
    pub(super) access_key_id: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) access_key_secret: Option<Secret>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) security_token: Option<Secret>,
    pub(super) region: Option<String>,
    pub(super) ca_file: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    #[serde(default)]
    profile: BTreeMap<String, Profile>,
}

/// The profile of this name.
///
/// Errors: the file is not there or its owner's alone, is not as documented, or has no such profile.
pub(super) fn profile(path: &Path, name: &str) -> Result<Profile> {
    let shown = path.display();
    let text = private_file::read(path, FILE_BYTES_MAX)?;
    let text = std::str::from_utf8(text.expose()).with_context(|| format!("{shown} is not text"))?;
    let mut file: ConfigFile = toml::from_str(text).map_err(|error| {
        // Its own text quotes the line, which may hold the secret.
        let line = error.span().map_or(1, |span| text.as_bytes()[..span.start].split(|byte| *byte == b'\n').count());
        anyhow!(
            "{shown}, line {line}: not understood; [profile.NAME] holds endpoint, access_key_id, access_key_secret, security_token, \
             region and ca_file, each a text in quotes"
        )
    })?;
    match file.profile.remove(name) {
        Some(profile) => Ok(profile),
        None => {
            let names: Vec<_> = file.profile.into_keys().collect();
            bail!("there is no profile `{name}` in {shown}, which has: {}", names.join(", "))
        }
    }
}

/// A text, into locked memory at once.
fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    struct Text;
    impl Visitor<'_> for Text {
        type Value = Secret;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Secret, E> {
            if text.is_empty() { Err(E::custom("it is empty")) } else { Ok(Secret::copy_of(text.as_bytes())) }
        }

        fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Secret, E> {
            self.visit_str(&Zeroizing::new(text))
        }
    }
    deserializer.deserialize_str(Text).map(Some).map_err(|_| D::Error::custom("a text is expected"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const WHOLE: &str = "[profile.lab]\nendpoint = 'https://kms.lab:9180'\naccess_key_id = 'id'\naccess_key_secret = \"wo\\u0072d\"\n\
                         region = 'cn-shanghai'\nca_file = '/ca.pem'\n[profile.other]\n";

    /// A profile has what its section says; a mistake is told by its line and never by its text, which may be the secret.
    #[test]
    fn profiles_are_read_by_name() {
        let lab = read(WHOLE, 0o600, "lab").unwrap();
        assert_eq!(lab.access_key_secret.unwrap().expose(), b"word");
        assert_eq!(
            (lab.endpoint.as_deref(), lab.region.as_deref()),
            (Some("https://kms.lab:9180"), Some("cn-shanghai"))
        );
        for (text, mode, why) in [
            (WHOLE, 0o640, "chmod 600"),
            ("[profile.other]\n[profile.third]\n", 0o600, "which has: other, third"),
            ("[profile.lab]\nendpoint='x'\naccess_key_secret = hunter2\n", 0o600, "line 3"),
            ("[profile.lab]\naccess_key_secret = 271828\n", 0o600, "line 2"),
            ("[profile.lab]\nhunter2 = 'x'\n", 0o600, "line 2"),
            ("[profile.lab]\naccess_key_secret = ''\n", 0o600, "line 2"),
            ("[profiles.lab]\n", 0o600, "not understood"),
        ] {
            let error = format!("{:#}", read(text, mode, "lab").err().unwrap());
            assert!(error.contains(why), "{text}: {error}");
            assert!(!error.contains("hunter2") && !error.contains("271828"), "{error}");
        }
    }

    fn read(text: &str, mode: u32, name: &str) -> Result<Profile> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        std::fs::set_permissions(file.path(), PermissionsExt::from_mode(mode)).unwrap();
        profile(file.path(), name)
    }
}
