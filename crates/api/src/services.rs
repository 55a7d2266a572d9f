//! What the wire asks of the rooms behind it. `ram` answers [`Gate`]; nonces, journal and readiness lie in the catalog.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use crypto::Secret;
use ecs::Ecs;
use hyper::body::Bytes;
use hyper::{HeaderMap, Request, Response, StatusCode};
use jiff::Timestamp;
use kms::KeyFacts;
use ram::{Authenticated, Permit, Ram};

/// All of them together.
pub trait Services: Gate + Nonces + Journal + Readiness + Uploads {}

impl<S: Gate + Nonces + Journal + Readiness + Uploads> Services for S {}

/// Services with the rooms that the real table calls; `ram` is the gate.
pub trait Rooms: Services + Gate<Caller = Authenticated, Permit = Permit> {
    /// Who may do what.
    fn ram(&self) -> &Ram;
}

/// Who calls, and what they may do.
pub trait Gate: Send + Sync + 'static {
    /// Who calls, as the products want to know it.
    type Caller: Send + Sync + 'static;
    /// Proof that the caller may do what was asked; only the gate can make one.
    type Permit: Send + Sync + 'static;

    /// Looks an access key up. `security_token`: as it was sent; needed for temporary keys, and refused with any other.
    fn access_key(
        &self,
        id: &str,
        security_token: Option<&str>,
        origin: &Origin,
    ) -> impl Future<Output = Result<AccessKey<Self::Caller>, AccessKeyRefused>> + Send;

    /// Who a caller is, in words that can be shown to it and written down.
    fn identity(&self, caller: &Self::Caller) -> Identity;

    /// Allows all of `needs`, or says which one is denied. No needs: any caller with a valid signature passes.
    fn permit(
        &self,
        caller: &Self::Caller,
        needs: &[Need],
    ) -> impl Future<Output = Result<Self::Permit, PermitRefused>> + Send;
}

/// Nonces that were used.
pub trait Nonces: Send + Sync + 'static {
    /// Takes a nonce of an access key: `true` the first time, `false` if it was taken before and is remembered. It may be
    /// forgotten from `expires` on, when the request that bore it is too old to be accepted anyway.
    fn take(
        &self,
        access_key_id: &str,
        nonce: &str,
        expires: Timestamp,
    ) -> impl Future<Output = Result<bool, Unavailable>> + Send;
}

/// Audit and metering.
pub trait Journal: Send + Sync + 'static {
    /// Writes a call down, durably, before it is answered. If that fails the client gets a 500 and never the answer.
    fn record(&self, call: &Record<'_>) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Whether the server can do its work.
pub trait Readiness: Send + Sync + 'static {
    /// `Err` says to the operator what is missing.
    fn ready(&self) -> impl Future<Output = Result<(), Unavailable>> + Send;
}

/// Files on their way in.
pub trait Uploads: Send + Sync + 'static {
    /// Who takes their bytes; `None`: nobody does.
    fn uploads(&self) -> Option<&Arc<Ecs>>;
}

/// Whoever answers browsers.
pub trait Pages: Send + Sync + 'static {
    /// Answers a request for a path below `/console`. Its body was read whole, within the server's limit.
    fn answer(&self, request: Request<Bytes>, from: Visitor) -> Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

    /// Answers a request with these headers that the server cannot hand over or that was not answered: 413, 408, 503, 500.
    fn unanswered(&self, headers: &HeaderMap, status: StatusCode) -> Response<Bytes>;
}

/// Who asks for a page.
#[derive(Debug, Clone, Copy)]
pub struct Visitor {
    /// Address of the peer.
    pub source_ip: IpAddr,
    /// Whether it came over TLS.
    pub secure_transport: bool,
}

/// Something behind the wire does not work at the moment. The text is for the operator's log; the client gets a 503.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// Where a request came from, and when it was looked at.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// Address of the peer.
    pub source_ip: IpAddr,
    /// Whether it came over TLS.
    pub secure_transport: bool,
    /// The server's time.
    pub now: Timestamp,
}

/// An access key that may be used.
pub struct AccessKey<C> {
    /// What the owner signs with.
    pub secret: Secret,
    /// Its owner.
    pub caller: C,
}

/// Why an access key is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessKeyRefused {
    /// No such id.
    NotFound,
    /// It was switched off.
    Inactive,
    /// A temporary key without its token.
    TokenMissing,
    /// The token's time is over.
    TokenExpired,
    /// Not a token of this service.
    TokenMalformed,
    /// A token of another key, or a token with a key that has none.
    TokenMismatch,
    /// The keys cannot be read now.
    Unavailable(Unavailable),
}

/// What a caller is. Source of names: ram.md 1 and 2, `GetCallerIdentity`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// 16 digits.
    pub account_id: String,
    /// `acs:ram::<account>:…`.
    pub arn: String,
    /// Which of the three below.
    pub kind: IdentityKind,
    /// Name to show: of the user, `role/session`, or the account id.
    pub display_name: String,
    /// Id of the user or the account; `roleid:session` for a session.
    pub principal_id: String,
    /// Id of the role, for a session.
    pub role_id: Option<String>,
}

/// `IdentityType`. Source: ram.md 2; two of them UNSURE there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityKind {
    /// The account itself.
    Account,
    /// A user of the account.
    RamUser,
    /// A session of a role.
    AssumedRoleUser,
}

impl IdentityKind {
    /// The API's word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::RamUser => "RAMUser",
            Self::AssumedRoleUser => "AssumedRoleUser",
        }
    }
}

/// One thing that must be allowed for a call.
#[derive(Debug, Clone)]
pub struct Need {
    /// `kms:Encrypt`.
    pub action: &'static str,
    /// `acs:kms:<region>:<account>:key/<id>`.
    pub resource: String,
    /// For a key that exists: its policy, which is judged beside those of the caller, and its tags, which conditions see as
    /// `kms:tag/<key>`.
    pub key: Option<Arc<KeyFacts>>,
    /// What the call itself brings for conditions: `sts:ExternalId` and its value.
    pub conditions: Vec<(&'static str, String)>,
}

/// Why there is no permit.
#[derive(Debug, Clone)]
pub enum PermitRefused {
    /// The policies say no.
    Denied(Denial),
    /// The policies cannot be read now.
    Unavailable(Unavailable),
}

/// A need that the policies do not allow.
#[derive(Debug, Clone)]
pub struct Denial {
    /// The need.
    pub need: Need,
    /// Whether a policy says no, rather than none says yes.
    pub explicit: bool,
    /// Kind of the policy that decided, like `AccountLevelIdentityBasedPolicy`.
    pub policy_type: &'static str,
}

/// A call as audit and metering see it: no parameters, no secrets.
///
/// Only calls whose signature was right come here: anyone could fill the journal otherwise. The others are logged and counted.
#[derive(Debug)]
pub struct Record<'a> {
    /// As answered to the client.
    pub request_id: &'a str,
    /// When the request was looked at.
    pub at: Timestamp,
    /// Product, in lower case.
    pub product: &'static str,
    /// Action.
    pub action: &'static str,
    /// Region that the call went to.
    pub region: &'a str,
    /// Who signed it; empty for a session that was begun with a password.
    pub access_key_id: &'a str,
    /// Nonce, so that it can be kept in the same transaction; a call of a session has none.
    pub nonce: Option<&'a str>,
    /// Owner of the access key.
    pub identity: &'a Identity,
    /// Where from.
    pub source_ip: IpAddr,
    /// What had to be allowed; empty if the call ended before that was known.
    pub needs: &'a [Need],
    /// `Code` of a call that was refused or failed.
    pub code: Option<&'static str>,
}
