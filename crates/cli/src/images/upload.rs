//! A file on its way to a server.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::fs::FileExt;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use api::client::Sent;
use crypto::digest::Sha256;
use engine::{Phase, Progress};
use serde::Deserialize;

use super::remote::RemoteImages;
use crate::progress::Display;

/// Bytes of one request: what is lost when it breaks off is sent again.
const PART_BYTES: u64 = 8 << 20;

/// Bytes that are hashed at once.
const PIECE_BYTES: usize = 1 << 20;

/// How long one part is tried again: longer than a server takes to see that a connection is dead, 15 s.
const PATIENCE: Duration = Duration::from_secs(40);

/// Pause before the second try. It doubles each time, up to the longest.
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// How fast a slow server hashes, in bytes a second: it does when it has all, and answers nothing meanwhile.
const HASHED_A_SECOND: u64 = 50 << 20;

/// How often in a row the server may have bytes up to elsewhere than it said.
const STRAYS_MAX: u32 = 10;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    upload_id: String,
    token: String,
    offset: u64,
}

impl RemoteImages {
    /// Sends a file and returns the id of the upload. What an earlier call sent of the same file is not sent again.
    ///
    /// Errors: the file cannot be read or changed meanwhile; the server refuses it, or cannot be reached for [`PATIENCE`].
    pub(super) fn send(&self, path: &str, quiet: bool) -> Result<String> {
        let file = File::open(path).with_context(|| format!("cannot open {path}"))?;
        let (bytes, digest) = measured(&file).with_context(|| format!("cannot read {path}"))?;
        let announced = [("Size", bytes.to_string()), ("Sha256", hex::encode(digest))];
        let announced: Vec<(&str, &str)> = announced.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let created: Created = self.call("CreateUpload", &announced)?.read()?;
        let display = Display::new(quiet);
        let sent = self.send_parts(&file, bytes, &created, &display);
        display.clear();
        sent.with_context(|| format!("{path} was not sent; the same command goes on with it"))?;
        Ok(created.upload_id)
    }

    fn send_parts(&self, file: &File, bytes: u64, created: &Created, display: &Display) -> Result<()> {
        let (mut offset, mut strays) = (created.offset, 0);
        loop {
            display.show(Progress { phase: Phase::Copy, position: offset, total: bytes, data_bytes: offset });
            match self.send_part(file, bytes, offset, &created.token)? {
                // Taken with the last byte they are hashed, and right.
                Next::Behind(end) if end == bytes => return Ok(()),
                Next::Behind(end) => (offset, strays) = (end, 0),
                Next::Elsewhere(_) if strays == STRAYS_MAX => {
                    bail!("each answer says that other bytes are there: several servers need one that takes uploads")
                }
                // All bytes may be there and not be hashed yet; the next part is empty then, and has that done.
                Next::Elsewhere(found) => (offset, strays) = (found, strays + 1),
            }
        }
    }

    /// Sends one part, again and again where the network or the server fails.
    fn send_part(&self, file: &File, bytes: u64, offset: u64, token: &str) -> Result<Next> {
        let left = bytes.checked_sub(offset).context("the server has more bytes than the file")?;
        let mut part = vec![0; usize::try_from(PART_BYTES.min(left)).context("a part fits into memory")?];
        file.read_exact_at(&mut part, offset).context("the file became shorter")?;
        let (mut failing, mut busy) = (pauses(PATIENCE), pauses(patience_with_busy(bytes, left <= PART_BYTES)));
        loop {
            let (why, pause) = match self.remote.send(token, offset, part.clone()) {
                Ok(Sent::Taken { offset }) => return Ok(Next::Behind(offset)),
                Ok(Sent::Elsewhere { offset }) => return Ok(Next::Elsewhere(offset)),
                Ok(Sent::Refused { text }) => bail!("the server refused: {text}"),
                Ok(Sent::Busy) => {
                    (anyhow!("another command sends the same file, or the server is checking it"), busy.next())
                }
                Ok(Sent::NotNow { text }) => (anyhow!("the server refused: {text}"), failing.next()),
                Err(error) => (error.into(), failing.next()),
            };
            std::thread::sleep(pause.ok_or(why)?);
        }
    }
}

/// Where the next part begins.
enum Next {
    /// Behind the one that was sent.
    Behind(u64),
    /// Where the server has bytes up to: an earlier try came further than its answer did.
    Elsewhere(u64),
}

/// How long a part is tried again at a server that is busy with the file.
fn patience_with_busy(bytes: u64, is_last: bool) -> Duration {
    let hashing = if is_last { bytes / HASHED_A_SECOND } else { 0 };
    PATIENCE + Duration::from_secs(hashing)
}

/// The pauses between tries, `patience` long together or a little longer.
fn pauses(patience: Duration) -> impl Iterator<Item = Duration> {
    let mut waited = Duration::ZERO;
    std::iter::successors(Some(PAUSE_FIRST), |pause| Some((*pause * 2).min(PAUSE_MAX))).take_while(move |pause| {
        let is_wanted = waited < patience;
        waited += *pause;
        is_wanted
    })
}

/// Length and SHA-256.
fn measured(mut file: &File) -> std::io::Result<(u64, [u8; 32])> {
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE_BYTES]);
    file.rewind()?;
    loop {
        match file.read(&mut piece)? {
            0 => return Ok((bytes, hash.finish())),
            read => {
                hash.update(&piece[..read]);
                bytes += read as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part is tried for longer than a server holds an upload of a dead connection, and the last for as long as a large file is hashed.
    #[test]
    fn patience_outlasts_the_server() {
        let waited = |bytes, is_last| pauses(patience_with_busy(bytes, is_last)).sum::<Duration>();
        for (bytes, is_last, least) in [(1, false, 40), (1, true, 40), (1 << 40, false, 40), (1 << 40, true, 20_000)] {
            let waited = waited(bytes, is_last).as_secs();
            assert!((least..least + 1100).contains(&waited), "{bytes} {is_last}: {waited} s");
        }
        assert!(pauses(PATIENCE).all(|pause| pause <= PAUSE_MAX));
    }
}
