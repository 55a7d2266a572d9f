//! A stream whose reader may not stop reading for long.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Fails a write that makes no progress for `patience`. Reads pass: they have deadlines by what is read (headers, body).
pub(crate) struct WriteDeadline<IO> {
    stream: IO,
    patience: Duration,
    /// Runs while a write waits.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<IO> WriteDeadline<IO> {
    pub(crate) fn new(stream: IO, patience: Duration) -> Self {
        Self { stream, patience, timer: None }
    }

    /// Passes a result on; a pending one starts the timer, or fails when the timer is done.
    fn watch<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.timer = None;
            return result;
        }
        let patience = self.patience;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(patience)));
        timer.as_mut().poll(context).map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for WriteDeadline<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for WriteDeadline<IO> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_shutdown(context);
        self.watch(context, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.watch(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A reader that stops is cut off.
    #[tokio::test]
    async fn a_reader_that_stops_is_cut_off() {
        let (ours, _theirs) = tokio::io::duplex(4);
        let mut stream = WriteDeadline::new(ours, Duration::from_millis(1));
        stream.write_all(&[7; 4]).await.unwrap();
        assert_eq!(stream.write_all(&[7; 4]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    /// The time runs while a write waits, and is over when the reader goes on: a slow reader has all of it for each part. Nothing here
    /// waits for a clock, so a busy machine changes nothing.
    #[tokio::test]
    async fn a_reader_that_goes_on_has_the_whole_time_again() {
        let (ours, mut theirs) = tokio::io::duplex(4);
        let mut stream = WriteDeadline::new(ours, Duration::from_secs(3600));
        for _ in 0..2 {
            stream.write_all(&[7; 4]).await.unwrap();
            assert!(stream.timer.is_none());
            tokio::select! {
                biased;
                _ = stream.write_all(&[7; 4]) => panic!("there is no room"),
                () = std::future::ready(()) => {}
            }
            assert!(stream.timer.is_some());
            theirs.read_exact(&mut [0; 4]).await.unwrap();
        }
    }
}
