//! A PostgreSQL server of the test program's own, with a database for each test.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Connection, PgConnection};

/// The server is stopped and removed when the pipe in here is closed: at the end of the program, however it ends.
struct Server {
    socket_directory: String,
    /// Where it speaks TLS.
    address: String,
    _child: Child,
    _alive: ChildStdin,
}

/// A new, empty database by TCP: its URL without the parameters of TLS, and the file with the server's certificate.
pub(crate) async fn new_database_over_tcp() -> (String, String) {
    let url = new_database().await;
    let server = SERVER.get().expect("it has just been used");
    let name = url.split(['/', '?']).nth(3).expect("the path of the URL");
    let certificate = format!("{}/server.crt", server.socket_directory);
    (format!("postgres://postgres@{}/{name}", server.address), certificate)
}

static SERVER: OnceLock<Server> = OnceLock::new();

/// The URL of a new, empty database. Fails, and does not skip, when there is no server to be had.
pub(crate) async fn new_database() -> String {
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(start);
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(&server.url("postgres")).await.expect("the server answers");
    let create = format!("CREATE DATABASE {name}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&mut connection).await.expect("a new database");
    connection.close().await.expect("a clean end");
    server.url(&name)
}

impl Server {
    fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?user=postgres&host={}", self.socket_directory)
    }
}

fn start() -> Server {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/postgres.sh");
    let mut child = Command::new(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    let alive = child.stdin.take().expect("a pipe");
    let mut place = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut place).expect("readable output");
    if place.is_empty() {
        drop(alive);
        let output = child.wait_with_output().expect("an end");
        panic!("PostgreSQL cannot start (scripts/setup.sh test): {}", String::from_utf8_lossy(&output.stderr));
    }
    let (socket_directory, address) = place.trim().split_once(' ').expect("directory and address");
    Server { socket_directory: socket_directory.to_owned(), address: address.to_owned(), _child: child, _alive: alive }
}
