//! Metrics through instruments of the SDK, which collects them into a request when it is told to. The
//! SDK dates by the clock; here the dates are those of the point, so that a run that is sent later has
//! the times at which it ran.

use super::fields::{PointFacts, Subject};
use super::options::Histograms;
use super::shapes::{Compiled, Measured, MetricOf, evaluate, fixed};
use super::spans::scope;
use loadwright_core::export::telemetry::Instrument as Kind;
use loadwright_core::export::{Metric, Row};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, MeterProvider, UpDownCounter};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{
    Aggregation, Instrument, InstrumentKind, PeriodicReader, SdkMeterProvider, Stream, Temporality,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The SDK's own interval, which never comes: it is told when to collect.
const NEVER: Duration = Duration::from_secs(10 * 365 * 86_400);

/// How metrics are aggregated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aggregated {
    pub(super) temporality: Temporality,
    pub(super) histograms: Histograms,
}

/// The metrics of one point.
pub(super) struct Metrics {
    provider: SdkMeterProvider,
    collected: Collected,
    groups: Vec<Group>,
    rows: Vec<OfRows>,
    /// The span of what was collected, in nanoseconds since the Unix epoch.
    since: u64,
    temporality: Temporality,
}

/// Metrics of requests with the same attributes.
struct Group {
    /// The metric whose attributes they have, by its position among those of the plugin.
    attributes: usize,
    metrics: Vec<(usize, Recorder)>,
}

/// A metric of rows.
struct OfRows {
    recorder: Recorder,
    /// Position among the values of a row.
    position: usize,
    scale: f64,
    attributes: Vec<KeyValue>,
    /// The last value, of what is added up.
    last: f64,
}

enum Recorder {
    Counter(Counter<f64>),
    UpDownCounter(UpDownCounter<f64>),
    Histogram(Histogram<f64>),
    Gauge(Gauge<f64>),
}

impl Recorder {
    fn new(meter: &Meter, of: &MetricOf) -> Self {
        macro_rules! build {
            ($variant:ident, $builder:ident) => {
                Self::$variant(
                    meter
                        .$builder(of.name.clone())
                        .with_unit(of.unit.clone())
                        .with_description(of.description.clone())
                        .build(),
                )
            };
        }
        match of.instrument {
            Kind::Counter => build!(Counter, f64_counter),
            Kind::UpDownCounter => build!(UpDownCounter, f64_up_down_counter),
            Kind::Histogram => build!(Histogram, f64_histogram),
            Kind::Gauge => build!(Gauge, f64_gauge),
        }
    }

    fn record(&self, value: f64, attributes: &[KeyValue]) {
        match self {
            Self::Counter(counter) => counter.add(value, attributes),
            Self::UpDownCounter(counter) => counter.add(value, attributes),
            Self::Histogram(histogram) => histogram.record(value, attributes),
            Self::Gauge(gauge) => gauge.record(value, attributes),
        }
    }

    /// Whether what is recorded is added to what was.
    fn adds(&self) -> bool {
        matches!(self, Self::Counter(_) | Self::UpDownCounter(_))
    }
}

impl Metrics {
    pub(super) fn new(
        shapes: &Compiled,
        facts: &PointFacts,
        row_metrics: &[Metric],
        resource: Resource,
        how: Aggregated,
    ) -> Self {
        let collected = Collected { temporality: how.temporality, kept: Arc::default() };
        let reader = PeriodicReader::builder(collected.clone()).with_interval(NEVER).build();
        let mut builder = SdkMeterProvider::builder().with_resource(resource).with_reader(reader);
        if how.histograms == Histograms::Exponential {
            builder = builder.with_view(exponential);
        } else {
            builder = builder.with_view(explicit);
        }
        let provider = builder.build();
        let meter = provider.meter_with_scope(scope());
        let (mut groups, mut rows) = (Vec::<Group>::new(), Vec::new());
        for (index, of) in shapes.metrics.iter().enumerate() {
            let recorder = Recorder::new(&meter, of);
            match &of.measured {
                Measured::Request(_) => {
                    match groups.iter_mut().find(|group| group.attributes == of.alike) {
                        Some(group) => group.metrics.push((index, recorder)),
                        None => groups
                            .push(Group { attributes: of.alike, metrics: vec![(index, recorder)] }),
                    }
                }
                Measured::Row(name) => {
                    let place = row_metrics.iter().position(|metric| metric.name == *name);
                    rows.extend(place.map(|position| OfRows {
                        recorder,
                        position,
                        scale: of.scale,
                        attributes: fixed(&of.attributes, facts),
                        last: 0.0,
                    }));
                }
            }
        }
        let since = nanos(facts.point.origin);
        Self { provider, collected, groups, rows, since, temporality: how.temporality }
    }

