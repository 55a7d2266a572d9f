//! What the console asks for: the actions of the API, by name, as whoever is signed in. So a page can do nothing that a client could not, and each of its
//! calls is judged, audited and metered like any other.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::pin::Pin;

use axum::http::StatusCode;
use ram::Authenticated;
use serde_json::Value;

/// A product of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Images, disks, instances.
    Ecs,
    /// Keys.
    Kms,
    /// Users, access keys, policies, roles.
    Ram,
}

/// One call.
pub struct Call {
    /// Who calls.
    pub caller: Authenticated,
    /// Where the browser is.
    pub source_ip: IpAddr,
    /// Whether it came over TLS.
    pub secure_transport: bool,
    /// The product.
    pub product: Product,
    /// Region that the call goes to.
    pub region: String,
    /// `Action`.
    pub action: &'static str,
    /// As a client would send them.
    pub parameters: BTreeMap<String, String>,
}

/// A call that was refused, or failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status that a client would have seen.
    pub status: u16,
    /// `Code`.
    pub code: String,
    /// `Message`.
    pub message: String,
    /// `RequestId`, by which log and audit name the call.
    pub request_id: String,
    /// What was not allowed, for a denial: action and resource.
    pub denied: Option<Box<(String, String)>>,
    /// What a dry run checked, as JSON.
    pub checks: Option<String>,
}

impl Refusal {
    /// Status of the page that shows it.
    pub(crate) fn http_status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Future of a call.
pub type Calling<'a> = Pin<Box<dyn Future<Output = Result<Value, Refusal>> + Send + 'a>>;

/// Whoever carries calls out.
pub trait Calls: Send + Sync + 'static {
    /// The fields of the answer.
    ///
    /// Errors: what a client would have been told.
    fn call(&self, call: Call) -> Calling<'_>;

    /// All regions of the server, the default one first.
    fn regions(&self) -> &[String];
}
