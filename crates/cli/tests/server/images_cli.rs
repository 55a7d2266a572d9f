//! `reseal image` and `reseal region`: the same story at a server and on a data directory, judged by stock qemu-img.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::running::Place;

/// Runs `reseal` with words, at a server or on the data directory.
type Run<'a> = &'a dyn Fn(&str) -> Output;

/// Shows the whole life of images by the binary alone, on the data directory without a server. What they hold is what was imported, and
/// opens with the key that `reseal exec` releases.
#[test]
fn images_live_without_a_server() {
    let place = with_disk();
    let run = |words: &str| place.run(words);
    let source = place.path().join("disk.qcow2");
    let ids = story(&run, &source.display().to_string());
    judge(&place, &ids);
    changed_bytes_are_found(&place, &ids);
}

/// Shows the same story at a server, and that each command that reads gives byte for byte the same there and, after its end, on its data
/// directory.
#[test]
fn images_are_the_same_at_a_server_and_locally() {
    let place = with_disk();
    let bucket = format!("golden={}", place.path().display());
    let mut command = place.serving(place.reseal());
    command.args(["--import-directory", &bucket]);
    let server = crate::running::Server::start(command);
    let endpoint = server.endpoint();
    let at_server = |words: &str| place.client(&endpoint).args(words.split_whitespace()).output().expect("reseal runs");
    let ids = story(&at_server, "golden/disk.qcow2");
    refused_at_a_server(&at_server, &ids);
    let words = ["image list", "image list --json", "image show sealed", "image show sealed --json", "region list"];
    let remote = words.map(|words| said(&at_server(words)));
    let beside = complaint(&place.run("image list"));
    assert!(beside.contains("a server is running"), "{beside}");
    server.stop();
    assert_eq!(words.map(|words| said(&place.run(words))), remote);
    judge(&place, &ids);
}

/// Shows that an image that is not waited for is finished by a later command, and that its name and its progress are told meanwhile.
#[test]
fn an_image_that_was_not_waited_for_is_finished_later() {
    let place = with_disk();
    let source = place.path().join("disk.qcow2");
    let begun = json(&place.run(&format!("image import {} --name plain --no-wait --json", source.display())));
    assert_eq!((text(&begun, "status"), &begun["progress"]), ("Creating".to_owned(), &0.into()));
    let id = text(&begun, "image_id");
    assert!(said(&place.run("image list")).contains("Creating 0%"));
    assert!(complaint(&place.run("image copy plain")).contains("must be Available"));
    let finished = said(&place.run("image wait plain"));
    assert!(finished.starts_with(&format!("{id}: Available, plain")), "{finished}");
}

/// Shows what `server.toml` decides: regions, their stores, limits; that a mistake in it is told by its place; and that `--config` names
/// another.
#[test]
fn the_configuration_of_an_installation_counts() {
    let place = with_disk();
    let blobs = place.path().join("blobs");
    let text = format!(
        "[region.cn-beijing]\n[region.cn-hangzhou.store]\nkind = 'local'\npath = '{}'\n[limits]\nimages = 1\ncopy_gib = 0\n",
        blobs.display()
    );
    fs::create_dir(place.data()).expect("a directory");
    fs::write(place.data().join("server.toml"), text).expect("a file");
    assert_eq!(said(&place.run("region list")), "cn-hangzhou\ncn-beijing");
    let source = place.path().join("disk.qcow2").display().to_string();
    said(&place.run(&format!("image import {source} --name plain --quiet")));
    assert!(fs::read_dir(&blobs).expect("the store").count() > 0);
    assert!(complaint(&place.run(&format!("image import {source}"))).contains("as many as it may"));
    assert!(complaint(&place.run("image copy plain")).contains("reseal ticket create"));
    let other = place.path().join("other.toml");
    fs::write(&other, "[limits]\nimages = 'many'\n").expect("a file");
    let mistake = complaint(&place.run(&format!("--config {} region list", other.display())));
    assert!(mistake.contains("other.toml") && mistake.contains("line 2"), "{mistake}");
}

