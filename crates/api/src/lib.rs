//! The wire: signatures, action table, parameters, error table, JSON and XML, and the server that speaks them.
//!
//! ```text
//! connection → request (query and form) → scheme and row → signature → parameters → permit → action → journal → envelope
//! ```
//!
//! A product declares each action beside its code (see [`Action`]) and knows no HTTP; what the wire needs of the rooms behind it
//! are the small traits of [`services`]. All codes stand in [`errors`].
//!
//! Deliberately absent: HTTP/2, JSON request bodies, resource-style paths, redirects, bearer tokens, RSA and SM3 signatures. No
//! client of these products needs them.

pub mod client;
pub mod coverage;
pub mod errors;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod parameters;
pub mod services;

mod action;
mod answered;
mod authenticate;
mod ecs;
mod envelope;
mod format;
mod gate;
mod gateway;
mod inside;
mod kms;
mod location;
mod metrics;
mod network;
mod percent;
mod product;
mod ram;
mod region;
mod request;
mod server;
mod signature;
mod sts;
mod xml;

pub use self::ecs::Images;
pub use self::kms::Keys;
pub use action::{Action, Call, Permission, Row, Spec, Table};
pub use format::Format;
pub use inside::{Inside, InsideAnswer, InsideCall};
pub use product::Product;
pub use region::Regions;
pub use request::Limits;
pub use server::{Listener, SelfSigned, ServeError, Served, Server, ServerConfig, Timeouts, Tls, TlsError, serve};

/// The action table: every action of every product that is served.
#[must_use]
pub fn table<S: Keys + Images>() -> Table<S> {
    let rows = self::ecs::rows().into_iter().chain(self::kms::rows()).chain(self::ram::rows());
    Table::of(rows.chain(sts::rows()).chain(network::rows()).chain(location::rows()))
}
