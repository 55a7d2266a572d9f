//! Figures for Prometheus. Labels come from the action table and the error table, so their number is bounded.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// What is counted.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Asked, Histogram>,
    in_flight: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    product: &'static str,
    action: &'static str,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    product: &'static str,
    action: &'static str,
}

/// A call in flight, until it is dropped.
pub(crate) struct InFlight(Gauge);

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("reseal_api");
        let requests = Family::<Answered, Counter>::default();
        // 0.25 ms to 8 s.
        let seconds =
            Family::<Asked, Histogram>::new_with_constructor(|| Histogram::new(exponential_buckets(0.000_25, 2.0, 16)));
        let in_flight = Gauge::default();
        registry.register("requests", "Answered requests by product, action and code", requests.clone());
        registry.register("request_seconds", "Time from the last byte of a request to its answer", seconds.clone());
        registry.register("requests_in_flight", "Calls that are being served", in_flight.clone());
        Self { registry, requests, seconds, in_flight }
    }

    pub(crate) fn answered(&self, product: &'static str, action: &'static str, code: &'static str, elapsed: Duration) {
        self.requests.get_or_create(&Answered { product, action, code }).inc();
        self.seconds.get_or_create(&Asked { product, action }).observe(elapsed.as_secs_f64());
    }

    pub(crate) fn begun(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// All figures in the text format of Prometheus.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string does not fail");
        text
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
