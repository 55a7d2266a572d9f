//! Secrets that are typed, or come on standard input.

use std::fs::File;
use std::io::{Read, Write};

use anyhow::{Context, Result, bail};
use crypto::Secret;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

/// Longest secret, in bytes: what a terminal gives as one line.
const BYTES_MAX: usize = 4096;

/// Asks on the terminal, without echo. `instead`: the option that takes the secret from elsewhere.
///
/// Errors: there is no terminal.
pub(crate) fn ask(prompt: &str, instead: &str) -> Result<Secret> {
    let terminal = File::options().read(true).write(true).open("/dev/tty");
    let mut terminal = terminal.with_context(|| format!("no terminal to ask on; use {instead}"))?;
    let shown = tcgetattr(&terminal)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    terminal.write_all(prompt.as_bytes())?;
    tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
    let read = read_line(&mut terminal);
    tcsetattr(&terminal, OptionalActions::Flush, &shown)?;
    terminal.write_all(b"\n")?;
    Ok(read?)
}

/// All of `input` but one line feed at its end.
///
/// Errors: it cannot be read, or is longer than 4,096 bytes.
pub(crate) fn read_all(mut input: impl Read) -> Result<Secret> {
    let mut len = 0;
    let bytes = Secret::try_from_fn(BYTES_MAX + 1, |buffer| {
        while len < buffer.len() {
            match input.read(&mut buffer[len..])? {
                0 => break,
                count => len += count,
            }
        }
        Ok::<_, std::io::Error>(())
    })?;
    if len > BYTES_MAX {
        bail!("the secret is longer than {BYTES_MAX} bytes");
    }
    Ok(without_line_feed(bytes, len))
}

/// A terminal gives at most one line per read.
fn read_line(terminal: &mut File) -> std::io::Result<Secret> {
    let mut len = 0;
    let line = Secret::try_from_fn(BYTES_MAX, |buffer| {
        len = terminal.read(buffer)?;
        Ok::<_, std::io::Error>(())
    })?;
    Ok(without_line_feed(line, len))
}

fn without_line_feed(bytes: Secret, len: usize) -> Secret {
    let is_there = bytes.expose()[..len].last() == Some(&b'\n');
    bytes.shortened(len - usize::from(is_there))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line feed at the end does not count, everything else does, and there is a bound.
    #[test]
    fn one_line_feed_does_not_count() {
        for (input, secret) in
            [("word", "word"), ("word\n", "word"), ("word\n\n", "word\n"), (" w \n", " w "), ("", "")]
        {
            assert_eq!(read_all(input.as_bytes()).unwrap().expose(), secret.as_bytes(), "{input:?}");
        }
        assert_eq!(read_all([b'a'; BYTES_MAX].as_slice()).unwrap().len(), BYTES_MAX);
        assert!(read_all(std::io::repeat(b'a')).is_err());
    }
}
