//! Judge: the `openssl` command line, which knows nothing of ours.

use std::path::PathBuf;
use std::process::Command;

use crypto::asymmetric::{Oaep, PublicKey, SignatureAlgorithm, WrappingAlgorithm};
use tempfile::TempDir;

/// A directory in which `openssl` works on files named by short names.
pub(crate) struct OpenSsl(TempDir);

impl OpenSsl {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    /// Encrypts to an X.509 SubjectPublicKeyInfo (DER).
    pub(crate) fn encrypt(&self, spki: &[u8], algorithm: WrappingAlgorithm, plain: &[u8]) -> Vec<u8> {
        self.put("public.der", spki);
        self.put("plain", plain);
        let padding = padding(algorithm);
        self.run(&format!("pkeyutl -encrypt -pubin -keyform DER -inkey public.der -in plain -out cipher {padding}"));
        self.get("cipher")
    }

    /// Makes an RSA key of 2048 bits and keeps its private half, for [`OpenSsl::decrypt`].
    pub(crate) fn make_rsa_key(&self) -> PublicKey {
        self.run("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out private.pem");
        self.run("pkey -in private.pem -pubout -out public.pem");
        let pem = String::from_utf8(self.get("public.pem")).expect("a text");
        PublicKey::from_pem(&pem).expect("a public key")
    }

    pub(crate) fn decrypt(&self, algorithm: WrappingAlgorithm, cipher: &[u8]) -> Vec<u8> {
        self.put("cipher", cipher);
        self.run(&format!("pkeyutl -decrypt -inkey private.pem -in cipher -out plain {}", padding(algorithm)));
        self.get("plain")
    }

    /// Whether `signature` is one over `digest`, under a public key in PEM.
    pub(crate) fn verifies(
        &self,
        pem: &str,
        algorithm: SignatureAlgorithm,
        digest: &[u8; 32],
        signature: &[u8],
    ) -> bool {
        self.put("public.pem", pem.as_bytes());
        self.put("digest", digest);
        self.put("signature", signature);
        let options = match algorithm {
            SignatureAlgorithm::RsaPssSha256 => " -pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen:32",
            SignatureAlgorithm::RsaPkcs1Sha256 => " -pkeyopt rsa_padding_mode:pkcs1",
            SignatureAlgorithm::EcdsaSha256 => "",
        };
        self.succeeds(&format!(
            "pkeyutl -verify -pubin -inkey public.pem -in digest -sigfile signature -pkeyopt digest:sha256{options}"
        ))
    }

    /// What `openssl` says of a public key in PEM.
    pub(crate) fn describe(&self, pem: &str) -> String {
        self.put("public.pem", pem.as_bytes());
        self.run("pkey -pubin -in public.pem -noout -text -out text");
        String::from_utf8(self.get("text")).expect("a text")
    }

    fn run(&self, arguments: &str) {
        assert!(self.succeeds(arguments), "openssl {arguments}");
    }

    fn succeeds(&self, arguments: &str) -> bool {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(self.0.path()).output();
        output.expect("openssl must be installed for this test").status.success()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).expect("a temporary directory");
    }

    fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("a file that openssl wrote")
    }
}

fn padding(algorithm: WrappingAlgorithm) -> &'static str {
    match algorithm {
        WrappingAlgorithm::Pkcs1V15 => "-pkeyopt rsa_padding_mode:pkcs1",
        WrappingAlgorithm::Oaep(Oaep::Sha1) => {
            "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1 -pkeyopt rsa_mgf1_md:sha1"
        }
        WrappingAlgorithm::Oaep(Oaep::Sha256) => {
            "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"
        }
    }
}
