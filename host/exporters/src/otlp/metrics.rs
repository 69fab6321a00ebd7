//! Metrics through instruments of the SDK, which collects them into a request when it is told to. The
//! SDK dates by the clock; here the dates are those of the point, so that a run that is sent later has
//! the times at which it ran.

mod collected;

use super::fields::{PointFacts, Subject};
use super::options::Histograms;
use super::shapes::{Compiled, Measured, MetricOf, evaluate, fixed};
use super::spans::scope;
use collected::{Collected, dated};
use loadwright_core::export::telemetry::Instrument as Kind;
use loadwright_core::export::{Metric, Row};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, MeterProvider, UpDownCounter};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{
    Aggregation, Instrument, InstrumentKind, PeriodicReader, SdkMeterProvider, Stream, Temporality,
};
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
    /// When totals begin, and when differences do, in nanoseconds since the Unix epoch.
    origin: u64,
    since: u64,
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
    /// The last value, of what is added up; none: it is not known.
    last: Option<f64>,
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

    /// Whether it is sent as differences, with this temporality.
    fn differs(&self, temporality: Temporality) -> bool {
        temporality != Temporality::Cumulative && matches!(self, Self::Counter(_))
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
        let collected = Collected::new(how.temporality);
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
                        last: Some(0.0),
                    }));
                }
            }
        }
        let origin = nanos(facts.point.origin);
        Self { provider, collected, groups, rows, origin, since: origin }
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
            let before = of.last.replace(value);
            match (of.recorder.adds(), before) {
                (true, Some(before)) => of.recorder.record(value - before, &of.attributes),
                (true, None) => {}
                (false, _) => of.recorder.record(value, &of.attributes),
            }
        }
    }

    /// Goes on with a point that an earlier process began: what it sent of differences that rows make
    /// is not known.
    pub(super) fn go_on(&mut self) {
        let temporality = self.collected.temporality;
        let differing = self.rows.iter_mut().filter(|of| of.recorder.differs(temporality));
        differing.for_each(|of| of.last = None);
    }

    /// Leaves what was recorded so far out of differences, which begin at `until` then; totals hold it.
    pub(super) fn leave_out(&mut self, until: f64) {
        drop(self.collect(until));
    }

    /// Everything until `until`, in seconds since the Unix epoch; none: there is nothing.
    pub(super) fn collect(&mut self, until: f64) -> Option<ExportMetricsServiceRequest> {
        let flushed = self.provider.force_flush();
        let mut request = self.collected.take().filter(|_| flushed.is_ok());
        let until = nanos(until).max(self.since);
        if let Some(request) = &mut request {
            dated(request, self.origin, self.since, until);
        }
        self.since = until;
        request
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
