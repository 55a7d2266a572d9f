//! What came of an upload: `STORE/uploads/ID`, so that another run of the same put goes on from there.
//!
//! ```text
//!   line   "reseal upload 1\n"
//!   line   JSON: [id of the upload, bytes of a part]      \n
//!   lines  JSON: [number of a part from 0, its ETag or null]     \n    each
//! ```
//!
//! The first line is there before the service is asked to begin an upload: a record without the second says that one may have begun whose
//! id did not come to us. `null`: what was sent of the part does not count any more. A later line holds, and a torn one ends the record.
//! Lines are not flushed: after a power loss some may be missing, and their parts go up again. Only `null` is, because nothing else would tell.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::parts::{PART_BYTES_MAX, PARTS_MAX};
use crate::store::work::if_there;

const FIRST_LINE: &str = "reseal upload 1\n";

/// Longest record that is read: 10,000 lines with ETags of 100 characters are a quarter of it.
const RECORD_BYTES_MAX: u64 = 4 << 20;

/// An upload and its parts that came.
pub(super) struct Record {
    /// The service's id of the upload.
    pub(super) upload: String,
    /// Bytes of each part but the last.
    pub(super) part_bytes: u64,
    e_tags: BTreeMap<usize, String>,
    /// Where it is written down; nowhere for an object that is no blob.
    file: Option<(File, PathBuf)>,
}

impl Record {
    /// Of an upload that has no parts yet, in memory.
    pub(super) fn new(upload: String, part_bytes: u64) -> Self {
        Self { upload, part_bytes, e_tags: BTreeMap::new(), file: None }
    }

    /// Which upload an earlier run left; `None` where there is nothing that can be read. It changes nothing: another run may go on
    /// with it at the same time.
    pub(super) fn upload_of(path: &Path) -> io::Result<Option<String>> {
        let Some(file) = if_there(File::open(path))? else { return Ok(None) };
        let mut text = Vec::new();
        file.take(RECORD_BYTES_MAX).read_to_end(&mut text)?;
        Ok(read(&text).map(|(record, _)| record.upload))
    }

    /// What an earlier run left, to go on with; `None` where there is nothing that can be read.
    pub(super) fn load(path: &Path) -> io::Result<Option<Self>> {
        let Some(file) = if_there(File::options().read(true).append(true).open(path))? else { return Ok(None) };
        let mut text = Vec::new();
        (&file).take(RECORD_BYTES_MAX).read_to_end(&mut text)?;
        let Some((mut record, len)) = read(&text) else { return Ok(None) };
        // New lines follow the last whole one, or they could not be read again.
        file.set_len(len as u64)?;
        record.file = Some((file, path.to_owned()));
        Ok(Some(record))
    }

    /// A part is there.
    pub(super) fn note(&mut self, index: usize, e_tag: String) -> io::Result<()> {
        if let Some((file, _)) = &mut self.file {
            file.write_all(&line(&(index, &e_tag))?)?;
        }
        self.e_tags.insert(index, e_tag);
        Ok(())
    }

    /// Whether a part is there.
    pub(super) fn has(&self, index: usize) -> bool {
        self.e_tags.contains_key(&index)
    }

    /// Forgets the parts that do not count any more, for good.
    pub(super) fn retain(&mut self, counts: impl Fn(usize) -> bool) -> io::Result<()> {
        let lost: Vec<usize> = self.e_tags.keys().copied().filter(|&index| !counts(index)).collect();
        if let (Some((file, _)), false) = (&mut self.file, lost.is_empty()) {
            let lines: io::Result<Vec<_>> = lost.iter().map(|index| line(&(index, None::<&str>))).collect();
            file.write_all(&lines?.concat())?;
            file.sync_data()?;
        }
        self.e_tags.retain(|index, _| !lost.contains(index));
        Ok(())
    }

    /// The ETags of the first `count` parts, which are all there.
    pub(super) fn e_tags(&self, count: usize) -> Vec<String> {
        self.e_tags.range(..count).map(|(_, e_tag)| e_tag.clone()).collect()
    }

    /// Where it is written down.
    pub(super) fn path(&self) -> Option<PathBuf> {
        self.file.as_ref().map(|(_, path)| path.clone())
    }
}

