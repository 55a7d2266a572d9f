//! What of a copy is already done: `TARGET.partial.journal`.
//!
//! ```text
//!   line      "reseal copy journal 1\n"
//!   line      check in hex, blank, JSON: what is copied, under which (wrapped) keys, how   \n
//!   records   u32 length | u8 kind | body | u32 check                     each
//! ```
//!
//! Kind 1 is a finished segment, kind 2 a checkpoint: everything before it is
//! on stable storage. After a crash of the process the page cache is intact and
//! every whole record counts; after a crash of the machine (another boot id)
//! only those before the last checkpoint do. A torn record ends the journal.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use blobs::{BlobError, open_or_make_own, open_own, set_len};
use serde::{Deserialize, Serialize};

use crate::error::Result;

const FIRST_LINE: &str = "reseal copy journal 1\n";
/// Longest JSON line: an envelope and a LUKS header fit many times over.
const HEADER_BYTES_MAX: usize = 64 << 10;
/// Longest record: a 4 MiB segment of 512-byte clusters has 8192 entries of 8 bytes.
const RECORD_BYTES_MAX: usize = 128 << 10;
/// Length and kind.
const HEAD_BYTES: usize = 5;
const CHECK_BYTES: usize = 4;
const KIND_SEGMENT: u8 = 1;
const KIND_CHECKPOINT: u8 = 2;

/// A segment that has been written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    /// Its number on the grid.
    pub segment: u64,
    /// First byte that it took in the target, and how many; `0, 0` for none.
    pub host: u64,
    /// Bytes taken.
    pub host_len: u64,
    /// Table entries of its units, as the target format has them.
    pub entries: Vec<u64>,
}

/// What identifies a copy; a journal with another one is of another copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CopyId {
    /// States of all files that are read. Not their paths: a file that is opened by its descriptor is the same source.
    pub source: String,
    /// Everything asked for that shapes the target.
    pub request: String,
}

/// The JSON line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub id: CopyId,
    /// Boot of the machine on which it was written.
    pub boot_id: String,
    /// What is needed to open the target's keys again; absent for a plain target.
    pub sealing: Option<SavedSealing>,
}

/// A target's keys, all of them wrapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedSealing {
    /// The envelope: the data key wrapped by the KMS.
    pub envelope: String,
    /// LUKS header without key material, hex.
    pub luks_header: String,
    /// The LUKS master key sealed under the data key, hex.
    pub master_key: String,
}

/// The open journal of a running copy.
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
    /// Byte after the last whole record.
    end: u64,
    index: Vec<Entry>,
}

/// Where the record of a segment is. 32 bytes for each MiB of data are all that a copy remembers.
#[derive(Clone, Copy)]
struct Entry {
    segment: u64,
    host: u64,
    host_len: u32,
    at: u64,
}

/// Path of the journal that belongs to a partial file.
pub(crate) fn journal_path(partial: &Path) -> PathBuf {
    let mut name = partial.as_os_str().to_owned();
    name.push(".journal");
    PathBuf::from(name)
}

/// The id that the kernel gives each boot; empty where there is none, which
/// matches no other boot.
pub(crate) fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|s| s.trim().to_owned()).unwrap_or_default()
}

impl Journal {
    /// Starts a journal, replacing one that is there.
    ///
    /// Errors: `Foreign`, the system's.
    pub(crate) fn create(path: &Path, header: &Header) -> Result<Self> {
        let io = |e| BlobError::Io { action: "write", path: path.to_owned(), source: e };
        let file = open_or_make_own(path)?;
        set_len(&file, 0).map_err(io)?;
        let mut text = FIRST_LINE.to_owned();
        let json = serde_json::to_string(header).map_err(|e| io(e.into()))?;
        text += &format!("{} {json}\n", hex::encode(check(json.as_bytes())));
        file.write_all_at(text.as_bytes(), 0).map_err(io)?;
        Ok(Self { file, path: path.to_owned(), end: text.len() as u64, index: Vec::new() })
    }

    /// Reads a journal that an earlier run left: its header and the records
    /// that can be trusted. `None` when there is none or it is not readable.
    ///
    /// Errors: `Foreign`, the system's.
    pub(crate) fn load(path: &Path, boot_id: &str) -> Result<Option<(Header, Self)>> {
        let io = |e| BlobError::Io { action: "read", path: path.to_owned(), source: e };
        let Some(file) = open_own(path)? else { return Ok(None) };
        let Some((header, start)) = read_header(&file).map_err(io)? else { return Ok(None) };
        let mut journal = Self { file, path: path.to_owned(), end: start, index: Vec::new() };
        let mut safe = (0, start);
        while let Some((record, next)) = journal.read_record(journal.end).map_err(io)? {
            match record {
                Record::Segment(done) => journal.index.push(Entry::new(&done, journal.end)),
                Record::Checkpoint => safe = (journal.index.len(), next),
            }
            journal.end = next;
        }
        if boot_id.is_empty() || header.boot_id != boot_id {
            (_, journal.end) = safe;
            journal.index.truncate(safe.0);
        }
        // New records must follow the last trusted one, or they could not be read again.
        set_len(&journal.file, journal.end).map_err(io)?;
        Ok(Some((header, journal)))
    }

