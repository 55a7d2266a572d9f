//! What log and metrics hear of every call that was answered, wherever it came from. Never a parameter, never a body.

use std::net::IpAddr;
use std::time::Duration;

use crate::metrics::Metrics;
use crate::product::Product;

/// A call that was answered.
pub(crate) struct Answered<'a> {
    pub(crate) request_id: &'a str,
    /// None where the call did not name one of ours.
    pub(crate) product: Option<Product>,
    /// As the table names it; none where it has none.
    pub(crate) action: Option<&'static str>,
    /// `Code` of a refusal.
    pub(crate) code: Option<&'static str>,
    /// Of HTTP.
    pub(crate) status: u16,
    pub(crate) access_key_id: Option<&'a str>,
    pub(crate) source_ip: IpAddr,
    /// Whether a session of the console asked, and no signature stands behind it.
    pub(crate) is_session: bool,
}

impl Answered<'_> {
    /// Writes one line into the log, and counts.
    pub(crate) fn note(&self, metrics: &Metrics, elapsed: Duration) {
        let product = self.product.map_or("unknown", Product::name);
        let (action, code) = (self.action.unwrap_or("unknown"), self.code.unwrap_or("OK"));
        metrics.answered(product, action, code, elapsed);
        tracing::info!(
            request.id = self.request_id,
            product,
            action,
            code,
            status = self.status,
            access_key.id = self.access_key_id,
            source.ip = %self.source_ip,
            session = self.is_session,
            duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            "answered {product} {action} with {code}"
        );
    }
}
