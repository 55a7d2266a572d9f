//! What a copy tells whoever uses its target while it is being made.

use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Mutex;

use engine::{Copied, CopyRequest, Follower, Request, TargetFormat};

use crate::interrupted::{copy_killed, write_unrecorded};
use crate::support::Bench;

const MIB: u64 = 1 << 20;
const ENCRYPT: Request = Request { encrypt: true, key_named: true, rewrap: false };

/// Reads each range when it is told.
struct Listener {
    partial: PathBuf,
    /// Ranges that were there when the run began.
    there: Mutex<Vec<Range<u64>>>,
    heard: Mutex<Vec<(Range<u64>, Vec<u8>)>>,
    bytes_max: Mutex<u64>,
}

impl Listener {
    fn hear(&self, range: Range<u64>) {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        let file = std::fs::File::open(&self.partial).unwrap();
        // What ends in a hole may reach past the end of the file by now.
        let mut read = 0;
        while let n @ 1.. = file.read_at(&mut bytes[read..], range.start + read as u64).unwrap() {
            read += n;
        }
        self.heard.lock().unwrap().push((range, bytes));
    }
}

impl Follower for Listener {
    fn begin(&self, bytes_max: u64, there: &mut dyn Iterator<Item = Range<u64>>) -> blobs::Result<()> {
        *self.bytes_max.lock().unwrap() = bytes_max;
        self.heard.lock().unwrap().clear();
        let there: Vec<_> = there.collect();
        there.iter().for_each(|range| self.hear(range.clone()));
        *self.there.lock().unwrap() = there;
        Ok(())
    }

    fn written(&self, range: Range<u64>) {
        self.hear(range);
    }
}

/// Copies, and compares what was told with the finished file. Returns how many ranges were there at the beginning.
fn follow(bench: &Bench, request: &CopyRequest) -> (Copied, usize) {
    let listener = Listener {
        partial: request.target.with_extension("partial"),
        there: Mutex::default(),
        heard: Mutex::default(),
        bytes_max: Mutex::default(),
    };
    let copied = bench.copy_followed(request, Some(&listener)).unwrap();
    let target = std::fs::read(&request.target).unwrap();
    let mut heard = listener.heard.into_inner().unwrap();
    heard.sort_by_key(|(range, _)| range.start);
    assert!(heard.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start), "told twice");
    for (range, bytes) in &heard {
        assert!(target[range.start as usize..range.end as usize] == *bytes, "{range:?} changed after it was told");
    }
    let told: u64 = heard.iter().map(|(range, _)| range.end - range.start).sum();
    assert!(told >= MIB, "only {told} bytes were told of {}", target.len());
    assert!(target.len() as u64 <= listener.bytes_max.into_inner().unwrap());
    (copied, listener.there.into_inner().unwrap().len())
}

/// In every format, in a first run and in one that goes on, no byte that was told is written again.
#[test]
fn what_is_told_stays_in_every_format() {
    let forms = [
        (TargetFormat::Qcow2, true, 64 << 10),
        (TargetFormat::Qcow2, true, 4096),
        (TargetFormat::Luks1, true, 64 << 10),
        (TargetFormat::Luks2, true, 64 << 10),
        (TargetFormat::Qcow2, false, 64 << 10),
        (TargetFormat::Vhd, false, 64 << 10),
        (TargetFormat::Raw, false, 64 << 10),
    ];
    for (format, encrypt, cluster_bytes) in forms {
        for is_killed in [false, true] {
            let bench = Bench::new();
            bench.raw("disk.raw", 24 * MIB, &(0..24).map(|i| (i * MIB + 4096 * i, 70_000)).collect::<Vec<_>>());
            let mut request = bench.request("disk.raw", "target");
            (request.format, request.cluster_bytes, request.rewrite) = (Some(format), cluster_bytes, true);
            if encrypt {
                request.encryption = ENCRYPT;
            }
            if is_killed {
                copy_killed(&bench, &request, 5);
                write_unrecorded(&bench, format);
            }
            let (copied, there) = follow(&bench, &request);
            assert_eq!((there > 0, copied.resumed_segments > 0), (is_killed, is_killed), "{format:?} {copied:?}");
        }
    }
}

/// A rewrap changes headers only, so all else is told; nothing of an earlier run holds.
#[test]
fn a_rewrap_tells_all_but_its_headers() {
    for format in [TargetFormat::Qcow2, TargetFormat::Luks1, TargetFormat::Luks2] {
        let bench = Bench::new();
        bench.raw("disk.raw", 8 * MIB, &[(0, 3 << 20)]);
        let mut request = bench.request("disk.raw", "sealed");
        (request.encryption, request.format) = (ENCRYPT, Some(format));
        bench.copy(&request).unwrap();
        let mut request = bench.request("sealed", "target");
        request.encryption = Request { rewrap: true, ..ENCRYPT };
        assert_eq!(follow(&bench, &request).1, 0);
    }
}
