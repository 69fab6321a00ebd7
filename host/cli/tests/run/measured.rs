//! What a point's own files say of it, to compare with what exporters sent.

use crate::Place;
use serde_json::{Map, Value};

/// A secret of the target: the configuration that is sent must not hold it.
pub(crate) const HIDDEN: &str = "sk-hidden-from-everyone";

/// A run of one point with enough requests for percentiles that differ.
pub(crate) const LINE: &str = "--number 40 --parallel 4 --api-key sk-hidden-from-everyone";

/// Percentiles that are compared, with their names in the files.
pub(crate) const PERCENTS: [(f64, &str); 3] = [(0.5, "50%"), (0.9, "90%"), (0.99, "99%")];

/// Files of one point.
pub(crate) struct Measured {
    summary: Value,
    args: Map<String, Value>,
}

impl Measured {
    /// Those of the only point that [`LINE`] makes.
    pub(crate) fn read(place: &Place) -> Self {
        let point = "parallel_4_number_40";
        let args = place.json(point, "benchmark_args.json");
        let mut args = args.as_object().expect("an object").clone();
        // Exporters are told of plugins apart from settings.
        args.remove("plugins");
        Self { summary: place.summary(point), args }
    }

    /// Metrics of the summary, by their names and labels in docs/EXPORTERS.md.
    pub(crate) fn metrics(&self) -> Vec<(&'static str, &'static str, f64)> {
        [
            ("completed", "successful requests", "Success Requests", 1.0),
            ("failed", "failed requests", "Failed Requests", 1.0),
            ("duration", "duration (s)", "Test Duration (s)", 1.0),
            ("request_throughput", "request throughput (req/s)", "Req Throughput (req/s)", 1.0),
            ("output_throughput", "output throughput (tok/s)", "Output Throughput (tok/s)", 1.0),
            ("latency_mean", "latency, mean (s)", "Avg Latency (s)", 1.0),
            ("ttft_mean", "TTFT, mean (s)", "Avg TTFT (ms)", 1e-3),
            ("itl_mean", "ITL, mean (s)", "Avg ITL (ms)", 1e-3),
            ("output_tokens_mean", "output tokens, mean", "Avg Output Tokens", 1.0),
        ]
        .map(|(name, label, key, unit)| {
            (name, label, self.summary[key].as_f64().expect(key) * unit)
        })
        .into()
    }

    /// A percentile of latency or TTFT, in seconds.
    pub(crate) fn percentile(&self, metric: &str, percent: &str) -> f64 {
        let value = &self.summary["loadwright"]["metrics"][format!("{metric}_ms")][percent];
        value.as_f64().expect(metric) * 1e-3
    }

    /// Settings that were sent are those of the point, without its secret.
    pub(crate) fn assert_settings<'a>(&self, sent: impl Iterator<Item = (&'a String, &'a Value)>) {
        let sent: Vec<_> = sent.filter(|(name, _)| self.args.contains_key(*name)).collect();
        assert_eq!(sent.len(), self.args.len());
        for (name, value) in sent {
            assert_eq!(value, &self.args[name], "{name}");
        }
        let key = self.args["api_key"].as_str().expect("a masked key");
        assert!(!key.is_empty() && !key.contains(HIDDEN), "{key}");
    }

    /// A percentile of a histogram is the upper end of the first bin with at least that share of the
    /// values in it and below.
    pub(crate) fn assert_histogram(&self, metric: &str, upper_ends: &[f64], counts: &[f64]) {
        assert_eq!(upper_ends.len(), counts.len());
        assert_eq!(counts.iter().sum::<f64>(), 40.0);
        for (q, percent) in PERCENTS {
            let mut below = 0.0;
            let bin = counts.iter().position(|count| {
                below += count;
                below >= (q * 40.0).ceil()
            });
            let (drawn, exact) =
                (upper_ends[bin.expect("a bin")], self.percentile(metric, percent));
            assert!((exact * 0.999..=exact * 1.02).contains(&drawn), "{percent}: {drawn} {exact}");
        }
    }
}

/// The same number: files have six decimals of it.
pub(crate) fn assert_near(sent: f64, file: f64, name: &str) {
    assert!((sent - file).abs() <= 1e-6_f64.max(file.abs() * 1e-6), "{name}: {sent}, {file}");
}

/// Numbers of a list.
pub(crate) fn numbers(list: &Value) -> Vec<f64> {
    let number = |it: &Value| it.as_f64().or_else(|| it.as_str()?.parse().ok());
    list.as_array().expect("a list").iter().map(|it| number(it).expect("a number")).collect()
}
