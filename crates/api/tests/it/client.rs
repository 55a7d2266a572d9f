//! A server for one test, and a client that sends bytes and shows bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::services::Services;
use api::{Listener, Regions, Served, Server, ServerConfig, Table};
use catalog::ManualClock;
use crypto::SeededRandom;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::actions;
use crate::memory::Memory;

/// The time on every test's server, until it is moved.
pub(crate) const NOW: &str = "2026-11-25T12:06:44Z";

pub(crate) struct Running<S = Memory> {
    pub(crate) address: SocketAddr,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) services: Arc<S>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) ended: JoinHandle<()>,
}

/// A listener on a port of the system's choice.
pub(crate) fn local(region: Option<&str>) -> Listener {
    Listener { address: ([127, 0, 0, 1], 0).into(), tls: None, region: region.map(str::to_owned) }
}

pub(crate) fn config(listeners: Vec<Listener>) -> ServerConfig {
    ServerConfig::new(listeners, Regions::new("cn-hangzhou", &["cn-shanghai"]))
}

/// A plain server with the table for tests.
pub(crate) async fn start() -> Running {
    start_with(config(vec![local(None)]), actions::table(), NOW, Memory::with_keys()).await
}

pub(crate) async fn start_with<S: Services>(
    config: ServerConfig,
    table: Table<S>,
    now: &str,
    services: S,
) -> Running<S> {
    let (served, services, clock) = served(table, now, services);
    let server = Server::bind(config, served).await.unwrap();
    let addresses = server.addresses();
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    Running { address: addresses[0], addresses, services, clock, stop, ended }
}

/// What a server of a test serves, with handles on what is behind it.
pub(crate) fn served<S: Services>(table: Table<S>, now: &str, services: S) -> (Served<S>, Arc<S>, Arc<ManualClock>) {
    let (services, clock) = (Arc::new(services), Arc::new(ManualClock::new(now.parse().unwrap())));
    let served = Served {
        table,
        services: Arc::clone(&services),
        clock: Arc::clone(&clock) as _,
        random: Arc::new(SeededRandom::new(b"request ids")),
    };
    (served, services, clock)
}

impl<S> Running<S> {
    /// One request on a connection of its own.
    pub(crate) async fn send(&self, request: &str) -> Answer {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        read_answer(&mut stream).await.expect("an answer")
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

impl<S: AsRef<Memory>> Running<S> {
    /// Ends when the next slow call has begun.
    pub(crate) async fn slow_call_begun(&self) {
        self.services.as_ref().as_ref().begun.acquire().await.unwrap().forget();
    }

    pub(crate) fn journal(&self) -> Vec<String> {
        self.services.as_ref().as_ref().journal.lock().unwrap().clone()
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header, by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.split(':').next().is_some_and(|found| found == name));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
    }

    /// `Code` of a JSON error, or `OK`.
    pub(crate) fn code(&self) -> String {
        let value: serde_json::Value =
            serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("JSON: {}", self.body));
        value["Code"].as_str().unwrap_or("OK").to_owned()
    }

    /// The body with `ID` in place of the request id.
    pub(crate) fn without_id(&self) -> String {
        let position = self.body.find("RequestId").expect("a request id") + "RequestId".len();
        let skip = self.body[position..].find(|c: char| c.is_ascii_hexdigit()).expect("an id") + position;
        let id = &self.body[skip..skip + 36];
        assert!(uuid::Uuid::parse_str(id).is_ok(), "{id}");
        self.body.replacen(id, "ID", 1)
    }
}

/// One answer, or `None` if the server closed the connection before a byte of it.
pub(crate) async fn read_answer(stream: &mut (impl AsyncRead + Unpin)) -> Option<Answer> {
    tokio::time::timeout(Duration::from_secs(10), read_whole(stream)).await.expect("an answer within ten seconds")
}

async fn read_whole(stream: &mut (impl AsyncRead + Unpin)) -> Option<Answer> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) if head.is_empty() => return None,
            Err(error) => panic!("an answer broke off: {error}"),
        }
    }
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Answer { status, head, body: String::new() };
    let length = answer.header("content-length").unwrap_or("0").parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    answer.body = String::from_utf8(body).unwrap();
    Some(answer)
}

/// Sends on any stream and reads the answer.
pub(crate) async fn exchange(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), request: &str) -> Option<Answer> {
    stream.write_all(request.as_bytes()).await.unwrap();
    read_answer(stream).await
}
