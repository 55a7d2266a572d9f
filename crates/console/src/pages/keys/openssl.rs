//! The commands that make key material and wrap it, for the algorithm that was chosen. Source of the algorithms: kms.md 6.

/// The command lines of the wizard, in order.
pub(super) struct Commands {
    /// Writes the wrapping key into a file.
    pub(super) key_file: String,
    /// Makes the material.
    pub(super) make: String,
    /// Wraps it.
    pub(super) wrap: String,
    /// Writes it as text.
    pub(super) encode: String,
}

/// `WrappingAlgorithm`s, the best first, with the options of `openssl pkeyutl`.
pub(super) const ALGORITHMS: [(&str, &str); 3] = [
    ("RSAES_OAEP_SHA_256", "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"),
    ("RSAES_OAEP_SHA_1", "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1 -pkeyopt rsa_mgf1_md:sha1"),
    ("RSAES_PKCS1_V1_5", "-pkeyopt rsa_padding_mode:pkcs1"),
];

/// Characters of a line of PEM.
const PEM_LINE: usize = 64;

impl Commands {
    /// For a public key (base64 of DER) and material of so many bytes. `None` for an algorithm that is not one.
    pub(super) fn of(algorithm: &str, public_key: &str, material_bytes: usize) -> Option<Self> {
        let (_, options) = ALGORITHMS.iter().find(|(name, _)| *name == algorithm)?;
        Some(Self {
            key_file: format!("cat > wrapping_key.pem <<'END'\n{}END\n", pem(public_key)),
            make: format!("openssl rand -out key_material.bin {material_bytes}\n"),
            wrap: format!(
                "openssl pkeyutl -encrypt -pubin -inkey wrapping_key.pem \\\n  {options} \\\n  -in key_material.bin -out encrypted_material.bin\n"
            ),
            encode:
                "openssl base64 -A -in encrypted_material.bin -out encrypted_material.b64\ncat encrypted_material.b64\n"
                    .to_owned(),
        })
    }
}

/// A public key in base64 as PEM. Whatever is no character of base64 is left out, so that no line of a command can come of it.
pub(super) fn pem(public_key: &str) -> String {
    let is_base64 = |character: &char| character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=');
    let text: Vec<char> = public_key.chars().filter(is_base64).collect();
    let mut pem = "-----BEGIN PUBLIC KEY-----\n".to_owned();
    for line in text.chunks(PEM_LINE) {
        pem.extend(line);
        pem.push('\n');
    }
    pem.push_str("-----END PUBLIC KEY-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Padding and digests are those that the algorithm's name says; an unknown name has no command.
    #[test]
    fn each_algorithm_has_its_options() {
        for (algorithm, wanted, unwanted) in [
            ("RSAES_OAEP_SHA_256", "rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256", "pkcs1"),
            ("RSAES_OAEP_SHA_1", "rsa_oaep_md:sha1 -pkeyopt rsa_mgf1_md:sha1", "sha256"),
            ("RSAES_PKCS1_V1_5", "rsa_padding_mode:pkcs1", "oaep"),
        ] {
            let commands = Commands::of(algorithm, "AAAA", 32).unwrap();
            assert!(commands.wrap.contains(wanted) && !commands.wrap.contains(unwanted), "{}", commands.wrap);
            assert!(commands.make.contains("key_material.bin 32"));
        }
        assert!(Commands::of("RSAES_OAEP_SHA_512", "AAAA", 32).is_none());
    }

    /// The commands, as they are copied into a shell, wrap material that opens again: `openssl` and `sh` are the judges.
    #[test]
    fn the_commands_run() {
        let directory = tempfile::tempdir().unwrap();
        let run = |script: &str| {
            let ran =
                Command::new("sh").args(["-ec", script]).current_dir(directory.path()).output().expect("sh is there");
            assert!(ran.status.success(), "{script}: {}", String::from_utf8_lossy(&ran.stderr));
            String::from_utf8(ran.stdout).unwrap()
        };
        run("openssl genrsa -out private.pem 2048");
        let public_key = run("openssl rsa -in private.pem -pubout -outform DER | openssl base64 -A");
        for (algorithm, options) in ALGORITHMS {
            let commands = Commands::of(algorithm, &public_key, 32).unwrap();
            let printed = run(&[commands.key_file, commands.make, commands.wrap, commands.encode].concat());
            assert_eq!(printed.trim().len(), 344, "base64 of 256 bytes on one line: {printed}");
            run(&format!(
                "openssl base64 -d -A -in encrypted_material.b64 -out wrapped && \
                 openssl pkeyutl -decrypt -inkey private.pem {options} -in wrapped -out opened && cmp opened key_material.bin"
            ));
        }
    }

    /// Lines of 64 characters, and nothing but base64 in them: what comes back from a form cannot add a command.
    #[test]
    fn a_public_key_is_written_as_pem() {
        let long = "A".repeat(65);
        assert_eq!(pem(&long).lines().map(str::len).collect::<Vec<_>>(), [26, 64, 1, 24]);
        let commands = Commands::of("RSAES_PKCS1_V1_5", "AA'\nEND\nrm -rf .", 16).unwrap();
        assert_eq!(commands.key_file.matches("END\n").count(), 1, "{}", commands.key_file);
    }
}
