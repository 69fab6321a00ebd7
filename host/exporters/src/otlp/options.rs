//! The options of `otlp`: `--exporter-option otlp.KEY=VALUE`.

use super::signal::{Protocol, Signal};
use loadwright_core::plan::Load;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[cfg(test)]
mod tests;

/// Their JSON schema, as a plugin's manifest has one.
pub const OPTIONS_SCHEMA: &str = include_str!("options.json");

/// The options.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The conventions plugin that names spans and metrics.
    pub conventions: String,
    /// What `OTEL_SEMCONV_STABILITY_OPT_IN` says to it.
    pub semconv: Option<String>,
    /// The receiver, as `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub endpoint: Option<String>,
    /// As `OTEL_EXPORTER_OTLP_PROTOCOL`.
    pub protocol: Option<Protocol>,
    /// Whether files are written in place of sending.
    pub mode: Mode,
    /// Send spans.
    pub traces: bool,
    /// Send metrics.
    pub metrics: bool,
    /// Send the run's log.
    pub logs: bool,
    /// Send the phases of each request as child spans.
    pub phases: bool,
    /// Share of the traces that are sampled, 0 to 1; none: as `OTEL_TRACES_SAMPLER` says.
    pub sampling_ratio: Option<f64>,
    /// Sampled traces a second; becomes a ratio by the rate of an open loop.
    pub sampling_rate: Option<f64>,
    /// Send the spans of requests slower than the point's 99th percentile too.
    pub slow_tail: bool,
    /// How distributions are aggregated.
    pub histograms: Option<Histograms>,
    /// Seconds between two metrics requests.
    pub interval: Option<f64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            conventions: "genai".into(),
            semconv: None,
            endpoint: None,
            protocol: None,
            mode: Mode::Online,
            traces: true,
            metrics: true,
            logs: true,
            phases: false,
            sampling_ratio: None,
            sampling_rate: None,
            slow_tail: true,
            histograms: None,
            interval: None,
        }
    }
}

/// Where telemetry goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// To a receiver.
    Online,
    /// Into files: OTLP JSON lines.
    Offline,
}

/// How distributions are aggregated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Histograms {
    /// Base-2 exponential histograms of at most 160 buckets.
    Exponential,
    /// The buckets that the semantic conventions advise.
    Explicit,
}

impl Options {
    /// Reads options as they were typed.
    ///
    /// # Errors
    /// One is unknown, of another type or out of range.
    pub fn read(given: &BTreeMap<String, String>) -> Result<Self, String> {
        let schema: Value = serde_json::from_str(OPTIONS_SCHEMA).unwrap_or_default();
        let mut typed = Map::new();
        for (name, text) in given {
            let kind = &schema["properties"][name]["type"];
            let value =
                if kind == "string" { None } else { serde_json::from_str(text.trim()).ok() };
            typed.insert(name.clone(), value.unwrap_or_else(|| text.as_str().into()));
        }
        let read = |(name, value): (&String, &Value)| {
            let one = Map::from_iter([(name.clone(), value.clone())]);
            let told = serde_json::from_value::<Self>(one.into()).err();
            told.map(|error| format!("{name}: {error}"))
        };
        if let Some(error) = typed.iter().find_map(read) {
            return Err(error);
        }
        let options: Self =
            serde_json::from_value(typed.into()).map_err(|error| error.to_string())?;
        let share = options.sampling_ratio.is_none_or(|ratio| (0.0..=1.0).contains(&ratio));
        let rate = options.sampling_rate.is_none_or(|rate| rate.is_finite() && rate >= 0.0);
        let interval = options.interval.is_none_or(|span| (0.1..=86_400.0).contains(&span));
        let checks = [
            (share, "sampling_ratio: must be between 0 and 1"),
            (rate, "sampling_rate: must be a number of traces a second, 0 or more"),
            (interval, "interval: must be between 0.1 and 86400 seconds"),
            (
                options.sampling_ratio.is_none() || options.sampling_rate.is_none(),
                "sampling_rate: cannot be given beside sampling_ratio; leave one out",
            ),
        ];
        let broken = checks.into_iter().find(|(holds, _)| !holds);
        broken.map_or(Ok(options), |(_, text)| Err(text.into()))
    }

    /// The share of a point's traces that is sampled, stored in its plan before it starts; none: neither
    /// a share nor a rate is given.
    ///
    /// # Errors
    /// `sampling_rate` is given, and the point's rate is not known beforehand.
    pub fn ratio(&self, load: &Load) -> Result<Option<f64>, String> {
        let Some(wanted) = self.sampling_rate else { return Ok(self.sampling_ratio) };
        match load {
            Load::Open { arrival, .. } if arrival.rate > 0.0 => {
                Ok(Some((wanted / arrival.rate).min(1.0)))
            }
            Load::Open { .. } | Load::Closed { .. } | Load::Trace { .. } => Err(
                "sampling_rate: needs an open loop with --rate, since only then is the rate known \
                 before the point; give sampling_ratio instead"
                    .into(),
            ),
        }
    }

    pub(super) fn has(&self, signal: Signal) -> bool {
        match signal {
            Signal::Traces => self.traces,
            Signal::Metrics => self.metrics,
            Signal::Logs => self.logs,
        }
    }
}
