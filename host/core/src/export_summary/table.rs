//! The table of summary metrics: those of the table of metrics, and totals. `docs/EXPORTERS.md`
//! lists them, and a test holds it against this one.

use crate::export::{self, MetricKind};
use crate::metrics::{Metric, Unit};
use crate::summary::Summary;

/// A metric of summaries.
pub(super) struct SummaryMetric {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) unit: &'static str,
    pub(super) kind: MetricKind,
    value: Value,
}

#[derive(Clone, Copy)]
enum Value {
    Mean(Metric),
    Percentile(Metric, u32),
    Point(Metric),
    Share(Metric),
    Total(fn(&Summary) -> Option<f64>),
}

/// How stored values are given to exporters.
pub(super) struct Scale {
    /// UCUM.
    pub(super) unit: &'static str,
    /// What a stored value of a distribution is divided by.
    pub(super) divisor: f64,
    kind: MetricKind,
}

/// Times in seconds, rates in whole tokens.
pub(super) fn scale(unit: Unit) -> Scale {
    let (unit, divisor, kind) = match unit {
        Unit::Time => ("s", 1e9, MetricKind::Duration),
        Unit::Tokens => ("{token}", 1.0, MetricKind::Gauge),
        Unit::TokenRate => ("{token}/s", 1e6, MetricKind::Rate),
        Unit::Requests => ("{request}", 1.0, MetricKind::Gauge),
        Unit::RequestRate => ("{request}/s", 1.0, MetricKind::Rate),
    };
    Scale { unit, divisor, kind }
}

/// The percentiles that have a metric of their own.
const PERCENTILES: [(&str, u32); 3] = [("p50", 500), ("p90", 900), ("p99", 990)];

/// Every metric of summaries, in the order of their values.
pub(super) fn rows() -> Vec<SummaryMetric> {
    let table = Metric::ALL.iter().flat_map(|&metric| {
        if metric.is_distribution() { of_distribution(metric) } else { of_point(metric) }
    });
    table.chain(TOTALS.iter().map(Total::row)).collect()
}

fn of_distribution(metric: Metric) -> Vec<SummaryMetric> {
    let scale = scale(metric.definition().unit);
    let row = |(suffix, value): (&str, Value)| SummaryMetric {
        name: format!("{}_{suffix}", metric.key()),
        label: format!("{}, {suffix}", metric.label()),
        unit: scale.unit,
        kind: scale.kind,
        value,
    };
    let percentiles =
        PERCENTILES.map(|(suffix, permille)| (suffix, Value::Percentile(metric, permille)));
    std::iter::once(("mean", Value::Mean(metric))).chain(percentiles).map(row).collect()
}

fn of_point(metric: Metric) -> Vec<SummaryMetric> {
    let scale = scale(metric.definition().unit);
    let count = matches!(metric, Metric::Failed | Metric::Dropped);
    let value = SummaryMetric {
        name: metric.key().into(),
        label: metric.label().into(),
        unit: scale.unit,
        kind: if count { MetricKind::Counter } else { scale.kind },
        value: Value::Point(metric),
    };
    let share = metric.has_share().then(|| SummaryMetric {
        name: format!("{}_ratio", metric.key()),
        label: format!("{}, share", metric.label()),
        unit: "1",
        kind: MetricKind::Ratio,
        value: Value::Share(metric),
    });
    std::iter::once(value).chain(share).collect()
}

impl SummaryMetric {
    /// As exporters are told of it.
    pub(super) fn metric(&self) -> export::Metric {
        let shown = match self.unit {
            "s" => Some("s"),
            "By" => Some("By"),
            "{token}/s" => Some("tok/s"),
            "{request}/s" => Some("req/s"),
            _ => None,
        };
        let label = match shown.filter(|_| !self.label.contains("/s")) {
            Some(shown) => format!("{} ({shown})", self.label),
            None => self.label.clone(),
        };
        let (name, unit) = (self.name.clone(), self.unit.into());
        export::Metric { name, label, unit, kind: self.kind }
    }

