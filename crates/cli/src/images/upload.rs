//! A file on its way to a server.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::fs::FileExt;
use std::time::Duration;

use anyhow::{Context, Result, bail};
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

/// How often one part is tried, and the pause before the second time; it doubles each time.
const TRIES: u32 = 6;
const PAUSE_FIRST: Duration = Duration::from_millis(200);

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
    /// Errors: the file cannot be read or changed meanwhile; the server refuses it or cannot be reached for half a minute.
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
        let mut offset = created.offset;
        while offset < bytes {
            display.show(Progress { phase: Phase::Copy, position: offset, total: bytes, data_bytes: offset });
            offset = self.send_part(file, bytes, offset, &created.token)?;
        }
        Ok(())
    }

    /// Sends one part, again and again where the network fails. Returns where the next one begins.
    fn send_part(&self, file: &File, bytes: u64, offset: u64, token: &str) -> Result<u64> {
        let mut part = vec![0; usize::try_from(PART_BYTES.min(bytes - offset)).context("a part fits into memory")?];
        file.read_exact_at(&mut part, offset).context("the file became shorter")?;
        let mut pause = PAUSE_FIRST;
        for _ in 1..TRIES {
            match self.remote.send(token, offset, part.clone()) {
                Ok(Sent::Taken { offset }) => return Ok(offset),
                // An earlier try came further than its answer did.
                Ok(Sent::Elsewhere { offset: Some(found) }) if found != offset => return Ok(found),
                Ok(Sent::Elsewhere { .. }) | Err(_) => std::thread::sleep(pause),
                Ok(Sent::Refused { text }) => bail!("the server refused: {text}"),
            }
            pause *= 2;
        }
        match self.remote.send(token, offset, part)? {
            Sent::Taken { offset } => Ok(offset),
            Sent::Elsewhere { .. } => bail!("the upload is being sent by another command"),
            Sent::Refused { text } => bail!("the server refused: {text}"),
        }
    }
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
