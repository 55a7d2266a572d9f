//! Clients that call KMS as fast as it answers, each on a connection of its own: the load of `make bench`.
//!
//! `load HOST:PORT ACCESS_KEY_FILE ACTION CLIENTS WORK`; `WORK` is a time such as `3s`, or a number of calls. The access key file
//! has two lines, id and secret. Prints one JSON object.

mod connection;
mod request;

use std::cell::Cell;
use std::fs;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use catalog::{Clock as _, SystemClock};
use connection::{Connection, Result};
use crypto::Secret;
use request::{Call, Signer};
use serde_json::{Value, json};
use tokio::task::LocalSet;

/// Keys that the calls go to in turn.
const KEYS: usize = 16;

/// What all clients share.
struct Load {
    signer: Signer,
    calls: Vec<Call>,
    /// Begins every nonce of this run.
    run: i128,
    ends_at: Option<Instant>,
    /// Calls that are still to be made.
    left: Cell<u64>,
}

/// What one client saw.
#[derive(Default)]
struct Seen {
    micros: Vec<u32>,
    errors: u64,
    first_error: Option<String>,
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(Into::into).and_then(|runtime| LocalSet::new().block_on(&runtime, run()));
    match done {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load: error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<Value> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, key_file, action, clients, work] = &arguments[..] else {
        return Err("usage: load HOST:PORT ACCESS_KEY_FILE ACTION CLIENTS 3s|CALLS".into());
    };
    let signer = signer(address, key_file)?;
    let run = SystemClock.now().as_nanosecond();
    let calls =
        Setup { signer: &signer, connection: Connection::open(address).await?, run, count: 0 }.calls(action).await?;
    let clients: usize = clients.parse()?;
    let mut connections = Vec::new();
    for _ in 0..clients {
        connections.push(Connection::open(address).await?);
    }
    let started = Instant::now();
    let (ends_at, left) = match work.strip_suffix('s') {
        Some(seconds) => (Some(started + Duration::from_secs_f64(seconds.parse()?)), u64::MAX),
        None => (None, work.parse()?),
    };
    let load = Rc::new(Load { signer, calls, run, ends_at, left: Cell::new(left) });
    let begin = |(client, connection)| tokio::task::spawn_local(Rc::clone(&load).client(client, connection));
    let tasks: Vec<_> = connections.into_iter().enumerate().map(begin).collect();
    let mut all = Seen::default();
    for task in tasks {
        let seen = task.await?;
        all.micros.extend(seen.micros);
        all.errors += seen.errors;
        all.first_error = all.first_error.or(seen.first_error);
    }
    Ok(all.report(action, clients, started.elapsed()))
}

fn signer(address: &str, key_file: &str) -> Result<Signer> {
    let text = fs::read_to_string(key_file)?;
    let (id, secret) = text.trim().split_once('\n').ok_or("the access key file does not hold two lines")?;
    let secret = Secret::copy_of(secret.trim().as_bytes());
    Ok(Signer { host: address.to_owned(), access_key_id: id.trim().to_owned(), secret })
}

/// Makes what the calls need.
struct Setup<'a> {
    signer: &'a Signer,
    connection: Connection,
    run: i128,
    count: usize,
}

impl Setup<'_> {
    async fn calls(mut self, action: &str) -> Result<Vec<Call>> {
        // Refused from the second run on.
        let _ = self.ask(&Call { action: "OpenKmsService", parameters: vec![] }).await;
        let mut calls = Vec::new();
        for _ in 0..KEYS {
            calls.push(self.call(action).await?);
        }
        Ok(calls)
    }

    async fn call(&mut self, action: &str) -> Result<Call> {
        if action == "CreateKey" {
            return Ok(Call { action: "CreateKey", parameters: vec![] });
        }
        let made = self.ask(&Call { action: "CreateKey", parameters: vec![] }).await?;
        let key = ("KeyId", text(&made["KeyMetadata"]["KeyId"])?);
        let encrypt =
            Call { action: "Encrypt", parameters: vec![key.clone(), ("Plaintext", BASE64_STANDARD.encode([7; 32]))] };
        match action {
            "Encrypt" => Ok(encrypt),
            "GenerateDataKey" => Ok(Call { action: "GenerateDataKey", parameters: vec![key] }),
            "Decrypt" => {
                let blob = text(&self.ask(&encrypt).await?["CiphertextBlob"])?;
                Ok(Call { action: "Decrypt", parameters: vec![("CiphertextBlob", blob)] })
            }
            _ => Err(format!("no load for the action {action}").into()),
        }
    }

    async fn ask(&mut self, call: &Call) -> Result<Value> {
        self.count += 1;
        let request = self.signer.request(call, &format!("{}-setup-{}", self.run, self.count), SystemClock.now());
        let answer = self.connection.ask(&request).await?;
        if answer.status != 200 {
            return Err(format!("{} was refused: {}", call.action, String::from_utf8_lossy(answer.body)).into());
        }
        Ok(serde_json::from_slice(answer.body)?)
    }
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().ok_or("the answer lacks a field")?.to_owned())
}

impl Load {
    /// Asks, waits for the answer, asks again.
    async fn client(self: Rc<Self>, client: usize, mut connection: Connection) -> Seen {
        let mut seen = Seen::default();
        for turn in 0_usize.. {
            if self.left.get() == 0 || self.ends_at.is_some_and(|end| Instant::now() >= end) {
                break;
            }
            self.left.set(self.left.get() - 1);
            let call = &self.calls[(client + turn) % self.calls.len()];
            let nonce = format!("{}-{client}-{turn}", self.run);
            let request = self.signer.request(call, &nonce, SystemClock.now());
            let asked = Instant::now();
            let error = match connection.ask(&request).await {
                Ok(answer) if answer.status == 200 => None,
                Ok(answer) => Some(String::from_utf8_lossy(answer.body).into_owned()),
                Err(error) => Some(error.to_string()),
            };
            let Some(error) = error else {
                seen.micros.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
                continue;
            };
            seen.errors += 1;
            seen.first_error.get_or_insert(error);
            // Whatever state the connection is in, this client has shown that something is wrong.
            break;
        }
        seen
    }
}

impl Seen {
    fn report(mut self, action: &str, clients: usize, took: Duration) -> Value {
        self.micros.sort_unstable();
        let calls = self.micros.len();
        let quantile = |share: f64| {
            let index = ((calls as f64 * share).ceil() as usize).saturating_sub(1);
            self.micros.get(index).map(|micros| f64::from(*micros) / 1000.0)
        };
        json!({
            "action": action,
            "clients": clients,
            "calls": calls,
            "seconds": took.as_secs_f64(),
            "per_second": calls as f64 / took.as_secs_f64(),
            "p50_ms": quantile(0.5),
            "p99_ms": quantile(0.99),
            "errors": self.errors,
            "first_error": self.first_error,
        })
    }
}
