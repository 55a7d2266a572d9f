//! Why a machine could not be started, found, asked or stopped.

use std::io;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::time::Duration;

impl HypervisorError {
    /// Whether something is not installed or set up, so that no machine starts until the operator has seen to it. The text says what.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(
            self,
            Self::ProgramMissing { .. }
                | Self::WrapperMissing { .. }
                | Self::UserNotFound { .. }
                | Self::UserIsRoot { .. }
                | Self::KvmUnusable { .. }
                | Self::FirmwareMissing
        )
    }
}

/// Why a machine could not be started, found, asked or stopped. No text holds a passphrase.
#[derive(Debug, thiserror::Error)]
pub enum HypervisorError {
    /// QEMU is not installed.
    #[error("QEMU is missing: `{}` is not there; install it (Debian and Ubuntu: package qemu-system-x86)", program.display())]
    ProgramMissing {
        /// What was looked for.
        program: PathBuf,
    },
    /// A program that QEMU is started through is not installed.
    #[error(
        "`{program}` is missing, which QEMU is started through; install it (Debian and Ubuntu: package util-linux)"
    )]
    WrapperMissing {
        /// What was looked for.
        program: &'static str,
    },
    /// There is no such user.
    #[error("there is no user `{user}` in /etc/passwd for QEMU to run as")]
    UserNotFound {
        /// Its name.
        user: String,
    },
    /// QEMU would run as root.
    #[error("QEMU must not run as `{user}`, which is root")]
    UserIsRoot {
        /// Its name.
        user: String,
    },
    /// KVM was asked for and does not run guests.
    #[error("KVM does not run guests on this machine: {why}; choose the accelerator `tcg` or `auto`")]
    KvmUnusable {
        /// What the probe saw.
        why: String,
    },
    /// UEFI was asked for and its firmware is not installed.
    #[error("the firmware for UEFI is missing; install it (Debian and Ubuntu: package ovmf)")]
    FirmwareMissing,
    /// The machine cannot be built like this.
    #[error("the machine cannot be built: {0}")]
    Unbuildable(&'static str),
    /// A machine runs in this directory.
    #[error("a machine runs already in {}", directory.display())]
    AlreadyRunning {
        /// Where.
        directory: PathBuf,
    },
    /// A process holds the directory and cannot be identified, so that nobody may be killed for it.
    #[error(
        "a machine runs in {}, and its process cannot be identified; telling without its record, `process.json`, takes the \
         capability CAP_SYS_PTRACE where QEMU runs as another user",
        directory.display()
    )]
    Unidentified {
        /// Where.
        directory: PathBuf,
    },
    /// A file or directory could not be used.
    #[error("{what} {} failed", path.display())]
    File {
        /// What was done, as a noun: "opening".
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A layer does not open with its passphrase.
    #[error("the passphrase does not open {}", path.display())]
    WrongPassphrase {
        /// The layer.
        path: PathBuf,
    },
    /// A layer is encrypted, and there is no passphrase for it.
    #[error("{} is encrypted, and no passphrase was given", path.display())]
    PassphraseMissing {
        /// The layer.
        path: PathBuf,
    },
    /// Another process has a layer open in a way that excludes this.
    #[error("{} is in use by another process", path.display())]
    LayerInUse {
        /// The layer.
        path: PathBuf,
    },
    /// QEMU cannot open a layer for another reason.
    #[error("QEMU cannot open {}: {reason}", path.display())]
    LayerRefused {
        /// The layer.
        path: PathBuf,
        /// In QEMU's words.
        reason: String,
    },
    /// The process could not be started or watched.
    #[error("QEMU could not be started")]
    Start(#[source] io::Error),
    /// QEMU ended before the machine ran.
    #[error("QEMU ended before the machine ran: {reason}")]
    EndedEarly {
        /// The last lines that QEMU wrote.
        reason: String,
    },
    /// QEMU refused a command.
    #[error("QEMU refused `{command}`: {reason}")]
    Refused {
        /// The command.
        command: &'static str,
        /// In QEMU's words.
        reason: String,
    },
    /// QEMU did not answer.
    #[error("QEMU did not answer `{command}` within {} s", after.as_secs_f64())]
    NoAnswer {
        /// The command.
        command: &'static str,
        /// How long was waited.
        after: Duration,
    },
    /// The conversation with QEMU broke.
    #[error("the conversation with QEMU broke at `{command}`")]
    Broken {
        /// The command.
        command: &'static str,
        /// How.
        source: io::Error,
    },
    /// Another process listens on the socket of a machine.
    #[error("process {peer} listens in place of process {pid}, the machine's own, and was told nothing")]
    Stranger {
        /// The machine's process.
        pid: u32,
        /// Who listens.
        peer: u32,
    },
    /// A port of the host that is to lead into the guest is not free.
    #[error(
        "port {host} of this host cannot lead into the guest: another process has it, or it may not be listened on"
    )]
    PortTaken {
        /// The address and the port.
        host: SocketAddrV4,
    },
    /// The process was killed and is still there.
    #[error("process {pid} of QEMU was killed and does not end")]
    Unkillable {
        /// The process.
        pid: u32,
    },
}

impl HypervisorError {
    /// For `map_err`: `what` was done with `path`.
    pub(super) fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }
}
