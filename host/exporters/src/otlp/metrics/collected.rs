//! What the SDK collects, and the dates that it is given.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::AggregationTemporality;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Keeps what the SDK collected last.
#[derive(Debug, Clone)]
pub(super) struct Collected {
    pub(super) temporality: Temporality,
    kept: Arc<Mutex<Option<ExportMetricsServiceRequest>>>,
}

impl Collected {
    pub(super) fn new(temporality: Temporality) -> Self {
        Self { temporality, kept: Arc::default() }
    }

    pub(super) fn take(&self) -> Option<ExportMetricsServiceRequest> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl PushMetricExporter for Collected {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(metrics.into());
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}

/// Gives data points their times: totals are from `origin`, differences from `since`.
pub(super) fn dated(
    request: &mut ExportMetricsServiceRequest,
    origin: u64,
    since: u64,
    until: u64,
) {
    macro_rules! all {
        ($points:expr, $temporality:expr) => {{
            let is_delta = $temporality == AggregationTemporality::Delta as i32;
            let start = if is_delta { since } else { origin };
            for point in $points {
                (point.start_time_unix_nano, point.time_unix_nano) = (start, until);
            }
        }};
    }
    let scopes = request.resource_metrics.iter_mut().flat_map(|of| &mut of.scope_metrics);
    for metric in scopes.flat_map(|scope| &mut scope.metrics) {
        match &mut metric.data {
            Some(Data::Sum(sum)) => all!(&mut sum.data_points, sum.aggregation_temporality),
            Some(Data::Gauge(gauge)) => all!(&mut gauge.data_points, 0),
            Some(Data::Histogram(of)) => all!(&mut of.data_points, of.aggregation_temporality),
            Some(Data::ExponentialHistogram(of)) => {
                all!(&mut of.data_points, of.aggregation_temporality);
            }
            Some(Data::Summary(summary)) => all!(&mut summary.data_points, 0),
            None => {}
        }
    }
}
