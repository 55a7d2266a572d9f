use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use crate::running::{ACCESS_KEY_SECRET, Place};

/// Shows that whatever answers in place of a server is told by name and takes no memory, that a redirect is not followed, and that the
/// secret is nowhere in what is sent.
#[test]
fn whatever_answers_is_no_danger() {
    let place = Place::new();
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let elsewhere = other.local_addr().expect("its address");
    other.set_nonblocking(true).expect("a mode");
    let redirect = format!("HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
    let forged = "HTTP/1.1 403 Forbidden\r\nContent-Length: 54\r\n\r\n{\"Code\":\"No\\u001b[2J\",\"Message\":\"m\",\"RequestId\":\"r-1\"}";
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(10_000));
    for (answer, endless, wanted) in [
        (redirect.as_str(), false, "no server of this API (HTTP status 302)"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", false, "no server of this API (HTTP status 200)"),
        (forged, false, "No\u{fffd}[2J: m (request r-1)"),
        ("HTTP/1.1 200 OK\r\n\r\n", true, "more than an answer of this API may hold"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n{}", false, "broke"),
        (many.as_str(), false, "broke"),
        ("SSH-2.0-OpenSSH_9.2\r\n", false, "broke"),
        ("", false, "broke"),
    ] {
        let (endpoint, heard) = answering(answer.to_owned(), endless);
        let output = place.client(&endpoint).args(["key", "list"]).output().expect("reseal runs");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && text.contains(wanted), "{answer}: {text}");
        let sent = heard.recv().expect("what was sent");
        assert!(sent.starts_with("POST / HTTP/1.1\r\n") && !sent.contains(ACCESS_KEY_SECRET), "{sent}");
    }
    assert!(other.accept().is_err(), "the redirect was followed");
}

/// Answers one connection with this text, then with zeros without end or not at all. What it heard comes back.
fn answering(text: String, endless: bool) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("its address"));
    let (said, heard) = mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let request = request(&mut stream);
        // The client may have gone away before the end.
        let mut written = stream.write_all(text.as_bytes());
        while endless && written.is_ok() {
            written = stream.write_all(&[b'0'; 1 << 16]);
        }
        let _ = said.send(request);
    });
    (endpoint, heard)
}

/// A whole request, so that closing the connection does not take the answer back.
fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk).expect("a request");
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
        if let (Some((_, body)), Some(length)) = (text.split_once("\r\n\r\n"), length)
            && body.len() >= length
        {
            return text.into_owned();
        }
    }
}
