//! The kernel's view of a secret's memory.

use std::fs::{File, read_to_string};
use std::os::unix::fs::FileExt;

use crypto::{LockStatus, Secret, lock_status};

const MARK: &[u8] = b"a mark that stands nowhere else!";

fn address(secret: &Secret) -> u64 {
    secret.expose().as_ptr() as u64
}

/// The flags that `/proc/self/smaps` shows for the mapping of `address`.
fn mapping_flags(address: u64) -> Vec<String> {
    let smaps = read_to_string("/proc/self/smaps").expect("Linux");
    let mut inside = false;
    for line in smaps.lines() {
        let range = line.split(' ').next().and_then(|word| word.split_once('-'));
        let bounds =
            range.and_then(|(a, b)| Some((u64::from_str_radix(a, 16).ok()?, u64::from_str_radix(b, 16).ok()?)));
        if let Some((start, end)) = bounds {
            inside = (start..end).contains(&address);
        }
        if let Some(flags) = line.strip_prefix("VmFlags:").filter(|_| inside) {
            return flags.split_whitespace().map(str::to_owned).collect();
        }
    }
    Vec::new()
}

/// Small and large secrets lie in mappings that are locked (`lo`) and left out of dumps (`dd`).
#[test]
fn secrets_are_locked_and_left_out_of_dumps() {
    for len in [1, 64, 4096, 10_000] {
        let secret = Secret::from_fn(len, |out| out.fill(1));
        let flags = mapping_flags(address(&secret));
        assert!(["lo", "dd"].iter().all(|flag| flags.iter().any(|f| f == flag)), "{len} bytes: {flags:?}");
    }
    assert_eq!(lock_status(), LockStatus::Locked);
}

/// After drop the kernel finds zeros where the secret was.
#[test]
fn dropped_secrets_leave_zeros() {
    let memory = File::open("/proc/self/mem").expect("Linux");
    let mut seen = [0; MARK.len()];
    let secret = Secret::copy_of(MARK);
    let at = address(&secret);
    memory.read_exact_at(&mut seen, at).expect("a mapped address");
    assert_eq!(seen, MARK, "the test reads the right place");
    drop(secret);
    memory.read_exact_at(&mut seen, at).expect("chunks stay mapped");
    assert_eq!(seen, [0; MARK.len()]);
}
