//! The table of row metrics. `docs/EXPORTERS.md` lists them, and a test holds it against this one.

use super::fold::{Interval, Totals};
use crate::export::{self, MetricKind};
use crate::metrics::Metric;

/// A metric of rows.
pub(super) struct RowMetric {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) unit: &'static str,
    pub(super) kind: MetricKind,
    /// The formula, as documented.
    #[cfg(test)]
    pub(super) formula: &'static str,
    value: Value,
}

enum Value {
    Of(fn(&Interval<'_>) -> Option<f64>),
    Mean(Metric),
    Percentile(Metric, u32),
}

impl RowMetric {
    /// As exporters are told of it.
    pub(super) fn metric(&self) -> export::Metric {
        let (name, label, unit) = (self.name.into(), self.label.into(), self.unit.into());
        export::Metric { name, label, unit, kind: self.kind }
    }

    /// Its value in a row.
    pub(super) fn value(&self, row: &Interval<'_>) -> Option<f64> {
        match self.value {
            Value::Of(value) => value(row),
            Value::Mean(metric) => row.distribution(metric).map(|of| of.mean / 1e9),
            Value::Percentile(metric, permille) => {
                row.distribution(metric)?.at(permille).map(|value| value as f64 / 1e9)
            }
        }
    }
}

/// Makes a row of the table from each line: name, label, unit, kind, formula, value.
macro_rules! rows {
    ($($name:literal, $label:literal, $unit:literal, $kind:ident, $formula:literal, $value:expr;)+) => {
        /// Every metric of rows, in the order of their values.
        pub(super) const ROWS: &[RowMetric] = &[$(RowMetric {
            name: $name,
            label: $label,
            unit: $unit,
            kind: MetricKind::$kind,
            #[cfg(test)]
            formula: $formula,
            value: $value,
        }),+];
    };
}

const fn of(value: fn(&Interval<'_>) -> Option<f64>) -> Value {
    Value::Of(value)
}

fn ended(totals: &Totals) -> u64 {
    totals.counts.total
}

#[rustfmt::skip]
rows! {
    "in_flight", "requests in flight", "{request}", Gauge,
        "requests in flight at the end of the row", of(|row| Some(f64::from(row.sample.in_flight)));
    "request_rate", "successful requests (1/s)", "{request}/s", Rate,
        "successful requests / span", of(|row| row.rate(|all| all.counts.succeeded));
    "output_token_rate", "output tokens (1/s)", "{token}/s", Rate,
        "output tokens of successful requests / span",
        of(|row| row.totals.output.and_then(|_| row.rate(|all| all.output.unwrap_or(0))));
    "input_token_rate", "input tokens (1/s)", "{token}/s", Rate,
        "input tokens of successful requests / span",
        of(|row| row.totals.input.and_then(|_| row.rate(|all| all.input.unwrap_or(0))));
    "total_token_rate", "input and output tokens (1/s)", "{token}/s", Rate,
        "input and output tokens of successful requests / span",
        of(|row| row.totals.input.zip(row.totals.output).and_then(|_| {
            row.rate(|all| all.input.unwrap_or(0) + all.output.unwrap_or(0))
        }));
    "goodput", "requests that meet every objective (1/s)", "{request}/s", Rate,
        "requests that meet every objective / span; points with objectives",
        of(|row| row.judged.then(|| row.rate(|all| all.good)).flatten());
    "error_ratio", "failed share of requests", "1", Ratio,
        "failed / (successful + failed)", of(|row| row.share(|all| all.counts.failed, ended));
    "ttft_mean", "TTFT, mean (s)", "s", Duration, "mean of TTFT", Value::Mean(Metric::Ttft);
    "ttft_p50", "TTFT, p50 (s)", "s", Duration, "median of TTFT", Value::Percentile(Metric::Ttft, 500);
    "ttft_p99", "TTFT, p99 (s)", "s", Duration,
        "99th percentile of TTFT", Value::Percentile(Metric::Ttft, 990);
    "latency_mean", "latency, mean (s)", "s", Duration, "mean of latency", Value::Mean(Metric::Latency);
    "latency_p50", "latency, p50 (s)", "s", Duration,
        "median of latency", Value::Percentile(Metric::Latency, 500);
    "latency_p99", "latency, p99 (s)", "s", Duration,
        "99th percentile of latency", Value::Percentile(Metric::Latency, 990);
    "tpot_mean", "TPOT, mean (s)", "s", Duration, "mean of TPOT", Value::Mean(Metric::Tpot);
    "tpot_p50", "TPOT, p50 (s)", "s", Duration, "median of TPOT", Value::Percentile(Metric::Tpot, 500);
    "tpot_p99", "TPOT, p99 (s)", "s", Duration,
        "99th percentile of TPOT", Value::Percentile(Metric::Tpot, 990);
    "itl_mean", "ITL, mean (s)", "s", Duration, "mean of ITL", Value::Mean(Metric::Itl);
    "itl_p50", "ITL, p50 (s)", "s", Duration, "median of ITL", Value::Percentile(Metric::Itl, 500);
    "itl_p99", "ITL, p99 (s)", "s", Duration,
        "99th percentile of ITL", Value::Percentile(Metric::Itl, 990);
    "dispatch_delay_mean", "dispatch delay, mean (s)", "s", Duration,
        "mean of dispatch delay", Value::Mean(Metric::DispatchDelay);
    "dispatch_delay_p50", "dispatch delay, p50 (s)", "s", Duration,
        "median of dispatch delay", Value::Percentile(Metric::DispatchDelay, 500);
    "dispatch_delay_p99", "dispatch delay, p99 (s)", "s", Duration,
        "99th percentile of dispatch delay", Value::Percentile(Metric::DispatchDelay, 990);
    "cached_ratio", "cached share of input tokens", "1", Ratio,
        "cached tokens / input tokens of the replies that give both",
        of(|row| {
            row.totals.cached?;
            row.share(|all| all.cached.unwrap_or(0), |all| all.cached_of)
        });
    "bytes_sent_rate", "bytes of request bodies (1/s)", "By/s", Rate,
        "bytes of request bodies / span", of(|row| row.rate(|all| all.bytes_sent));
    "bytes_received_rate", "bytes of reply bodies (1/s)", "By/s", Rate,
        "bytes of reply bodies / span", of(|row| row.rate(|all| all.bytes_received));
    "requests", "requests", "{request}", Counter,
        "successful + failed", of(|row| Some(ended(row.totals) as f64));
    "completed", "successful requests", "{request}", Counter,
        "successful", of(|row| Some(row.totals.counts.succeeded as f64));
    "failed", "failed requests", "{request}", Counter,
        "failed", of(|row| Some(row.totals.counts.failed as f64));
    "dropped", "dropped slots", "{request}", Counter,
        "scheduled and never sent", of(|row| Some(row.totals.counts.dropped as f64));
    "retried", "retried attempts", "{attempt}", Counter,
        "attempts that failed and were tried again", of(|row| Some(row.totals.counts.retried as f64));
    "input_tokens", "input tokens", "{token}", Counter,
        "input tokens of successful requests", of(|row| row.totals.input.map(|tokens| tokens as f64));
    "output_tokens", "output tokens", "{token}", Counter,
        "output tokens of successful requests", of(|row| row.totals.output.map(|tokens| tokens as f64));
    "connections", "connections opened", "{connection}", Counter,
        "attempts that opened a connection", of(|row| Some(row.totals.opened as f64));
    "refusal_waits", "waits after 429 or 503", "{wait}", Counter,
        "times a worker waited because of 429 or 503", of(|row| Some(row.totals.refusal_waits as f64));
    "ready", "requests ready to be sent", "{request}", Gauge,
        "formatted requests at the end of the row", of(|row| Some(f64::from(row.sample.ready)));
    "starved", "times no request was ready", "{request}", Counter,
        "times the ready queue was empty", of(|row| Some(row.totals.starved as f64));
    "stalls", "stalls of dispatch", "{stall}", Counter,
        "times dispatch waited for interpreters", of(|row| Some(row.totals.stalls as f64));
    "backlog", "replies not yet interpreted (By)", "By", Gauge,
        "bytes of replies at the end of the row", of(|row| Some(row.sample.backlog as f64));
    "engine_cpu", "busy share of the busiest engine thread", "1", Ratio,
        "of the row, by the engine's own measure", of(|row| Some(row.sample.cpu));
    "timer_late", "worst lateness of a timer (s)", "s", Duration,
        "of the row, by the engine's own measure", of(|row| Some(row.sample.timer_late as f64 / 1e9));
}
