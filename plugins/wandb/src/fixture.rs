//! A run of two metrics, for tests.

pub(crate) mod service;

use crate::description::{Description, Named};
use crate::settings::Settings;
use loadwright_plugin::Field;
use loadwright_plugin::exporter::{
    Bucket, Distribution, EndReason, Metric, MetricKind, Quantile, Run, Summary,
};

pub(crate) fn settings() -> Settings {
    Settings::default()
}

pub(crate) fn metric(name: &str) -> Metric {
    Metric { name: name.into(), label: name.into(), unit: "s".into(), kind: MetricKind::Gauge }
}

pub(crate) fn run(points: &[&str]) -> Run {
    Run {
        id: "0123456789abcdef".into(),
        name: "model_20260101".into(),
        model: "m".into(),
        started: 100.0,
        tool: "loadwright 0.1.0".into(),
        settings: r#"{"parallel":1}"#.into(),
        points: points.iter().map(|point| (*point).to_owned()).collect(),
        row_metrics: ["request_rate", "ttft_p99"].map(metric).into(),
        summary_metrics: ["ttft_p99"].map(metric).into(),
        plugins: vec![Field { name: "openai".into(), value: "1.0 sha256:aa".into() }],
        live: true,
        resume: String::new(),
        extra: String::new(),
    }
}

pub(crate) fn distribution(metric: &str) -> Distribution {
    Distribution {
        metric: metric.into(),
        label: metric.into(),
        unit: "s".into(),
        count: 4.0,
        sum: 1.0,
        min: 0.1,
        max: 0.4,
        quantiles: [(0.5, 0.2), (0.999, 0.4)].map(|(q, value)| Quantile { q, value }).into(),
        buckets: [0.1, 0.2, 0.3, 0.4].map(|upper_bound| Bucket { upper_bound, count: 1.0 }).into(),
        extra: String::new(),
    }
}

pub(crate) fn summary(end_reason: EndReason) -> Summary {
    Summary {
        end_reason,
        ended: 10.0,
        verdict: "valid_with_warnings".into(),
        warnings: vec!["the client was slow".into()],
        values: vec![Some(0.4)],
        distributions: vec![distribution("ttft")],
        benchmark_summary: r#"{"a":1}"#.into(),
        benchmark_percentile: r#"{"b":1}"#.into(),
        extra: String::new(),
    }
}

pub(crate) fn description() -> Description {
    let named = Named { index: 0, name: "parallel 1", settings: r#"{"parallel":1}"# };
    Description::new(&settings(), &run(&["parallel 1"]), named)
}