    /// Records a finished segment. Its bytes have been written.
    pub(crate) fn append(&mut self, done: &Done) -> Result<()> {
        let mut body = Vec::with_capacity(24 + done.entries.len() * 8);
        for value in [done.segment, done.host, done.host_len].iter().chain(&done.entries) {
            body.extend_from_slice(&value.to_le_bytes());
        }
        let at = self.end;
        self.write(KIND_SEGMENT, &body)?;
        self.index.push(Entry::new(done, at));
        Ok(())
    }

    /// Records that everything so far has been flushed, and flushes itself.
    pub(crate) fn checkpoint(&mut self) -> Result<()> {
        self.write(KIND_CHECKPOINT, &[])?;
        Ok(self.file.sync_data().map_err(|e| self.io("flush", e))?)
    }

    /// Everything recorded, in the order of the disk.
    pub(crate) fn records(&mut self) -> Records<'_> {
        self.index.sort_by_key(|entry| entry.segment);
        Records { journal: self }
    }

    /// Removes the journal: the target is complete, or given up.
    pub(crate) fn remove(self) -> Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(self.io("remove", e).into()),
            _ => Ok(()),
        }
    }

    fn write(&mut self, kind: u8, body: &[u8]) -> Result<()> {
        let mut record = Vec::with_capacity(body.len() + HEAD_BYTES + CHECK_BYTES);
        record.extend_from_slice(&(body.len() as u32).to_le_bytes());
        record.push(kind);
        record.extend_from_slice(body);
        let check = check(&record);
        record.extend_from_slice(&check);
        self.file.write_all_at(&record, self.end).map_err(|e| self.io("write", e))?;
        self.end += record.len() as u64;
        Ok(())
    }

    /// The record at byte `at` and the byte after it; a torn or damaged one ends the journal.
    fn read_record(&self, at: u64) -> std::io::Result<Option<(Record, u64)>> {
        let mut head = [0; HEAD_BYTES];
        if !read_whole(&self.file, &mut head, at)? {
            return Ok(None);
        }
        let len = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
        if len > RECORD_BYTES_MAX {
            return Ok(None);
        }
        let mut record = vec![0; HEAD_BYTES + len + CHECK_BYTES];
        if !read_whole(&self.file, &mut record, at)? {
            return Ok(None);
        }
        let (body, found) = record.split_at(HEAD_BYTES + len);
        if check(body) != found {
            return Ok(None);
        }
        let next = at + record.len() as u64;
        Ok(parse(head[4], &body[HEAD_BYTES..]).map(|parsed| (parsed, next)))
    }

    fn io(&self, action: &'static str, source: std::io::Error) -> BlobError {
        BlobError::Io { action, path: self.path.clone(), source }
    }
}

impl Entry {
    fn new(done: &Done, at: u64) -> Self {
        Self { segment: done.segment, host: done.host, host_len: done.host_len as u32, at }
    }
}

/// The records of a copy, sorted by segment.
pub(crate) struct Records<'a> {
    journal: &'a Journal,
}

impl Records<'_> {
    /// Every record in the order of the disk.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Result<Done>> {
        self.journal.index.iter().map(|entry| {
            let record = self.journal.read_record(entry.at).map_err(|e| self.journal.io("read", e))?;
            match record {
                Some((Record::Segment(done), _)) if done.segment == entry.segment => Ok(done),
                _ => Err(self.journal.io("read", std::io::ErrorKind::InvalidData.into()).into()),
            }
        })
    }

    /// What each finished segment took, in the order of the disk: its number and bytes of the target.
    pub(crate) fn taken(&self) -> impl Iterator<Item = (u64, Range<u64>)> {
        self.journal.index.iter().map(|e| (e.segment, e.host..e.host.saturating_add(u64::from(e.host_len))))
    }

    /// Numbers of the finished segments, ascending.
    pub(crate) fn segments(&self) -> Vec<u64> {
        self.journal.index.iter().map(|entry| entry.segment).collect()
    }

    /// Byte of the target after everything that was taken.
    pub(crate) fn end(&self) -> u64 {
        self.journal.index.iter().map(|e| e.host.saturating_add(u64::from(e.host_len))).max().unwrap_or(0)
    }

    /// Ranges of `start..end` in the target that no record takes, ascending.
    pub(crate) fn gaps(&self, start: u64, end: u64) -> Vec<(u64, u64)> {
        let mut taken: Vec<_> = self.journal.index.iter().map(|e| (e.host, u64::from(e.host_len))).collect();
        taken.sort_unstable();
        let mut gaps = Vec::new();
        let mut next = start;
        for (host, len) in taken.into_iter().filter(|(_, len)| *len > 0) {
            if host > next {
                gaps.push((next, host));
            }
            next = next.max(host.saturating_add(len));
        }
        if end > next {
            gaps.push((next, end));
        }
        gaps
    }
}

