//! A connection to the QMP socket of one process.

use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;
use std::time::Duration;

use crypto::Secret;
use rustix::fs::{Mode, OFlags};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;

use super::message::{Answer, command};
use crate::qemu::directory::QMP_SOCKET;
use crate::qemu::error::HypervisorError;

/// Longest line of QEMU that is read, bytes. Its answers to what we ask have some hundred.
const LINE_MAX: usize = 64 << 10;

/// Longest text of QEMU in an error, characters.
const REASON_MAX: usize = 500;

/// A connection. QEMU talks to one client at a time, so it is kept for no longer than it is used.
pub(in crate::qemu) struct Qmp {
    stream: UnixStream,
    /// Read and not yet looked at.
    buffer: Vec<u8>,
    timeout: Duration,
}

impl Qmp {
    /// Connects to the process `pid`, which runs in `run`, and agrees on the capabilities. `timeout` is for this and for each answer.
    ///
    /// Errors: `NoAnswer`, `Broken` (also if nobody listens); `Stranger` when another process does, which is told nothing.
    pub(in crate::qemu) async fn connect(run: &Path, pid: u32, timeout: Duration) -> Result<Self, HypervisorError> {
        let (mut qmp, peer) = within("connect", timeout, async {
            let mut qmp = Self { stream: connect(run).await?, buffer: Vec::new(), timeout };
            let peer = peer_of(&qmp.stream)?;
            if peer == pid {
                // The greeting.
                qmp.line().await?;
            }
            Ok((qmp, peer))
        })
        .await?;
        if peer != pid {
            return Err(HypervisorError::Stranger { pid, peer });
        }
        qmp.call("qmp_capabilities", Value::Object(serde_json::Map::new())).await?;
        Ok(qmp)
    }

    /// The process that listens, as the kernel knows it. It need not answer.
    pub(in crate::qemu) async fn listener(run: &Path, timeout: Duration) -> Result<u32, HypervisorError> {
        within("connect", timeout, async { peer_of(&connect(run).await?) }).await
    }

    /// Errors: `Refused`, `NoAnswer`, `Broken`.
    pub(in crate::qemu) async fn call(
        &mut self,
        name: &'static str,
        arguments: Value,
    ) -> Result<Value, HypervisorError> {
        self.exchange(name, &command(name, &arguments), None).await
    }

    /// A call that goes with an open file.
    ///
    /// Errors: those of [`Self::call`].
    pub(in crate::qemu) async fn call_with_file(
        &mut self,
        name: &'static str,
        arguments: Value,
        file: BorrowedFd<'_>,
    ) -> Result<Value, HypervisorError> {
        self.exchange(name, &command(name, &arguments), Some(file)).await
    }

    /// A call whose bytes are secret: see [`super::secret_command`].
    ///
    /// Errors: those of [`Self::call`], without QEMU's words.
    pub(in crate::qemu) async fn call_secret(
        &mut self,
        name: &'static str,
        bytes: &Secret,
    ) -> Result<(), HypervisorError> {
        match self.exchange(name, bytes.expose(), None).await {
            Ok(_) => Ok(()),
            Err(HypervisorError::Refused { command, .. }) => {
                Err(HypervisorError::Refused { command, reason: "the passphrase is not accepted".to_owned() })
            }
            Err(error) => Err(error),
        }
    }

    async fn exchange(
        &mut self,
        name: &'static str,
        bytes: &[u8],
        file: Option<BorrowedFd<'_>>,
    ) -> Result<Value, HypervisorError> {
        let timeout = self.timeout;
        let answer = within(name, timeout, async {
            match file {
                Some(file) => self.send_with_file(bytes, file).await?,
                None => self.stream.write_all(bytes).await?,
            }
            loop {
                let line = self.line().await?;
                let answer: Answer = serde_json::from_slice(&line)?;
                if answer.error.is_some() || answer.returned.is_some() {
                    return Ok(answer);
                }
            }
        })
        .await?;
        match answer.error {
            Some(refusal) => Err(HypervisorError::Refused { command: name, reason: bounded(&refusal.desc) }),
            None => Ok(answer.returned.unwrap_or_default()),
        }
    }

    /// Bytes and file arrive together: the file belongs to the first byte.
    async fn send_with_file(&mut self, bytes: &[u8], file: BorrowedFd<'_>) -> io::Result<()> {
        let sent = self
            .stream
            .async_io(Interest::WRITABLE, || {
                let files = [file];
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
                let mut control = SendAncillaryBuffer::new(&mut space);
                if !control.push(SendAncillaryMessage::ScmRights(&files)) {
                    return Err(io::Error::other("no room for a descriptor"));
                }
                Ok(sendmsg(self.stream.as_fd(), &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?)
            })
            .await?;
        self.stream.write_all(bytes.get(sent..).unwrap_or_default()).await
    }

    async fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let rest = self.buffer.split_off(end + 1);
                return Ok(std::mem::replace(&mut self.buffer, rest));
            }
            if self.buffer.len() > LINE_MAX {
                return Err(io::Error::new(ErrorKind::InvalidData, "an endless line"));
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// Through a descriptor of the directory: the name of a socket has at most 107 bytes, that of a directory more.
async fn connect(run: &Path) -> io::Result<UnixStream> {
    let directory = rustix::fs::open(run, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    UnixStream::connect(format!("/proc/self/fd/{}/{QMP_SOCKET}", directory.as_raw_fd())).await
}

fn peer_of(stream: &UnixStream) -> io::Result<u32> {
    let peer = rustix::net::sockopt::socket_peercred(stream)?;
    u32::try_from(peer.pid.as_raw_nonzero().get()).map_err(io::Error::other)
}

async fn within<T>(
    command: &'static str,
    timeout: Duration,
    work: impl Future<Output = io::Result<T>>,
) -> Result<T, HypervisorError> {
    match tokio::time::timeout(timeout, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(source)) => Err(HypervisorError::Broken { command, source }),
        Err(_) => Err(HypervisorError::NoAnswer { command, after: timeout }),
    }
}

fn bounded(text: &str) -> String {
    text.chars().take(REASON_MAX).collect()
}