    /// Adds a request; warm-up is in no metric.
    pub(super) fn request(&self, shapes: &Compiled, of: &Subject<'_>) {
        if of.request.record.warmup {
            return;
        }
        for group in &self.groups {
            let attributes = evaluate(&shapes.metrics[group.attributes].attributes, of);
            for (index, recorder) in &group.metrics {
                let metric = &shapes.metrics[*index];
                if let Measured::Request(field) = &metric.measured {
                    field.numbers(of, |value| recorder.record(value * metric.scale, &attributes));
                }
            }
        }
    }

    pub(super) fn row(&mut self, row: &Row) {
        for of in &mut self.rows {
            let Some(value) = row.values.get(of.position).copied().flatten() else { continue };
            let value = value * of.scale;
            let step = if of.recorder.adds() { value - of.last } else { value };
            of.recorder.record(step, &of.attributes);
            of.last = value;
        }
    }

    /// Everything until `until`, in seconds since the Unix epoch; none: there is nothing.
    pub(super) fn collect(&mut self, until: f64) -> Option<ExportMetricsServiceRequest> {
        let flushed = self.provider.force_flush();
        let mut request = self.collected.take().filter(|_| flushed.is_ok())?;
        let until = nanos(until).max(self.since);
        dated(&mut request, self.since, until);
        if self.temporality == Temporality::Delta {
            self.since = until;
        }
        Some(request)
    }
}

fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9).max(0.0) as u64
}

fn exponential(instrument: &Instrument) -> Option<Stream> {
    let how = Aggregation::Base2ExponentialHistogram {
        max_size: 160,
        max_scale: 20,
        record_min_max: true,
    };
    of_histograms(instrument, how)
}

/// Buckets as the GenAI conventions advise them: doubling from 10 ms, or four times from one token.
fn explicit(instrument: &Instrument) -> Option<Stream> {
    let boundaries = match instrument.unit() {
        "s" => (0..14).map(|power| 0.01 * f64::from(1 << power)).collect(),
        _ => (0..14).map(|power| 4_f64.powi(power)).collect(),
    };
    of_histograms(
        instrument,
        Aggregation::ExplicitBucketHistogram { boundaries, record_min_max: true },
    )
}

fn of_histograms(instrument: &Instrument, how: Aggregation) -> Option<Stream> {
    let is_histogram = instrument.kind() == InstrumentKind::Histogram;
    is_histogram.then(|| Stream::builder().with_aggregation(how).build().ok()).flatten()
}

/// Keeps what the SDK collected last.
#[derive(Debug, Clone)]
struct Collected {
    temporality: Temporality,
    kept: Arc<Mutex<Option<ExportMetricsServiceRequest>>>,
}

impl Collected {
    fn take(&self) -> Option<ExportMetricsServiceRequest> {
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

/// Gives all data points the span from `since` to `until`.
fn dated(request: &mut ExportMetricsServiceRequest, since: u64, until: u64) {
    macro_rules! all {
        ($points:expr) => {
            for point in $points {
                (point.start_time_unix_nano, point.time_unix_nano) = (since, until);
            }
        };
    }
    let scopes = request.resource_metrics.iter_mut().flat_map(|of| &mut of.scope_metrics);
    for metric in scopes.flat_map(|scope| &mut scope.metrics) {
        match &mut metric.data {
            Some(Data::Sum(sum)) => all!(&mut sum.data_points),
            Some(Data::Gauge(gauge)) => all!(&mut gauge.data_points),
            Some(Data::Histogram(histogram)) => all!(&mut histogram.data_points),
            Some(Data::ExponentialHistogram(histogram)) => all!(&mut histogram.data_points),
            Some(Data::Summary(summary)) => all!(&mut summary.data_points),
            None => {}
        }
    }
}
