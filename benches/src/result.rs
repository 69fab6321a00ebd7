//! The results of a measurement: every run, and the machine.

use crate::machine::Machine;
use crate::metrics::{Metrics, Spread, median};
use crate::process::Usage;
use crate::receiver::Received;
use crate::scenario::Scenario;
use crate::server::ServerReport;
use serde::{Deserialize, Serialize};

/// One scenario measured: the content of a file in benches/results.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measurement {
    /// What was measured.
    pub(crate) scenario: Scenario,
    /// Requests in each run.
    pub(crate) requests: u64,
    /// When, in UTC.
    pub(crate) date: String,
    /// On what.
    pub(crate) machine: Machine,
    /// Every run, in the order in which they were made.
    pub(crate) runs: Vec<Run>,
}

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tool {
    /// The bare socket client.
    Bare,
    /// The minimal hyper client.
    Hyper,
    /// `loadwright perf`.
    Loadwright,
    /// The same with `--threads 2`.
    LoadwrightTwoThreads,
    /// The same with `--exporter otlp`, which sends every span.
    LoadwrightOtlp,
    /// `loadwright perf` of another build.
    Baseline,
    /// The same with `--threads 2`.
    BaselineTwoThreads,
}

impl Tool {
    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare client",
            Self::Hyper => "bare hyper client",
            Self::Loadwright => "loadwright",
            Self::LoadwrightTwoThreads => "loadwright, 2 threads",
            Self::LoadwrightOtlp => "loadwright, otlp",
            Self::Baseline => "baseline",
            Self::BaselineTwoThreads => "baseline, 2 threads",
        }
    }

    /// The same with the baseline build; `None` for other clients and for the baseline itself.
    pub(crate) fn baseline(self) -> Option<Self> {
        match self {
            Self::Loadwright => Some(Self::Baseline),
            Self::LoadwrightTwoThreads => Some(Self::BaselineTwoThreads),
            _ => None,
        }
    }

    /// The same with `--exporter otlp`; `None` where that is not measured.
    pub(crate) fn with_otlp(self) -> Option<Self> {
        (self == Self::Loadwright).then_some(Self::LoadwrightOtlp)
    }

    /// The tool whose metrics are compared with its own.
    pub(crate) fn compared_with(self) -> Option<Self> {
        if self == Self::LoadwrightOtlp { Some(Self::Loadwright) } else { self.baseline() }
    }
}

/// One tool's run against a server of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Which tool.
    pub(crate) tool: Tool,
    /// Which round, from 0.
    pub(crate) round: u32,
    /// What its process used, including start-up.
    pub(crate) usage: Usage,
    /// Seconds from its start to its end.
    pub(crate) wall_s: f64,
    /// Milliseconds from its start until the server had its first request.
    #[serde(default)]
    pub(crate) first_request_ms: Option<f64>,
    /// What it reported.
    pub(crate) reported: Metrics,
    /// What the server measured.
    #[serde(alias = "truth")]
    pub(crate) server: ServerReport,
    /// What the server's process used.
    pub(crate) server_usage: Usage,
    /// What the receiver of its spans got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) received: Option<Received>,
}

impl Run {
    /// CPU time per frame, in microseconds.
    pub(crate) fn cpu_us_per_frame(&self) -> f64 {
        self.usage.cpu_s * 1e6 / self.server.frames as f64
    }

    /// Reported TTFT minus the server's, in milliseconds.
    pub(crate) fn ttft_error(&self) -> Option<Spread> {
        Some(self.reported.ttft_ms?.minus(self.server.metrics.ttft_ms?))
    }

    /// Reported ITL minus the server's, in milliseconds.
    pub(crate) fn itl_error(&self) -> Option<Spread> {
        Some(self.reported.itl_ms?.minus(self.server.metrics.itl_ms?))
    }
}

impl Measurement {
    /// The measured tools, in the order of their first runs.
    pub(crate) fn tools(&self) -> Vec<Tool> {
        let mut tools = Vec::new();
        for run in &self.runs {
            if !tools.contains(&run.tool) {
                tools.push(run.tool);
            }
        }
        tools
    }

    /// The median of a metric over the runs of `tool`, if they have it.
    pub(crate) fn median(&self, tool: Tool, metric: impl Fn(&Run) -> Option<f64>) -> Option<f64> {
        median(self.runs.iter().filter(|run| run.tool == tool).filter_map(metric).collect())
    }
}