/// Shows that a ticket raises the limit of its region when the operator approves it on the host, beside the server, and not before; at a
/// server it is made, listed, answered and closed, and cannot be approved.
#[test]
fn a_ticket_raises_the_limit_when_it_is_approved() {
    let place = with_disk();
    fs::create_dir(place.data()).expect("a directory");
    fs::write(place.data().join("server.toml"), "[limits]\ncopy_gib = 0\n").expect("a file");
    let source = place.path().join("disk.qcow2");
    said(&place.run(&format!("image import {} --name plain --quiet", source.display())));
    let server = place.serve();
    let endpoint = server.endpoint();
    let run = |words: &str| place.client(&endpoint).args(words.split_whitespace()).output().expect("reseal runs");
    let ask = "ticket create --size 1 --reason larger-disks";
    let [ticket, other, third] = [0; 3].map(|_| said(&run(ask)));
    assert!(said(&run(&format!("ticket reply {ticket} please"))).ends_with("replied"));
    assert!(said(&run(&format!("ticket close {third}"))).ends_with("closed"));
    assert!(complaint(&run(&format!("ticket approve {ticket}"))).contains("the operator"));
    assert!(complaint(&run("image copy plain")).contains("reseal ticket create"));
    let pending = said(&place.run("ticket pending"));
    assert!(pending.contains(&ticket) && pending.contains(&other) && !pending.contains(&third), "{pending}");
    assert!(complaint(&place.run(&format!("ticket approve {third}"))).contains("Closed already"));
    said(&place.run(&format!("ticket reject {other} --reply no")));
    assert!(complaint(&run("image copy plain")).contains("reseal ticket create"));
    said(&place.run(&format!("ticket approve {ticket} --reply granted")));
    assert!(said(&run("image copy plain --name larger")).contains("Available"), "the running server lets it pass");
    let list = said(&run("ticket list --json"));
    server.stop();
    assert_eq!(said(&place.run("ticket list --json")), list);
    let shown = said(&place.run(&format!("ticket show {ticket}")));
    assert!(
        shown.contains("1 GiB, Approved") && shown.contains("please") && shown.contains("operator: granted"),
        "{shown}"
    );
    assert!(said(&place.run("image copy plain")).contains("Available"));
    assert!(complaint(&place.run("image copy plain --to-region cn-shanghai")).contains("reseal ticket create"));
}

/// A place with a disk image of 8 MiB that holds something, as raw file and as qcow2.
pub(crate) fn with_disk() -> Place {
    let place = Place::new();
    let bytes: Vec<u8> = (0..8_u32 << 20).map(|n| (n >> 12).wrapping_mul(167) as u8).collect();
    fs::write(place.path().join("disk.raw"), bytes).expect("a disk");
    let made = Command::new("qemu-img")
        .args(["convert", "-f", "raw", "-O", "qcow2", "disk.raw", "disk.qcow2"])
        .current_dir(place.path())
        .output();
    assert!(made.expect("qemu-img runs").status.success());
    place
}

/// Every kind of copy and every refusal that a user meets; the ids of the encrypted images, and last that of the plain one.
fn story(run: Run<'_>, source: &str) -> Vec<String> {
    let key = said(&run("key create --alias golden"));
    let other = said(&run("key create --alias other"));
    let plain = json(&run(&format!("image import {source} --name plain --json")));
    assert_eq!(
        (text(&plain, "status"), text(&plain, "name"), &plain["encrypted"]),
        ("Available".to_owned(), "plain".to_owned(), &false.into())
    );
    let sealed = json(&run("image copy plain --name sealed --encrypt --key alias/golden --json"));
    assert_eq!((key_of(&sealed), text(&sealed, "source_image_id")), (key.clone(), text(&plain, "image_id")));
    let kept = json(&run("image copy sealed --name kept --json"));
    assert_eq!(key_of(&kept), key);
    let replaced = json(&run(&format!("image copy {} --encrypt --key {other} --json", text(&kept, "image_id"))));
    assert_eq!(key_of(&replaced), other);
    let by_disk = json(&run("image copy sealed --disk-key /dev/xvda=alias/other --json"));
    assert_eq!(key_of(&by_disk), other);
    assert!(complaint(&run("image copy sealed --disk-key /dev/xvdz=alias/other")).contains("has no disk /dev/xvdz"));
    let said_of = said(&run("image copy plain --encrypt"));
    assert!(said_of.contains(": Available, under key "), "{said_of}");
    let elsewhere = json(&run("image copy plain --to-region cn-shanghai --json"));
    assert_eq!(text(&elsewhere, "region"), "cn-shanghai");
    assert!(said(&run("image list --region cn-shanghai")).contains(&text(&elsewhere, "image_id")));

    let missing = complaint(&run("image copy plain --encrypt --key alias/missing"));
    assert!(missing.contains("reseal key list"), "{missing}");
    said(&run(&format!("key disable {other} --force")));
    let disabled = complaint(&run("image copy plain --encrypt --key alias/other"));
    assert!(disabled.contains("reseal key enable"), "{disabled}");
    said(&run(&format!("key enable {other}")));
    assert!(complaint(&run("image copy plain --key alias/golden")).contains("--encrypt"));
    assert!(complaint(&run("image copy absent")).contains("reseal image list"));
    assert!(complaint(&run("image copy plain --name plain")).contains("plain"));
    assert!(complaint(&run("image cancel plain")).contains("nothing to cancel"));

    assert!(said(&run("image delete kept")).ends_with(": deleted"));
    assert!(complaint(&run("image show kept")).contains("there is no image kept"));
    [sealed, replaced, plain].iter().map(|image| text(image, "image_id")).collect()
}