/// The record of an upload that is about to begin.
pub(super) struct Announced {
    file: File,
    path: PathBuf,
}

impl Announced {
    /// At `path`. Another record that is there is replaced.
    pub(super) fn create(path: PathBuf) -> io::Result<Self> {
        if_there(std::fs::remove_file(&path))?;
        let mut file = File::options().append(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(FIRST_LINE.as_bytes())?;
        Ok(Self { file, path })
    }

    /// The upload has begun.
    pub(super) fn named(mut self, upload: String, part_bytes: u64) -> io::Result<Record> {
        self.file.write_all(&line(&(&upload, part_bytes))?)?;
        Ok(Record { file: Some((self.file, self.path)), ..Record::new(upload, part_bytes) })
    }
}

/// The record and the length of its whole lines.
fn read(text: &[u8]) -> Option<(Record, usize)> {
    let mut rest = text.strip_prefix(FIRST_LINE.as_bytes())?;
    let (upload, part_bytes) = read_line::<(String, u64)>(&mut rest)?;
    if !(1..=PART_BYTES_MAX).contains(&part_bytes) {
        return None;
    }
    let mut record = Record::new(upload, part_bytes);
    while let Some((index, e_tag)) = read_line::<(u64, Option<String>)>(&mut rest).filter(|(at, _)| *at < PARTS_MAX) {
        match e_tag {
            Some(e_tag) => record.e_tags.insert(index as usize, e_tag),
            None => record.e_tags.remove(&(index as usize)),
        };
    }
    Some((record, text.len() - rest.len()))
}

/// Takes a line away if it is whole.
fn read_line<T: serde::de::DeserializeOwned>(rest: &mut &[u8]) -> Option<T> {
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let value = serde_json::from_slice(&rest[..end]).ok()?;
    *rest = &rest[end + 1..];
    Some(value)
}

fn line(value: &impl serde::Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(path: &Path, upload: &str, part_bytes: u64) -> Record {
        Announced::create(path.to_owned()).unwrap().named(upload.to_owned(), part_bytes).unwrap()
    }

    fn parts(path: &Path) -> Vec<String> {
        Record::load(path).unwrap().unwrap().e_tags(usize::MAX)
    }

    /// What was noted comes back, whatever the service calls it, up to a torn line; and the next line follows the last whole one.
    #[test]
    fn a_record_comes_back_up_to_its_torn_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("record");
        let mut record = create(&path, "an id\nwith \"all\"", 5 << 20);
        for (index, e_tag) in [(3, "\"c\""), (1, "a\nb"), (2, "")] {
            record.note(index, e_tag.to_owned()).unwrap();
        }
        let len = std::fs::metadata(&path).unwrap().len();
        File::options().write(true).open(&path).unwrap().set_len(len - 1).unwrap();
        let mut record = Record::load(&path).unwrap().unwrap();
        assert_eq!((record.upload.as_str(), record.part_bytes), ("an id\nwith \"all\"", 5 << 20));
        assert!(record.has(1) && record.has(3) && !record.has(2) && !record.has(0));
        record.note(0, "z".to_owned()).unwrap();
        assert_eq!(parts(&path), ["z", "a\nb", "\"c\""]);
    }

    #[test]
    fn what_does_not_count_any_more_is_gone_for_the_next_run_too() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("record");
        let mut record = create(&path, "u", 1);
        for index in 0..4 {
            record.note(index, index.to_string()).unwrap();
        }
        record.retain(|index| index % 2 == 1).unwrap();
        record.note(2, "again".to_owned()).unwrap();
        assert_eq!(parts(&path), ["1", "again", "3"]);
    }

    #[test]
    fn what_is_no_record_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("record");
        for text in ["", "reseal upload 1\n", "reseal upload 1\n[\"u\",0]\n", "reseal upload 2\n[\"u\",5]\n", "\0\0\0"]
        {
            std::fs::write(&path, text).unwrap();
            assert!(Record::load(&path).unwrap().is_none(), "{text:?}");
        }
        std::fs::write(&path, "reseal upload 1\n[\"u\",5]\n[10000,\"e\"]\n").unwrap();
        assert!(parts(&path).is_empty(), "S3 has no such part");
    }
}
