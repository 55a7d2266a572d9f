//! Files that are sent to a server to be imported.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use api::Product;
use serde_json::Value;

use crate::caller::Caller;
use crate::images_cli::{json, said, with_disk};
use crate::running::{Place, Server};

/// Shows that the binary sends a file that only it can read, also one of which an earlier command had sent every byte when its server was
/// killed, and that nothing of it is left at the server beside the image.
#[test]
fn a_file_is_sent_and_imported_by_the_binary() {
    let place = with_disk();
    let server = place.serve();
    let endpoint = server.endpoint();
    let run = |words: &str| place.client(&endpoint).args(words.split_whitespace()).output().expect("reseal runs");
    let bytes = fs::read(place.path().join("disk.qcow2")).expect("a disk");
    let begun = create(&server, &bytes);
    fs::write(work(&place).join(format!("{}.upload", begun.id)), bytes).expect("a file");
    let image = json(&run("image import disk.qcow2 --name sent --json"));
    assert_eq!(image["status"], "Available");
    assert!(said(&run("image list")).contains("sent"));
    // The file goes after the image is there.
    let limit = Instant::now() + Duration::from_secs(60);
    while fs::read_dir(work(&place)).expect("a directory").count() > 0 {
        assert!(Instant::now() < limit, "the file that was sent is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
    server.stop();
    let local = json(&place.run("image import disk.qcow2 --name local --json"));
    assert_eq!(local["disks"][0]["virtual_bytes"], image["disks"][0]["virtual_bytes"]);
}

/// Shows the whole life of an upload over HTTP: it breaks off and goes on, also after the server was killed; bytes elsewhere, too many and
/// wrong ones are refused; the file is its owner's; it is imported once and then gone.
#[test]
fn an_upload_breaks_off_and_goes_on() {
    let place = with_disk();
    let bytes = fs::read(place.path().join("disk.qcow2")).expect("a disk");
    let (first, rest) = bytes.split_at(bytes.len() / 3);
    let server = place.serve();
    let upload = create(&server, &bytes);
    assert_eq!(upload.offset, 0);
    // Announces more than comes.
    let mut broken = connect(&server);
    broken.write_all(&put(&upload.token, 0, bytes.len())).expect("a head");
    broken.write_all(first).expect("bytes");
    // So that the server has begun to read it, also on a busy machine.
    std::thread::sleep(Duration::from_secs(1));
    drop(broken);
    let arrived = wait_for_offset(&server, &upload.token);
    assert!(arrived > 0 && arrived <= first.len() as u64, "{arrived}");
    let mode = fs::metadata(work(&place).join(format!("{}.upload", upload.id))).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    server.kill();

    let server = place.serve();
    let again = create(&server, &bytes);
    assert_eq!((&again.id, again.offset), (&upload.id, arrived));
    let (token, arrived) = (again.token, usize::try_from(arrived).expect("a length"));
    assert_eq!(sent(&server, &upload.token, arrived, &bytes[arrived..]).0, 404, "the token before is none any more");
    let (status, offset) = sent(&server, &token, 0, rest);
    assert_eq!((status, offset), (409, Some(arrived as u64)));
    assert_eq!(sent(&server, &token, arrived, &[&bytes[arrived..], b"x"].concat()).0, 413);
    let incomplete = import(&server, &upload.id).expect_err("a refusal");
    assert_eq!(incomplete, "IncorrectUploadStatus");
    let arrived = usize::try_from(wait_for_offset(&server, &token)).expect("a length");
    assert_eq!(sent(&server, &token, arrived, &bytes[arrived..]), (204, Some(bytes.len() as u64)));
    let image = import(&server, &upload.id).expect("an image")["ImageId"].as_str().expect("an id").to_owned();
    let run =
        |words: &str| place.client(&server.endpoint()).args(words.split_whitespace()).output().expect("reseal runs");
    assert!(said(&run(&format!("image wait {image}"))).contains("Available, plain"));
    assert_eq!(import(&server, &upload.id).expect_err("a refusal"), "InvalidUploadId.NotFound");
    assert_eq!(sent(&server, &token, bytes.len(), b"x").0, 404);

    let wrong = create(&server, b"announced");
    assert_eq!(sent(&server, &wrong.token, 0, b"Announced").0, 422);
    assert_eq!(sent(&server, &wrong.token, 0, b"announced").0, 204);
    assert_eq!(sent(&server, &"0".repeat(64), 0, b"x").0, 404);
    let log = server.stop();
    assert!(!log.contains(&token), "a token in the log: {log}");
    assert_eq!(fs::read_dir(work(&place)).expect("a directory").count(), 1, "only what was never imported");
}

struct Upload {
    id: String,
    token: String,
    offset: u64,
}

fn create(server: &Server, bytes: &[u8]) -> Upload {
    let digest: String = crypto::digest::sha256(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let size = bytes.len().to_string();
    let parameters = [("RegionId", "cn-hangzhou"), ("Size", size.as_str()), ("Sha256", &digest)];
    let answer = Caller::first(server).ask(Product::Ecs, "CreateUpload", &parameters).expect("an upload");
    let text = |name: &str| answer[name].as_str().expect("a text").to_owned();
    Upload { id: text("UploadId"), token: text("Token"), offset: answer["Offset"].as_u64().expect("a number") }
}

fn import(server: &Server, upload: &str) -> Result<Value, String> {
    let parameters = [("RegionId", "cn-hangzhou"), ("DiskDeviceMapping.1.UploadId", upload)];
    Caller::first(server).ask(Product::Ecs, "ImportImage", &parameters)
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(&server.address).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
    stream
}

fn put(token: &str, offset: usize, length: usize) -> Vec<u8> {
    format!("PUT /uploads/{token} HTTP/1.1\r\nHost: x\r\nx-reseal-offset: {offset}\r\nContent-Length: {length}\r\n\r\n")
        .into_bytes()
}

/// Status and offset of the answer.
fn sent(server: &Server, token: &str, offset: usize, bytes: &[u8]) -> (u16, Option<u64>) {
    let mut stream = connect(server);
    stream.write_all(&put(token, offset, bytes.len())).expect("a head");
    // A server that refuses may close before it has read everything.
    let _ = stream.write_all(bytes);
    answer(stream)
}

fn answer(mut stream: TcpStream) -> (u16, Option<u64>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("text");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let offset = head.lines().find_map(|line| line.strip_prefix("x-reseal-offset: "));
    (status.unwrap_or_else(|| panic!("no answer: {head}")), offset.map(|offset| offset.parse().expect("a number")))
}

/// How many bytes are there, once no request sends any more.
fn wait_for_offset(server: &Server, token: &str) -> u64 {
    for _ in 0..600 {
        let mut stream = connect(server);
        let head = format!("HEAD /uploads/{token} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("a head");
        // Busy, or the server has not read the request that broke off.
        if let (204, Some(offset @ 1..)) = answer(stream) {
            return offset;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the upload stays busy or empty");
}

fn work(place: &Place) -> PathBuf {
    place.data().join("regions/cn-hangzhou/work")
}
