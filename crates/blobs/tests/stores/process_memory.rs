//! Memory of a process that puts and opens a blob in a bucket.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bucket::{ACCESS_KEY, BUCKET, PART, config};
use crate::moto::Moto;
use crate::place::id;

/// Size of the blob: were it held in memory, the bound would be far exceeded.
const BLOB_BYTES: u64 = 160 << 20;

/// Two workers with a part each, what the client copies of them, and the process itself.
const KIB_MAX: u64 = (4 * PART as u64 + (24 << 20)) >> 10;

#[test]
fn memory_is_bounded_by_workers_and_parts() {
    let (moto, dir) = (Moto::start(), tempfile::tempdir().unwrap());
    let config = config(&moto.endpoint(), dir.path());
    let path = config.path.clone().expect("a store has one");
    let work = path.join("work");
    std::fs::create_dir_all(&work).unwrap();
    let file = work.join("finished");
    std::fs::File::create(&file).unwrap().set_len(BLOB_BYTES).unwrap();
    let toml = dir.path().join("store.toml");
    std::fs::write(
        &toml,
        format!(
            "kind = 's3'\npath = {:?}\nendpoint = '{}'\nbucket = '{BUCKET}'\nregion = 'x'\nallow_http = true\nworkers = 2\n\
             part_bytes = {PART}\naccess_key_id = '{ACCESS_KEY}'\nsecret_access_key_file = {:?}\n",
            path, config.endpoint, config.secret_access_key_file
        ),
    )
    .unwrap();
    let (id, other) = (id(1).to_string(), id(2).to_string());
    let file = file.to_str().unwrap();
    for action in [vec!["put", &id, file], vec!["open", &id], vec!["ahead", &other, file]] {
        let kib = memory_of(&toml, &action);
        assert!(kib < KIB_MAX, "{action:?} took {kib} KiB");
    }
}

fn memory_of(toml: &Path, action: &[&str]) -> u64 {
    let output = Command::new(example()).arg(toml).args(action).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

/// `examples/blob.rs`, which cargo builds with the tests.
pub(crate) fn example() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.parent().and_then(Path::parent).unwrap().join("examples/blob")
}