/// What only the host can do, and what comes later.
fn refused_at_a_server(run: Run<'_>, ids: &[String]) {
    assert!(complaint(&run(&format!("image verify {}", ids[0]))).contains("on its host"));
    assert!(complaint(&run("image import absent.qcow2")).contains("cannot open absent.qcow2"));
    assert!(complaint(&run("image import golden/absent.qcow2")).contains("InvalidOSSObject.NotFound"));
}

/// Compares what the images hold with what was imported.
fn judge(place: &Place, ids: &[String]) {
    let (plain, sealed) = ids.split_last().expect("images");
    for id in sealed {
        let mut command = place.reseal();
        let blob = blob_of(place, id);
        command.args([
            "exec",
            &blob,
            "--",
            "qemu-img",
            "compare",
            "--object",
            "secret,id=s0,file={secret}",
            "--image-opts",
        ]);
        command.arg(format!("driver=qcow2,file.driver=file,file.filename={blob},encrypt.key-secret=s0"));
        command.arg(format!("driver=raw,file.driver=file,file.filename={}", place.path().join("disk.raw").display()));
        assert!(said(&command.output().expect("reseal runs")).contains("Images are identical"));
    }
    let mut command = Command::new("qemu-img");
    command.args(["compare", "-f", "qcow2", "-F", "raw", &blob_of(place, plain)]).arg(place.path().join("disk.raw"));
    assert!(said(&command.output().expect("qemu-img runs")).contains("Images are identical"));
}

/// Shows that `image verify` finds one changed byte of a stored image, and refuses a plain one.
fn changed_bytes_are_found(place: &Place, ids: &[String]) {
    assert!(said(&place.run(&format!("image verify {}", ids[0]))).contains("every byte is as it was sealed"));
    assert!(complaint(&place.run("image verify plain")).contains("not encrypted"));
    let blob = blob_of(place, &ids[0]);
    let mut bytes = fs::read(&blob).expect("a blob");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::set_permissions(&blob, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("its mode");
    fs::write(&blob, bytes).expect("a blob");
    let found = place.run(&format!("image verify {} --json", ids[0]));
    assert!(!found.status.success());
    let found: Value = serde_json::from_slice(&found.stdout).expect("JSON");
    assert_eq!((&found["intact"], found["disks"].as_array().map(Vec::len)), (&false.into(), Some(1)));
}

/// The file of an image's only disk: the one that a store of the place holds and the catalog names.
fn blob_of(place: &Place, id: &str) -> String {
    let query = format!(
        "SELECT s.blob_id FROM image_disks d JOIN snapshots s ON s.id = d.snapshot_id WHERE d.image_id = '{id}'"
    );
    let asked = Command::new("python3")
        .args(["-c", "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])"])
        .args([place.data().join("catalog.sqlite").display().to_string(), query])
        .output();
    let blob = said(&asked.expect("python runs"));
    let found = find(&place.data().join("regions"), &blob);
    found.unwrap_or_else(|| panic!("no file {blob}"))
}

fn find(directory: &Path, name: &str) -> Option<String> {
    fs::read_dir(directory).expect("a directory").find_map(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return find(&path, name);
        }
        path.file_name().is_some_and(|file| file == name).then(|| path.display().to_string())
    })
}

fn key_of(image: &Value) -> String {
    text(&image["disks"][0], "key_id")
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_str(&said(output)).expect("JSON")
}

/// What a command said that succeeded.
pub(crate) fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Why a command refused.
pub(crate) fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}
