//! `moto_server` as an S3 service: it checks the sizes of parts, and no signatures.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

/// A signature of nobody, which moto wants to see.
const SIGNED: &str = "Authorization: AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

/// The secret access key of [`Moto::section`].
pub(crate) const SECRET: &str = "the-secret-of-the-test";

/// Runs what follows until the standard input is closed, which happens however the tests end.
const WHILE_OPEN: &str = r#""$@" & while read -r _; do :; done; kill $!"#;

/// Objects of up to 1 GiB stay in memory: larger ones than 5 MiB would become files of `/tmp`.
const IN_MEMORY: (&str, &str) = ("MOTO_S3_DEFAULT_KEY_BUFFER_SIZE", "1073741824");

/// A server with buckets. It ends with this, or with the program.
pub(crate) struct Moto {
    address: String,
    child: Child,
    /// Closed to end it.
    alive: Option<ChildStdin>,
}

impl Moto {
    /// Starts a server with these empty buckets.
    pub(crate) fn start(buckets: &[&str]) -> Self {
        // By its interpreter: the script names the one of the place where it was installed.
        let bin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/moto/python/bin");
        assert!(bin.join("moto_server").exists(), "moto is not installed: run scripts/setup.sh test");
        let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let mut command = Command::new("sh");
        command.args(["-c", WHILE_OPEN, "sh"]).arg(bin.join("python3")).arg(bin.join("moto_server"));
        command.args(["-H", "127.0.0.1", "-p", &address.port().to_string()]);
        command.env(IN_MEMORY.0, IN_MEMORY.1);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("moto starts");
        let alive = child.stdin.take();
        let moto = Self { address: address.to_string(), child, alive };
        for _ in 0..600 {
            if TcpStream::connect(&moto.address).is_ok() {
                buckets.iter().for_each(|bucket| drop(moto.ask("PUT", &format!("/{bucket}"), b"")));
                return moto;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("moto does not start");
    }

    /// The fields of a bucket in `server.toml`. The secret lies in `directory`.
    pub(crate) fn section(&self, bucket: &str, directory: &Path) -> String {
        let secret: PathBuf = directory.join("s3.secret");
        std::fs::write(&secret, SECRET).expect("a file");
        std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("its mode");
        format!(
            "kind = 's3'\nendpoint = 'http://{}'\nallow_http = true\nbucket = '{bucket}'\nregion = 'us-east-1'\n\
             access_key_id = 'AKTEST'\nsecret_access_key_file = '{}'\nretries = 1\n",
            self.address,
            secret.display()
        )
    }

    /// `HOST:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The URL of a bucket.
    pub(crate) fn bucket(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    /// Keys of the objects of a bucket that begin so; a thousand at most.
    pub(crate) fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        self.listed(&format!("/{bucket}?list-type=2&prefix={prefix}"))
    }

    /// Keys of the uploads of a bucket that are neither completed nor aborted.
    pub(crate) fn uploads(&self, bucket: &str) -> Vec<String> {
        self.listed(&format!("/{bucket}?uploads"))
    }

    fn listed(&self, target: &str) -> Vec<String> {
        let list = String::from_utf8(self.ask("GET", target, b"")).expect("XML");
        let keys = list.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>"));
        keys.map(|(key, _)| key.to_owned()).collect()
    }

    /// Copies an object to another bucket.
    pub(crate) fn copy(&self, (from, to): (&str, &str), key: &str) {
        self.request("PUT", &format!("/{to}/{key}"), &format!("x-amz-copy-source: /{from}/{key}\r\n"), b"");
    }

    /// One request to `/bucket/object`. Returns the body of the answer.
    pub(crate) fn ask(&self, method: &str, target: &str, body: &[u8]) -> Vec<u8> {
        self.request(method, target, "", body)
    }

    /// `more`: lines of the head.
    fn request(&self, method: &str, target: &str, more: &str, body: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).expect("moto listens");
        let (address, length) = (&self.address, body.len());
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n{more}{SIGNED}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), body].concat()).expect("moto reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("moto answers");
        assert!(answer.starts_with(b"HTTP/1.1 20"), "{method} {target}: {}", String::from_utf8_lossy(&answer));
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("the end of the head");
        answer.split_off(end + 4)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.alive.take());
        let _ = self.child.wait();
    }
}
