//! A local put that is killed at each of its system calls, by strace.

use std::path::Path;
use std::process::Command;

use crate::place::{id, pattern};
use crate::process_memory::example;

/// Everything a put does to files. strace counts the calls of each thread for itself.
const CALLS: [&str; 6] = ["openat", "fchmod", "fsync", "rename", "mkdir", "chmod"];

/// Shows that a put killed at any call leaves the whole blob or the whole work file, never half of either and never none, and that
/// the same put then succeeds.
#[test]
fn a_killed_put_leaves_blob_or_work_file() {
    let content = pattern(100_000);
    for call in CALLS {
        let mut n = 1;
        while kill_at(call, n, &content) {
            n += 1;
            assert!(n < 200, "a put makes {n} calls of {call}");
        }
        assert!(n > 1, "a put makes no {call}");
    }
}

/// Whether the put came to its `n`th `call` and was killed there.
fn kill_at(call: &str, n: u32, content: &[u8]) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("store");
    let (blob, file) = (root.join("blobs").join(id(1).to_string()), root.join("work/finished"));
    std::fs::create_dir_all(root.join("work")).unwrap();
    std::fs::write(&file, content).unwrap();
    let toml = dir.path().join("store.toml");
    std::fs::write(&toml, format!("kind = 'local'\npath = {root:?}\n")).unwrap();

    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject={call}:signal=SIGKILL:when={n}")]);
    let killed = !put(strace.arg(example()), &toml, &file);
    let found = [&blob, &file].map(|path| std::fs::read(path).ok());
    let whole = found.iter().flatten().all(|bytes| bytes == content);
    assert!(whole && found.iter().flatten().count() == 1, "{call} {n}: not one whole file: {found:?}");

    assert!(put(&mut Command::new(example()), &toml, &file), "{call} {n}: the same put fails");
    assert!(std::fs::read(&blob).unwrap() == content && !file.exists());
    killed
}

fn put(command: &mut Command, toml: &Path, file: &Path) -> bool {
    command.arg(toml).args(["put", &id(1).to_string()]).arg(file).output().unwrap().status.success()
}
