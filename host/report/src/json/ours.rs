//! The `loadwright` section of `benchmark_summary.json`: everything that EvalScope has no key for.

use super::distribution::{distribution, rows};
use super::labels::labels;
use super::{number, object};
use loadwright_core::Nanos;
use loadwright_core::checks::{Bound, Warning};
use loadwright_core::metrics::{Metric, Metrics};
use loadwright_core::service::ServiceValues;
use loadwright_core::summary::{Footnote, Steady, Summary};
use loadwright_core::totals::Connections;
use serde::Serialize;
use serde_json::{Map, Value};

pub(super) fn section(summary: &Summary) -> Value {
    object([
        ("schema", summary.schema.into()),
        ("point", summary.point.name.clone().into()),
        ("end_reason", plain(&summary.end_reason)),
        ("verdict", plain(&summary.verdict)),
        ("error_bounds", bounds(summary)),
        ("warnings", summary.warnings.iter().map(warning).collect()),
        ("footnotes", summary.footnotes.iter().map(footnote).collect()),
        ("requests", requests(summary)),
        ("goodput", goodput(summary)),
        ("metrics", metrics(&summary.metrics)),
        ("labels", labels(&summary.grouped)),
        ("more_labels", summary.grouped.more.into()),
        ("tokens", plain(&summary.tokens)),
        ("concurrency", concurrency(summary)),
        ("arrivals", arrivals(summary)),
        ("steady_window", summary.steady.as_ref().map_or(Value::Null, steady)),
        ("connections", connections(&summary.connections)),
        ("frames", plain(&summary.frames)),
        ("failures", plain(&summary.failures)),
        ("plugins", plain(&summary.point.plugins)),
        ("timestamps", plain(&summary.point.timestamps)),
        ("proxy", plain(&summary.point.proxy)),
        ("seed", summary.point.seed.into()),
    ])
}

/// A value whose own names serve as keys.
fn plain(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("the summary's types have string keys and finite numbers")
}

fn millis(nanos: Option<Nanos>) -> Value {
    number(nanos.map(|nanos| nanos as f64 / 1e6))
}

fn bounds(summary: &Summary) -> Value {
    object([
        ("ttft_ms", millis(summary.error_bounds.ttft)),
        ("itl_ms", millis(summary.error_bounds.itl)),
    ])
}

fn warning(warning: &Warning) -> Value {
    let bound = match warning.bound {
        None => Value::Null,
        Some(Bound::Nanos(nanos)) => object([("ms", millis(Some(nanos)))]),
        Some(Bound::Share(share)) => object([("share", number(Some(share)))]),
    };
    object([
        ("check", plain(&warning.check)),
        ("invalidating", warning.invalidating.into()),
        ("metrics", plain(&warning.metrics)),
        ("bound", bound),
        ("statement", warning.statement.clone().into()),
        ("advice", warning.advice.clone().into()),
    ])
}

fn footnote(note: &Footnote) -> Value {
    object([
        ("metric", plain(&note.metric)),
        ("values", note.count.into()),
        ("few_from", format!("{}%", f64::from(note.from) / 10.0).into()),
    ])
}

fn requests(summary: &Summary) -> Value {
    let counts = &summary.counts;
    object([
        ("failed_share", number(counts.failed_share())),
        ("streamed", counts.streamed.into()),
        ("dropped", counts.dropped.into()),
        ("cancelled", counts.cancelled.into()),
        ("warmup", counts.warmup.into()),
        ("retried_attempts", counts.retried.into()),
    ])
}

fn goodput(summary: &Summary) -> Value {
    let Some(good) = summary.counts.good else { return Value::Null };
    let objectives = &summary.point.objectives;
    object([
        ("req_per_s", number(summary.throughput.goodput)),
        ("requests", good.into()),
        ("share", number(summary.counts.good_share())),
        ("ttft_ms", millis(objectives.ttft)),
        ("tpot_ms", millis(objectives.tpot)),
        ("latency_ms", millis(objectives.latency)),
    ])
}

/// Every distribution of the table, and what the service told of itself; null where the point does
/// not have it.
fn metrics(metrics: &Metrics) -> Value {
    let table = Metric::distributions().map(|metric| {
        let divisor = metric.definition().unit.divisor();
        (metric.key_with_unit(), distribution(metrics.get(metric), divisor))
    });
    let told = metrics.service().iter().map(|values| (values.metric.key(), service(values)));
    Value::Object(table.chain(told).collect())
}

/// Values as the service gave them, not rounded.
fn service(values: &ServiceValues) -> Value {
    let Some(all) = &values.distribution else { return Value::Null };
    let metric = &values.metric;
    let mut members = Map::new();
    members.insert("label".into(), metric.label.clone().into());
    members.insert("unit".into(), metric.unit.clone().into());
    members.insert("kind".into(), plain(&metric.kind));
    if let Some(sum) = values.sum {
        members.insert("sum".into(), sum.into());
    }
    members.extend(rows(all, all.mean.into(), |row| all.rows[row].into()));
    Value::Object(members)
}

fn concurrency(summary: &Summary) -> Value {
    let concurrency = &summary.concurrency;
    object([
        ("target", plain(&concurrency.target)),
        ("mean", number(concurrency.mean)),
        ("peak", concurrency.peak.into()),
    ])
}

fn arrivals(summary: &Summary) -> Value {
    let arrivals = &summary.arrivals;
    object([
        ("target_req_per_s", number(arrivals.target_rate)),
        ("scheduled_req_per_s", number(arrivals.scheduled_rate)),
        ("sent_req_per_s", number(arrivals.sent_rate)),
        ("sent", arrivals.sent.into()),
        ("late_over_1_ms", arrivals.late.into()),
        ("late_while_connecting", arrivals.late_connecting.into()),
        ("dropped", summary.counts.dropped.into()),
    ])
}

fn steady(steady: &Steady) -> Value {
    object([
        ("start_s", number(Some(steady.start as f64 / 1e9))),
        ("end_s", number(Some(steady.end as f64 / 1e9))),
        ("plateau", steady.plateau.into()),
        ("concurrency_mean", number(Some(steady.concurrency))),
        ("req_per_s", number(Some(steady.requests))),
        ("output_tok_per_s", number(steady.output)),
        ("total_tok_per_s", number(steady.total)),
        ("itl_mean_ms", number(steady.mean_itl.map(|nanos| nanos / 1e6))),
        ("metrics", metrics(&steady.metrics)),
    ])
}

fn connections(all: &Connections) -> Value {
    object([
        ("opened", all.opened.into()),
        ("reused", all.reused.into()),
        ("reopened", all.reopened.into()),
        ("dns_ms", distribution(all.dns.as_ref(), 1e6)),
        ("tcp_ms", distribution(all.tcp.as_ref(), 1e6)),
        ("tls_ms", distribution(all.tls.as_ref(), 1e6)),
        ("pool_wait_ms", distribution(all.pool_wait.as_ref(), 1e6)),
        ("bytes_sent", all.bytes_sent.into()),
        ("bytes_received", all.bytes_received.into()),
    ])
}
