use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use crypto::Secret;
use rustix::io::FdFlags;

use crate::args::ExecArgs;
use crate::remote::Server;
use crate::service::KeyHolder;
use crate::store::Store;

const PLACEHOLDER: &[u8] = b"{secret}";
/// What a shell says of a process that a signal ended.
const SIGNAL_EXIT_BASE: i32 = 128;

/// Runs the command with the passphrase on pipes: nothing of it is on a command line, in the
/// environment or on a disk.
pub(crate) fn run(args: &ExecArgs, store: &Store, server: Server) -> Result<ExitCode> {
    let holder = KeyHolder::open_existing(store, server, &args.region)?;
    let passphrase = engine::passphrase(&args.file, holder.service(None).as_ref())?;
    let Some((program, rest)) = args.command.split_first() else { bail!("no command was given") };
    let mut pipes = Vec::new();
    let mut words = Vec::with_capacity(rest.len());
    for word in rest {
        words.push(substitute(word, &passphrase, &mut pipes)?);
    }
    drop(passphrase);
    let status =
        Command::new(program).args(words).status().with_context(|| format!("cannot run {}", program.display()))?;
    drop(pipes);
    let code = status.code().or(status.signal().map(|signal| SIGNAL_EXIT_BASE + signal)).unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Replaces each placeholder in a word by the path of a pipe of its own, because a pipe can be read once.
fn substitute(word: &OsStr, passphrase: &Secret, pipes: &mut Vec<OwnedFd>) -> Result<OsString> {
    let mut rest = word.as_bytes();
    let mut out = Vec::with_capacity(rest.len());
    while let Some(at) = rest.windows(PLACEHOLDER.len()).position(|window| window == PLACEHOLDER) {
        let pipe = filled_pipe(passphrase)?;
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(format!("/dev/fd/{}", pipe.as_raw_fd()).as_bytes());
        pipes.push(pipe);
        rest = &rest[at + PLACEHOLDER.len()..];
    }
    out.extend_from_slice(rest);
    Ok(OsString::from_vec(out))
}

/// The reading end of a pipe that holds the passphrase and has no writer any more.
fn filled_pipe(passphrase: &Secret) -> Result<OwnedFd> {
    let (read, write) = std::io::pipe().context("cannot make a pipe")?;
    let read = OwnedFd::from(read);
    // The child inherits the reading end only; the passphrase is far shorter than a pipe's buffer.
    rustix::io::fcntl_setfd(&read, FdFlags::empty()).context("cannot pass a pipe on")?;
    let mut write = write;
    write.write_all(passphrase.expose()).context("cannot fill a pipe")?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn each_placeholder_gets_a_pipe_of_its_own() {
        let passphrase = Secret::copy_of(b"words");
        let mut pipes = Vec::new();
        let word = substitute(OsStr::new("a={secret},b={secret}"), &passphrase, &mut pipes).unwrap();
        let fds: Vec<_> = pipes.iter().map(AsRawFd::as_raw_fd).collect();
        assert_eq!(word, OsString::from(format!("a=/dev/fd/{},b=/dev/fd/{}", fds[0], fds[1])));
        for pipe in pipes {
            let mut text = String::new();
            std::fs::File::from(pipe).read_to_string(&mut text).unwrap();
            assert_eq!(text, "words");
        }
        assert_eq!(substitute(OsStr::new("{secre"), &passphrase, &mut Vec::new()).unwrap(), "{secre");
    }
}
