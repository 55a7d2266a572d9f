//! The terminal as the serial console of a guest.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcsetattr};

/// Ctrl-], as telnet and virsh have it: it ends the connection and does not go to the guest.
const ESCAPE: u8 = 0x1d;

/// Joins standard input and output with the console behind `socket`, until the guest's machine ends or Ctrl-] is typed. One terminal at a
/// time has a console; another waits.
///
/// Errors: the socket cannot be reached.
pub(crate) fn attach(socket: &Path) -> Result<()> {
    let console =
        UnixStream::connect(socket).with_context(|| format!("cannot reach the console at {}", socket.display()))?;
    let raw = RawTerminal::begin()?;
    let done = join(&console, raw.is_some());
    drop(raw);
    done.context("the console broke off")
}

/// A terminal that hands over every key as it is typed; it is as it was before when this is dropped.
struct RawTerminal {
    before: Termios,
}

impl RawTerminal {
    /// `None` when standard input is no terminal.
    fn begin() -> Result<Option<Self>> {
        let input = io::stdin();
        if !isatty(&input) {
            return Ok(None);
        }
        let before = tcgetattr(&input).context("cannot read the state of the terminal")?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(&input, OptionalActions::Drain, &raw).context("cannot change the state of the terminal")?;
        eprint!("connected; Ctrl-] ends the connection, and a key may be needed to see something\r\n");
        Ok(Some(Self { before }))
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // There is nothing to be done about a terminal that is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
        eprintln!();
    }
}

/// Carries bytes both ways. `escapes`: Ctrl-] ends it, which it does not for input that is no terminal and may hold any byte.
fn join(mut console: &UnixStream, escapes: bool) -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let mut buffer = [0; 4096];
    // Input that has ended is not looked at any more; the guest may still have something to say.
    let mut input_open = true;
    loop {
        let (from_guest, from_user) = ready(console, input_open)?;
        if from_guest {
            let len = console.read(&mut buffer)?;
            if len == 0 {
                return Ok(());
            }
            output.write_all(&buffer[..len])?;
            output.flush()?;
        }
        if from_user {
            let len = input.read(&mut buffer)?;
            input_open = len > 0;
            let typed = &buffer[..len];
            let escape = typed.iter().position(|byte| escapes && *byte == ESCAPE);
            console.write_all(&typed[..escape.unwrap_or(len)])?;
            if escape.is_some() {
                return Ok(());
            }
        }
    }
}

/// Waits for bytes: of the guest, of the user.
fn ready(console: &UnixStream, input_open: bool) -> io::Result<(bool, bool)> {
    let input = io::stdin();
    let mut sources = vec![PollFd::from_borrowed_fd(console.as_fd(), PollFlags::IN)];
    if input_open {
        sources.push(PollFd::from_borrowed_fd(input.as_fd(), PollFlags::IN));
    }
    match poll(&mut sources, None) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let is_ready = |position: usize| sources.get(position).is_some_and(|source| !source.revents().is_empty());
    Ok((is_ready(0), is_ready(1)))
}
