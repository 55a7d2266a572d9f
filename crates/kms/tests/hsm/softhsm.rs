//! A SoftHSM of its own for each test.
//!
//! The module reads its configuration from the environment and is initialised once a process, so each test runs in a process of its own.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use catalog::{SystemClock, Timestamp};
use crypto::OsRandom;
use kms::{
    DataDir, EncryptionContext, KeyRef, Kms, KmsError, NewKey, RootError, RootSource, Scope, TokenName, TokenPlace,
};
use ram::Permit;

const DIRECTORY_VARIABLE: &str = "RESEAL_TEST_SOFTHSM";
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];
pub(crate) const PIN: &str = "87654321";

/// A directory with tokens, and a data directory.
pub(crate) struct SoftHsm {
    directory: PathBuf,
}

impl SoftHsm {
    /// `None` in the process that `cargo test` started, when the test has run well in one of its own. `test`: its whole name.
    pub(crate) fn in_own_process(test: &str) -> Option<Self> {
        if let Some(directory) = std::env::var_os(DIRECTORY_VARIABLE) {
            return Some(Self { directory: directory.into() });
        }
        let directory = tempfile::tempdir().expect("a temporary directory");
        let configuration = directory.path().join("softhsm2.conf");
        let tokens = directory.path().join("tokens");
        std::fs::create_dir(&tokens).expect("a directory");
        let text = format!("directories.tokendir = {}\nlog.level = ERROR\n", tokens.display());
        std::fs::write(&configuration, text).expect("a configuration");
        let mut child = Command::new(std::env::current_exe().expect("this program"));
        child.args([test, "--exact", "--nocapture"]);
        child.env("SOFTHSM2_CONF", configuration).env(DIRECTORY_VARIABLE, directory.path());
        let run = child.output().expect("it starts");
        let text = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success(), "{text}\n{}", String::from_utf8_lossy(&run.stderr));
        assert!(text.contains("1 passed"), "no test is named {test}: {text}");
        None
    }

    /// Makes a token.
    pub(crate) fn make_token(&self, label: &str) {
        let args = ["--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", PIN];
        run("softhsm2-util", &args);
    }

    /// What another program sees of the keys in a token.
    pub(crate) fn pkcs11_tool(&self, token: &str, args: &[&str]) -> String {
        let module = module();
        let module = module.to_str().expect("a path of ASCII");
        let args = [&["--module", module, "--token-label", token, "--login", "--pin", PIN], args].concat();
        run("pkcs11-tool", &args)
    }

    /// A key `root` in the token.
    pub(crate) fn place(&self, token: &str) -> TokenPlace {
        let pin_file = self.file("pin", PIN);
        TokenPlace {
            module: module(),
            token: TokenName::Label(token.to_owned()),
            pin_file,
            key_label: "root".to_owned(),
        }
    }

    pub(crate) fn source(&self, token: &str) -> RootSource {
        RootSource::Pkcs11(self.place(token))
    }

    /// Pulls all tokens out, or puts them back.
    pub(crate) fn set_tokens_there(&self, there: bool) {
        let names = [self.directory.join("away"), self.directory.join("tokens")];
        let [from, to] = if there { names } else { [names[1].clone(), names[0].clone()] };
        std::fs::rename(from, to).expect("the tokens move");
    }

    /// A file for its owner only.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.join(name);
        std::fs::write(&path, text).expect("a file");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("a mode");
        path
    }

    pub(crate) fn data_dir(&self) -> DataDir {
        DataDir::new(self.directory.join("data"))
    }

    pub(crate) async fn open(&self, source: &RootSource) -> kms::Result<Kms> {
        Kms::open(&self.data_dir(), source, Arc::new(SystemClock), Arc::new(OsRandom)).await
    }

    pub(crate) async fn refusal(&self, source: &RootSource) -> RootError {
        match self.open(source).await {
            Err(KmsError::Root(error)) => error,
            Err(error) => panic!("not about the root key: {error}"),
            Ok(_) => panic!("opened"),
        }
    }
}

pub(crate) async fn seal_text(kms: &Kms) -> Vec<u8> {
    let (scope, context) = (Scope::default(), EncryptionContext::default());
    let key = KeyRef::Id(kms.create_key(&NewKey::default(), &operator(), &scope).await.expect("a key").id);
    kms.encrypt(&key, b"the text", &context, &operator(), &scope).await.expect("a ciphertext").blob
}

pub(crate) async fn open_text(kms: &Kms, blob: &[u8]) -> kms::Result<()> {
    let opened = kms.decrypt(blob, &EncryptionContext::default(), &operator(), &Scope::default()).await?;
    assert_eq!(opened.plaintext.expose(), b"the text");
    Ok(())
}

pub(crate) fn operator() -> Permit {
    let account = Scope::default().account;
    Permit::for_local_operator(account.as_str().parse().expect("16 digits"), Timestamp::UNIX_EPOCH)
}

/// The module; `scripts/setup.sh test` installs it.
fn module() -> PathBuf {
    let found = MODULES.iter().map(Path::new).find(|path| path.exists());
    found.expect("SoftHSM is installed; run scripts/setup.sh test").to_owned()
}

fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().expect("installed by scripts/setup.sh test");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {text}");
    text
}
