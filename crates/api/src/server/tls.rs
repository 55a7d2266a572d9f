//! TLS by rustls on AWS-LC: certificates from PEM files, or made for a lab.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls;

/// The server's side of TLS 1.2 and 1.3: a certificate chain and its private key.
#[derive(Clone)]
pub struct Tls(Arc<rustls::ServerConfig>);

/// The private key stays out of logs.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(..)")
    }
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or is not PEM.
    #[error("cannot read {what} from {path}")]
    Read {
        /// What was looked for.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: PemError,
    },
    /// A file without any certificate.
    #[error("{path} holds no certificate: it needs one or more `BEGIN CERTIFICATE` blocks, the server's first")]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// Key and certificate do not belong together, or are of a kind that is not supported.
    #[error("certificate and key cannot be used together")]
    Unusable(#[source] rustls::Error),
    /// A certificate cannot be made.
    #[error("cannot make a self-signed certificate")]
    SelfSigned(#[source] rcgen::Error),
}

/// A certificate that was made for a lab.
pub struct SelfSigned {
    /// For the listener.
    pub tls: Tls,
    /// The certificate, to be given to clients as the authority that they trust.
    pub certificate_pem: String,
}

impl Tls {
    /// Reads a certificate chain and its key (PKCS#8, PKCS#1 or SEC1) from PEM files.
    ///
    /// Errors: [`TlsError`], each naming the file.
    pub fn from_pem_files(certificates: &Path, key: &Path) -> Result<Self, TlsError> {
        let failed = |what, path: &Path| {
            let path = path.to_path_buf();
            move |source| TlsError::Read { what, path, source }
        };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificates)
            .and_then(Iterator::collect)
            .map_err(failed("certificates", certificates))?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate { path: certificates.to_path_buf() });
        }
        let key = PrivateKeyDer::from_pem_file(key).map_err(failed("a private key", key))?;
        Self::new(chain, key)
    }

    /// Makes a key and a certificate for `names` (host names and IP addresses), valid from a day before `now` for a year.
    /// The key lives in memory only: every start makes another.
    ///
    /// Errors: [`TlsError::SelfSigned`] for a name that cannot stand in a certificate.
    pub fn self_signed(names: &[String], now: Timestamp) -> Result<SelfSigned, TlsError> {
        const DAY: SignedDuration = SignedDuration::from_hours(24);
        const YEAR: SignedDuration = SignedDuration::from_hours(24 * 365);
        let mut params = CertificateParams::new(names).map_err(TlsError::SelfSigned)?;
        params.distinguished_name.push(DnType::CommonName, "Reseal lab certificate");
        let day = |time: Timestamp| {
            let date = Offset::UTC.to_datetime(time).date();
            date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
        };
        // A day back, for clients whose clocks are behind.
        params.not_before = day(now - DAY);
        params.not_after = day(now + YEAR);
        let key = KeyPair::generate().map_err(TlsError::SelfSigned)?;
        let certificate = params.self_signed(&key).map_err(TlsError::SelfSigned)?;
        let tls = Self::new(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))?;
        Ok(SelfSigned { tls, certificate_pem: certificate.pem() })
    }

    pub(crate) fn server_config(&self) -> Arc<rustls::ServerConfig> {
        Arc::clone(&self.0)
    }

    fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, TlsError> {
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(TlsError::Unusable)?;
        Ok(Self(Arc::new(config)))
    }
}