    /// Its value for a point.
    pub(super) fn value(&self, summary: &Summary) -> Option<f64> {
        let value = match self.value {
            Value::Mean(metric) => summary
                .metrics
                .get(metric)
                .map(|found| found.mean / scale(metric.definition().unit).divisor),
            Value::Percentile(metric, permille) => summary.metrics.get(metric).and_then(|found| {
                Some(found.at(permille)? as f64 / scale(metric.definition().unit).divisor)
            }),
            Value::Point(metric) => summary.value(metric),
            Value::Share(metric) => summary.share(metric),
            Value::Total(value) => value(summary),
        };
        value.filter(|value| value.is_finite())
    }
}

/// A total of the point.
struct Total {
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    kind: MetricKind,
    value: fn(&Summary) -> Option<f64>,
}

impl Total {
    fn row(&self) -> SummaryMetric {
        SummaryMetric {
            name: self.name.into(),
            label: self.label.into(),
            unit: self.unit,
            kind: self.kind,
            value: Value::Total(self.value),
        }
    }
}

/// Makes a total from each line: name, label, unit, kind, value.
macro_rules! totals {
    ($($name:literal, $label:literal, $unit:literal, $kind:ident, $value:expr;)+) => {
        const TOTALS: &[Total] = &[$(Total {
            name: $name,
            label: $label,
            unit: $unit,
            kind: MetricKind::$kind,
            value: $value,
        }),+];
    };
}

fn whole(number: u64) -> Option<f64> {
    Some(number as f64)
}

fn amount(number: Option<u64>) -> Option<f64> {
    number.map(|number| number as f64)
}

#[rustfmt::skip]
totals! {
    "duration", "duration", "s", Duration, |of| of.duration.map(|span| span as f64 / 1e9);
    "requests", "requests", "{request}", Counter, |of| whole(of.counts.total);
    "completed", "successful requests", "{request}", Counter, |of| whole(of.counts.succeeded);
    "streamed", "successful requests whose reply was a stream", "{request}", Counter,
        |of| whole(of.counts.streamed);
    "cancelled", "cancelled requests", "{request}", Counter, |of| whole(of.counts.cancelled);
    "warmup", "requests of the warm-up", "{request}", Counter, |of| whole(of.counts.warmup);
    "retried", "retried attempts", "{attempt}", Counter, |of| whole(of.counts.retried);
    "late", "requests sent more than 1 ms late", "{request}", Counter, |of| whole(of.arrivals.late);
    "target_rate", "requests that the plan asks for", "{request}/s", Rate, |of| of.arrivals.target_rate;
    "target_concurrency", "workers, or most requests in flight", "{request}", Gauge,
        |of| of.concurrency.target.map(f64::from);
    "peak_concurrency", "most requests in flight", "{request}", Gauge,
        |of| Some(f64::from(of.concurrency.peak));
    "input_tokens", "input tokens", "{token}", Counter, |of| amount(of.tokens.input);
    "output_tokens", "output tokens", "{token}", Counter, |of| amount(of.tokens.output);
    "cached_tokens", "cached input tokens", "{token}", Counter, |of| amount(of.tokens.cached);
    "cached_ratio", "cached share of input tokens", "1", Ratio, |of| {
        let all = of.tokens.cached_of.filter(|&all| all > 0)?;
        Some(of.tokens.cached? as f64 / all as f64)
    };
    "reasoning_tokens", "reasoning tokens", "{token}", Counter, |of| amount(of.tokens.reasoning);
    "accepted_tokens", "accepted prediction tokens", "{token}", Counter, |of| amount(of.tokens.accepted);
    "rejected_tokens", "rejected prediction tokens", "{token}", Counter, |of| amount(of.tokens.rejected);
    "steady_request_throughput", "request throughput of the steady window", "{request}/s", Rate,
        |of| of.steady.as_ref().map(|steady| steady.requests);
    "steady_output_throughput", "output throughput of the steady window", "{token}/s", Rate,
        |of| of.steady.as_ref().and_then(|steady| steady.output);
    "steady_concurrency", "concurrency of the steady window", "{request}", Gauge,
        |of| of.steady.as_ref().map(|steady| steady.concurrency);
    "connections", "connections opened", "{connection}", Counter, |of| whole(of.connections.opened);
    "bytes_sent", "request bodies", "By", Counter, |of| whole(of.connections.bytes_sent);
    "bytes_received", "reply bodies", "By", Counter, |of| whole(of.connections.bytes_received);
}
