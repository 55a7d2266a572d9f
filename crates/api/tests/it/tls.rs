//! TLS as an operator sets it up, judged by a rustls client: a certificate made for a lab, the same from PEM files, and files
//! that cannot be used.

use std::path::Path;
use std::sync::Arc;

use api::{Listener, Tls, TlsError};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::actions;
use crate::client::{NOW, Running, config, exchange, local, start_with};
use crate::memory::Memory;
use crate::signing::V3;

fn names() -> Vec<String> {
    vec!["kms.local".to_owned(), "127.0.0.1".to_owned()]
}

async fn server(tls: Tls) -> Running {
    let listener = Listener { tls: Some(tls), ..local(None) };
    start_with(config(vec![listener]), actions::table(), NOW, Memory::with_keys()).await
}

async fn connect(running: &Running, trusted_pem: &str, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted_pem.as_bytes()).unwrap()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(client)).connect(name, running.connect().await).await
}

#[tokio::test]
async fn a_self_signed_server_is_trusted_by_its_certificate() {
    // Clients check against the real time, so the certificate has to be of today.
    let made = Tls::self_signed(&names(), jiff::Timestamp::now()).unwrap();
    let running = server(made.tls).await;
    for name in ["kms.local", "127.0.0.1"] {
        let mut stream = connect(&running, &made.certificate_pem, name).await.unwrap();
        let call = V3::new("2016-01-20", "CreateKey", &[]).header("x-acs-signature-nonce", name);
        let answer = exchange(&mut stream, &call.request("testid", "testsecret")).await.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert!(connect(&running, &made.certificate_pem, "other.local").await.is_err());
    let other = Tls::self_signed(&names(), jiff::Timestamp::now()).unwrap();
    assert!(connect(&running, &other.certificate_pem, "kms.local").await.is_err());
    assert_eq!(format!("{:?}", other.tls), "Tls(..)");
}

#[tokio::test]
async fn plain_text_on_a_tls_port_is_closed() {
    let running = server(Tls::self_signed(&names(), jiff::Timestamp::now()).unwrap().tls).await;
    let mut stream = running.connect().await;
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut bytes = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut bytes).await;
    assert!(!bytes.starts_with(b"HTTP"), "{bytes:?}");
}

#[tokio::test]
async fn pem_files_are_read_or_named_in_the_error() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(names()).unwrap().self_signed(&key).unwrap();
    let (certificate_pem, key_pem) = (write("cert.pem", &certificate.pem()), write("key.pem", &key.serialize_pem()));
    let running = server(Tls::from_pem_files(&certificate_pem, &key_pem).unwrap()).await;
    let mut stream = connect(&running, &certificate.pem(), "kms.local").await.unwrap();
    assert_eq!(exchange(&mut stream, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap().status, 200);

    let failure = |certificates: &Path, key: &Path| Tls::from_pem_files(certificates, key).unwrap_err().to_string();
    assert!(
        failure(Path::new("/nowhere/cert.pem"), &key_pem).ends_with("cannot read certificates from /nowhere/cert.pem")
    );
    assert!(failure(&key_pem, &key_pem).contains("holds no certificate"));
    assert!(failure(&certificate_pem, &certificate_pem).starts_with("cannot read a private key from"));
    let other = write("other.pem", &rcgen::KeyPair::generate().unwrap().serialize_pem());
    assert!(matches!(Tls::from_pem_files(&certificate_pem, &other), Err(TlsError::Unusable(_))));
}