enum Record {
    Segment(Done),
    Checkpoint,
}

fn parse(kind: u8, body: &[u8]) -> Option<Record> {
    if kind == KIND_CHECKPOINT {
        return Some(Record::Checkpoint);
    }
    let (words, []) = body.as_chunks::<8>() else { return None };
    let mut values = words.iter().map(|w| u64::from_le_bytes(*w));
    let (segment, host, host_len) = (values.next()?, values.next()?, values.next()?);
    Some(Record::Segment(Done { segment, host, host_len, entries: values.collect() }))
}

/// The JSON line, and the byte after it.
fn read_header(file: &File) -> std::io::Result<Option<(Header, u64)>> {
    let mut text = vec![0; HEADER_BYTES_MAX];
    let mut len = 0;
    while len < text.len() {
        match file.read_at(&mut text[len..], len as u64)? {
            0 => break,
            n => len += n,
        }
    }
    let Some(json) = text[..len].strip_prefix(FIRST_LINE.as_bytes()) else { return Ok(None) };
    let Some(line) = json.iter().position(|&b| b == b'\n') else { return Ok(None) };
    let start = (FIRST_LINE.len() + line + 1) as u64;
    // A damaged line must not pass for a key that the service refuses: the copy just begins anew.
    let whole = json[..line].split_at_checked(2 * CHECK_BYTES + 1).filter(|(wanted, json)| {
        let found = hex::encode(check(json)) + " ";
        found.as_bytes() == *wanted
    });
    Ok(whole.and_then(|(_, json)| serde_json::from_slice(json).ok()).map(|header| (header, start)))
}

fn read_whole(file: &File, buffer: &mut [u8], at: u64) -> std::io::Result<bool> {
    match file.read_exact_at(buffer, at) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

/// Tells a torn record from a whole one; not a defence against anyone.
fn check(record: &[u8]) -> [u8; 4] {
    let mut check = [0; 4];
    check.copy_from_slice(&crypto::digest::sha256(record)[..4]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(boot_id: &str) -> Header {
        let id = CopyId { source: "source".into(), request: "request".into() };
        Header { id, boot_id: boot_id.into(), sealing: None }
    }

    fn done(segment: u64) -> Done {
        Done { segment, host: segment << 20, host_len: 1 << 20, entries: vec![segment; 16] }
    }

    fn load(path: &Path, boot_id: &str) -> (Journal, Vec<Done>) {
        let (found, mut journal) = Journal::load(path, boot_id).unwrap().unwrap();
        assert_eq!(found, header("boot"));
        let done = journal.records().iter().collect::<Result<_>>().unwrap();
        (journal, done)
    }

    #[test]
    fn records_come_back_sorted_and_a_torn_one_ends_the_journal() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        let mut journal = Journal::create(&path, &header("boot")).unwrap();
        for segment in [1, 0, 2] {
            journal.append(&done(segment)).unwrap();
        }
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
        let (mut journal, found) = load(&path, "boot");
        assert_eq!(found, [done(0), done(1)]);
        journal.append(&done(7)).unwrap();
        assert_eq!(load(&path, "boot").1, [done(0), done(1), done(7)]);
    }

    #[test]
    fn after_another_boot_only_checkpointed_records_count() {
        for (boot, wanted) in [("boot", vec![done(0), done(1)]), ("another", vec![done(0)]), ("", vec![done(0)])] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("journal");
            let mut journal = Journal::create(&path, &header("boot")).unwrap();
            journal.append(&done(0)).unwrap();
            journal.checkpoint().unwrap();
            journal.append(&done(1)).unwrap();
            assert_eq!(load(&path, boot).1, wanted, "boot id {boot:?}");
        }
    }

    #[test]
    fn a_file_that_is_no_journal_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        assert!(Journal::load(&path, "boot").unwrap().is_none());
        std::fs::write(&path, "something else").unwrap();
        assert!(Journal::load(&path, "boot").unwrap().is_none());
    }

    #[test]
    fn what_no_record_takes_is_a_gap() {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(&dir.path().join("journal"), &header("boot")).unwrap();
        for segment in [3, 1] {
            journal.append(&done(segment)).unwrap();
        }
        let mib = 1 << 20;
        assert_eq!(journal.records().gaps(0, 6 * mib), [(0, mib), (2 * mib, 3 * mib), (4 * mib, 6 * mib)]);
    }
}
