//! A gate before a service that speaks S3: it notes what is asked, and holds parts back.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// Longest head of a request.
const HEAD_BYTES_MAX: usize = 64 << 10;

pub(crate) struct Gate {
    address: String,
    state: Arc<State>,
}

struct State {
    service: String,
    log: Mutex<Log>,
    changed: Condvar,
}

#[derive(Default)]
struct Log {
    /// Method and target of each request, in the order in which they came.
    asked: Vec<String>,
    /// How many more parts may pass; `None`: all.
    passing: Option<usize>,
    /// Requests that wait.
    held: usize,
}

impl Gate {
    /// A gate before the service at this address.
    pub(crate) fn before(service: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let state = Arc::new(State { service: service.to_owned(), log: Mutex::default(), changed: Condvar::new() });
        let serving = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, state) = (client.expect("a client"), Arc::clone(&serving));
                // A client that was killed ends its connection in the midst of it.
                std::thread::spawn(move || drop(state.pass(client)));
            }
        });
        Self { address, state }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// From now on so many parts pass, and the next ones wait.
    pub(crate) fn hold_after(&self, parts: usize) {
        *self.state.log() = Log { passing: Some(parts), ..Log::default() };
    }

    /// Waits until a part waits.
    pub(crate) fn wait_for_held(&self) {
        let waiting = self.state.changed.wait_while(self.state.log(), |log| log.held == 0);
        drop(waiting.expect("no thread of the gate panics"));
    }

    /// Lets parts pass again. Those that waited are not answered. Returns what was asked, and forgets it.
    pub(crate) fn open(&self) -> Vec<String> {
        let log = std::mem::take(&mut *self.state.log());
        self.state.changed.notify_all();
        log.asked
    }
}

impl State {
    /// One request and its answer.
    fn pass(&self, mut client: TcpStream) -> io::Result<()> {
        let (head, body) = read_head(&mut client)?;
        let (line, fields) = head.split_once("\r\n").ok_or(io::ErrorKind::InvalidData)?;
        if !self.may_pass(line.rsplit_once(' ').map_or(line, |(asked, _)| asked)) {
            return Ok(());
        }
        let mut service = TcpStream::connect(&self.service)?;
        write!(service, "{line}\r\nConnection: close\r\n{fields}\r\n\r\n")?;
        service.write_all(&body)?;
        let rest = content_length(fields).saturating_sub(body.len() as u64);
        io::copy(&mut (&mut client).take(rest), &mut service)?;
        io::copy(&mut service, &mut client).map(drop)
    }

    fn may_pass(&self, asked: &str) -> bool {
        let mut log = self.log();
        log.asked.push(asked.to_owned());
        let Some(passing) = log.passing.filter(|_| part(asked).is_some()) else { return true };
        log.passing = Some(passing.saturating_sub(1));
        if passing == 0 {
            log.held += 1;
            self.changed.notify_all();
            drop(self.changed.wait_while(log, |log| log.passing.is_some()));
        }
        passing > 0
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("no thread of the gate panics")
    }
}

/// The number of the part that is sent.
pub(crate) fn part(asked: &str) -> Option<u64> {
    let (_, rest) = asked.split_once("partNumber=")?;
    rest.split('&').next()?.parse().ok()
}

/// The head without its end, and what came of the body with it.
fn read_head(client: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let body = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes[..end]).into_owned(), body));
        }
        match client.read(&mut piece)? {
            n @ 1.. if bytes.len() < HEAD_BYTES_MAX => bytes.extend_from_slice(&piece[..n]),
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn content_length(fields: &str) -> u64 {
    let mut fields = fields.lines().filter_map(|field| field.split_once(':'));
    let length = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    length.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0)
}
