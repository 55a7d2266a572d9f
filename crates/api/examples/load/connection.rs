//! One connection that stays open, with one request at a time on it.

use std::error::Error;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest answer that is taken.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Status and body.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let (status, start, end) = loop {
            if let Some(whole) = whole_answer(&self.buffer)? {
                break whole;
            }
            if self.buffer.len() > ANSWER_BYTES_MAX || self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the answer is too long, or the server closed the connection".into());
            }
        };
        Ok(Answer { status, body: &self.buffer[start..end] })
    }
}

/// Status, start and end of the body; `None` when it is not all there yet.
fn whole_answer(bytes: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let Some(head_len) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..head_len])?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("no status line")?.parse()?;
    let length =
        lines.find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")));
    let length: usize = length.ok_or("an answer without a length")?.1.trim().parse()?;
    let start = head_len + 4;
    Ok((bytes.len() >= start + length).then_some((status, start, start + length)))
}
