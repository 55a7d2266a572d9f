//! `moto_server`, which checks the sizes of parts and keeps versions. It checks no signatures, so a test can look at the bucket itself.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::bucket::BUCKET;
use crate::place::PATIENCE;

/// A signature of nobody: without one, moto deletes nothing.
const SIGNED: &str = "Authorization: AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

pub(crate) struct Moto {
    address: String,
    child: Child,
}

impl Moto {
    /// Starts a server with an empty bucket.
    pub(crate) fn start() -> Self {
        // By its interpreter: the script names the one of the place where it was installed.
        let bin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/moto/python/bin");
        assert!(bin.join("moto_server").exists(), "moto is not installed: run scripts/setup.sh test");
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(bin.join("python3"));
        command.arg(bin.join("moto_server"));
        command.args(["-H", "127.0.0.1", "-p", &address.port().to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let moto = Self { address: address.to_string(), child };
        for _ in 0..600 {
            if TcpStream::connect(&moto.address).is_ok() {
                moto.ask("PUT", "", "");
                return moto;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("moto does not start");
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// One request: `target` is what follows the bucket in the URL. Returns the body of the answer.
    pub(crate) fn ask(&self, method: &str, target: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} /{BUCKET}{target} HTTP/1.1\r\nHost: {}\r\nContent-Length: {length}\r\n{SIGNED}\r\nConnection: close\r\n\r\n{body}",
            self.address
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 20"), "{method} {target}: {answer}");
        body.to_owned()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
