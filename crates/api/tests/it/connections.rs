//! Connections that behave badly or oddly, over real sockets: slow, pipelined, too large, too many, cut off at the shutdown.

use std::time::{Duration, Instant};

use api::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::actions;
use crate::client::{NOW, Running, config, exchange, local, read_answer, served, start, start_with};
use crate::memory::Memory;
use crate::signing::{V1, V3};

const ECS: &str = "2014-05-26";
const KMS: &str = "2016-01-20";
const SHORT: Duration = Duration::from_millis(300);

async fn start_changed(change: impl FnOnce(&mut ServerConfig)) -> Running {
    let mut config = config(vec![local(None)]);
    change(&mut config);
    start_with(config, actions::table(), NOW, Memory::with_keys()).await
}

/// A call that lasts until the test lets it end.
fn slow_call(nonce: &str) -> String {
    V3::new(ECS, "RunInstances", &[]).header("x-acs-signature-nonce", nonce).request("testid", "testsecret")
}

fn create_key(nonce: &str) -> String {
    V1::new(KMS, "CreateKey", &[("SignatureNonce", nonce)]).sign("testsecret").request()
}

/// A client that never finishes its headers, or sends them a byte at a time, is cut off; so is one that stays idle.
#[tokio::test]
async fn slow_headers_are_cut_off() {
    let running = start_changed(|config| config.timeouts.headers = SHORT).await;
    for start in ["", "GET / HTTP/1.1\r\nHost: x\r\n"] {
        let mut stream = running.connect().await;
        stream.write_all(start.as_bytes()).await.unwrap();
        let begun = Instant::now();
        while begun.elapsed() < SHORT * 20 && stream.write_all(b"X").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
        assert!(begun.elapsed() < SHORT * 20, "a slow client kept its connection");
    }
    let mut stream = running.connect().await;
    assert_eq!(exchange(&mut stream, &create_key("1")).await.unwrap().status, 200);
    assert!(read_answer(&mut stream).await.is_none(), "an idle connection was kept");
}

/// A body that does not come is answered with 408, and the connection ends.
#[tokio::test]
async fn slow_bodies_are_cut_off() {
    let running = start_changed(|config| config.timeouts.body = SHORT).await;
    let mut stream = running.connect().await;
    let request = "POST / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Length: 100\r\n\r\nA=";
    let answer = exchange(&mut stream, request).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (408, "RequestTimeout"));
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(read_answer(&mut stream).await.is_none());
}

/// Requests that were sent at once are answered one after the other, in order.
#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let running = start().await;
    let mut stream = running.connect().await;
    let requests = [create_key("1"), create_key("1"), V1::new(ECS, "Nothing", &[]).request(), create_key("2")].concat();
    stream.write_all(requests.as_bytes()).await.unwrap();
    for code in ["OK", "SignatureNonceUsed", "InvalidAction.NotFound", "OK"] {
        assert_eq!(read_answer(&mut stream).await.unwrap().code(), code);
    }
}

/// Too much is refused as soon as it is known: said beforehand, or found in the middle of chunks.
#[tokio::test]
async fn large_bodies_are_refused() {
    let running = start_changed(|config| config.limits.body_bytes_max = 1000).await;
    let head = "POST / HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n";
    let chunk = format!("200\r\n{}\r\n", "a".repeat(0x200));
    for body in ["Content-Length: 1001\r\n\r\n".to_owned(), format!("Transfer-Encoding: chunked\r\n\r\n{chunk}{chunk}")]
    {
        let mut stream = running.connect().await;
        let answer = exchange(&mut stream, &format!("{head}{body}")).await.unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (413, "RequestEntityTooLarge"), "{answer:?}");
        assert!(answer.body.contains("body over 1000 bytes"), "{answer:?}");
        assert!(read_answer(&mut stream).await.is_none());
    }
    let call = V3::new(KMS, "Encrypt", &[("KeyId", "k")]).form("Plaintext=cGxhaW4%3D").request("testid", "testsecret");
    let (head, body) = call.split_once("\r\n\r\n").unwrap();
    let head = head.replace(&format!("Content-Length: {}", body.len()), "Transfer-Encoding: chunked");
    let (one, two) = body.split_at(7);
    let chunked = format!("{head}\r\n\r\n{:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n", one.len(), two.len());
    assert_eq!(running.send(&chunked).await.status, 200, "a small body in chunks is a body");
}

