//! What `/metrics` tells, in Prometheus' text form.

use prometheus::{Encoder, HistogramOpts, HistogramVec, IntGauge, Registry, TextEncoder};

use crate::kernel::{Error, Result};

/// The service's own figures.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: HistogramVec,
    in_flight: IntGauge,
}

impl Metrics {
    /// A registry of its own for every service, so that two in one process do not meet.
    pub fn new() -> Result<Self> {
        let registry = Registry::new_custom(Some("collegium".to_owned()), None).map_err(Error::internal)?;
        let options = HistogramOpts::new("http_request_seconds", "Duration of requests by route, method and status")
            .buckets(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0]);
        let requests = HistogramVec::new(options, &["method", "route", "status"]).map_err(Error::internal)?;
        let in_flight = IntGauge::new("http_requests_in_flight", "Requests being served").map_err(Error::internal)?;
        registry.register(Box::new(requests.clone())).map_err(Error::internal)?;
        registry.register(Box::new(in_flight.clone())).map_err(Error::internal)?;
        Ok(Self { registry, requests, in_flight })
    }

    /// Where other rooms put figures of their own.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// A request begins.
    pub fn begin(&self) {
        self.in_flight.inc();
    }

    /// A request ended.
    pub fn end(&self, method: &str, route: &str, status: u16, took: std::time::Duration) {
        self.in_flight.dec();
        self.requests.with_label_values(&[method, route, &status.to_string()]).observe(took.as_secs_f64());
    }

    /// Everything, as text.
    pub fn text(&self) -> Result<String> {
        let mut bytes = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut bytes).map_err(Error::internal)?;
        String::from_utf8(bytes).map_err(Error::internal)
    }
}