/// What is too large for the head of a request ends in an answer, not in a hang or a crash.
#[tokio::test]
async fn large_heads_are_refused() {
    let running = start().await;
    for (request, status) in [
        (format!("GET /?A={} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(64_996)), 400),
        (format!("GET /?A={} HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n", "a".repeat(65_100)), 413),
        (format!("GET /?A={} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(70_000)), 414),
        (format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(70)), 431),
        (format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", "b".repeat(200_000)), 431),
        ("NONSENSE\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n".to_owned(), 400),
    ] {
        let mut stream = running.connect().await;
        // The server may close before it has read everything.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.shutdown().await;
        let _ = stream.read_to_end(&mut answer).await;
        let line = String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned();
        assert!(line.contains(&status.to_string()), "{status}: {line:?} for {}", &request[..40.min(request.len())]);
    }
    assert_eq!(running.send(&create_key("1")).await.status, 200);
}

/// Other verbs and paths have an answer, and none of it is a redirect.
#[tokio::test]
async fn other_verbs_and_paths_have_answers() {
    let running = start().await;
    for (line, status) in [
        ("PUT /", 403),
        ("DELETE /", 403),
        ("PATCH /", 403),
        ("OPTIONS /", 403),
        ("BREW /", 403),
        ("OPTIONS *", 404),
        ("GET //", 404),
        ("GET /index.html", 404),
        ("POST /healthz", 404),
        ("PUT /metrics", 404),
        ("GET /healthz", 200),
        ("GET /readyz", 200),
        ("GET /metrics", 200),
    ] {
        let answer = running.send(&format!("{line} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        assert_eq!(answer.status, status, "{line}");
        assert!(!answer.body.is_empty() && answer.header("location").is_none(), "{line}");
    }
    let mut stream = running.connect().await;
    stream.write_all(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut head = String::new();
    stream.read_to_string(&mut head).await.unwrap();
    assert!(head.starts_with("HTTP/1.1 403") && head.ends_with("\r\n\r\n"), "{head}");
}

/// Calls beyond the limit wait a little, then get a 503 that says nothing was done; the others are served.
#[tokio::test]
async fn too_many_calls_are_turned_away() {
    let running = start_changed(|config| {
        config.calls_max = 1;
        config.timeouts.queue = SHORT;
    })
    .await;
    let mut first = running.connect().await;
    first.write_all(slow_call("1").as_bytes()).await.unwrap();
    running.slow_call_begun().await;
    let second = running.send(&slow_call("2")).await;
    assert_eq!((second.status, second.header("x-acs-retry-after")), (503, Some("1000")));
    assert_eq!(second.code(), "ServiceUnavailable");
    running.services.may_end.add_permits(2);
    assert_eq!(read_answer(&mut first).await.unwrap().status, 200);
    let again = running.send(&slow_call("2")).await;
    assert_eq!(again.status, 200, "the nonce of a call that was turned away is not used up");
}

/// A call in flight is answered when the server stops; nothing new is taken; then the server ends.
#[tokio::test]
async fn the_shutdown_lets_calls_end() {
    let running = start().await;
    let mut idle = running.connect().await;
    assert_eq!(exchange(&mut idle, &create_key("1")).await.unwrap().status, 200);
    let mut busy = running.connect().await;
    busy.write_all(slow_call("2").as_bytes()).await.unwrap();
    running.slow_call_begun().await;
    running.stop.send(()).unwrap();
    assert!(read_answer(&mut idle).await.is_none());
    running.services.may_end.add_permits(1);
    assert_eq!(read_answer(&mut busy).await.unwrap().status, 200);
    assert!(read_answer(&mut busy).await.is_none());
    running.ended.await.unwrap();
    assert!(tokio::net::TcpStream::connect(running.address).await.is_err());
}

/// A client that hangs up does not cancel its call: it is done and written down, even at the shutdown.
#[tokio::test]
async fn a_client_that_hangs_up_cancels_nothing() {
    let running = start().await;
    let mut stream = running.connect().await;
    stream.write_all(slow_call("1").as_bytes()).await.unwrap();
    running.slow_call_begun().await;
    drop(stream);
    assert!(running.journal().is_empty());
    running.stop.send(()).unwrap();
    running.services.may_end.add_permits(1);
    running.ended.await.unwrap();
    assert_eq!(running.services.journal.lock().unwrap().len(), 1);
}

/// The deadline of the shutdown ends what does not end by itself.
#[tokio::test]
async fn the_shutdown_has_a_deadline() {
    let running = start_changed(|config| config.timeouts.shutdown = SHORT).await;
    let mut stream = running.connect().await;
    let request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(request).await.unwrap();
    // The server says this when it waits for the body.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    let begun = Instant::now();
    running.stop.send(()).unwrap();
    running.ended.await.unwrap();
    assert!(begun.elapsed() >= SHORT && begun.elapsed() < SHORT * 20, "{:?}", begun.elapsed());
}

/// What cannot be served does not start, and says which address is to blame.
#[tokio::test]
async fn a_server_that_cannot_serve_does_not_start() {
    let running = start().await;
    let taken = api::Listener { address: running.address, ..local(None) };
    for (listener, message) in [
        (taken, format!("cannot listen on {}; is another server running there?", running.address)),
        (
            local(Some("cn-beijing")),
            "the listener on 127.0.0.1:0 is for region cn-beijing, which is not one of the configured regions"
                .to_owned(),
        ),
    ] {
        let served = served(actions::table(), NOW, Memory::with_keys()).0;
        let error = api::serve(config(vec![listener]), served, async {}).await.unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

/// Figures have labels of the tables only, whatever clients send.
#[tokio::test]
async fn metrics_count_by_the_tables() {
    let running = start().await;
    running.send(&create_key("1")).await;
    running.send(&create_key("1")).await;
    running.send("GET /?Action=Invented&Version=2016-01-20 HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let text = running.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await.body;
    for line in [
        "reseal_api_requests_total{product=\"kms\",action=\"CreateKey\",code=\"OK\"} 1",
        "reseal_api_requests_total{product=\"kms\",action=\"CreateKey\",code=\"SignatureNonceUsed\"} 1",
        "reseal_api_requests_total{product=\"kms\",action=\"unknown\",code=\"InvalidAction.NotFound\"} 1",
        "reseal_api_request_seconds_count{product=\"kms\",action=\"CreateKey\"} 2",
        "reseal_api_requests_in_flight 0",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!text.contains("Invented"));
}
