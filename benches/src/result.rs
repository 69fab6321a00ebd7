//! What is kept of a measurement: every run as it was, and the machine.

use crate::figures::{Metrics, Spread, median};
use crate::machine::Machine;
use crate::process::Usage;
use crate::scenario::Scenario;
use crate::server::Truth;
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
    /// The least that a client over hyper can be.
    Hyper,
    /// `loadwright perf`.
    Loadwright,
    /// The same with `--threads 2`.
    LoadwrightTwoThreads,
    /// `loadwright perf` of another build, to compare with.
    Baseline,
    /// The same with `--threads 2`.
    BaselineTwoThreads,
}

impl Tool {
    /// What it is in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare client",
            Self::Hyper => "bare hyper client",
            Self::Loadwright => "loadwright",
            Self::LoadwrightTwoThreads => "loadwright, 2 threads",
            Self::Baseline => "baseline",
            Self::BaselineTwoThreads => "baseline, 2 threads",
        }
    }

    /// The same load with the other build of loadwright; none: it is no loadwright, or the baseline
    /// itself.
    pub(crate) fn baseline(self) -> Option<Self> {
        match self {
            Self::Loadwright => Some(Self::Baseline),
            Self::LoadwrightTwoThreads => Some(Self::BaselineTwoThreads),
            Self::Bare | Self::Hyper | Self::Baseline | Self::BaselineTwoThreads => None,
        }
    }
}

/// One tool's run against a server of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Which tool.
    pub(crate) tool: Tool,
    /// Which round, from 0.
    pub(crate) round: u32,
    /// What its process used, start-up included.
    pub(crate) usage: Usage,
    /// Seconds from its start to its end.
    pub(crate) wall_s: f64,
    /// Milliseconds from its start until the server had its first request.
    #[serde(default)]
    pub(crate) first_request_ms: Option<f64>,
    /// What it reported.
    pub(crate) reported: Metrics,
    /// What the server knows.
    pub(crate) truth: Truth,
    /// What the server's process used.
    pub(crate) server_usage: Usage,
}

impl Run {
    /// Processor time a frame, in microseconds.
    pub(crate) fn cpu_us_per_frame(&self) -> f64 {
        self.usage.cpu_s * 1e6 / self.truth.frames as f64
    }

    /// What it reported of TTFT more than the server knows, in milliseconds.
    pub(crate) fn ttft_error(&self) -> Option<Spread> {
        Some(self.reported.ttft_ms?.less(self.truth.figures.ttft_ms?))
    }

    /// Likewise of ITL.
    pub(crate) fn itl_error(&self) -> Option<Spread> {
        Some(self.reported.itl_ms?.less(self.truth.figures.itl_ms?))
    }
}

impl Measurement {
    /// The tools that were measured, in the order of their first runs.
    pub(crate) fn tools(&self) -> Vec<Tool> {
        let mut tools = Vec::new();
        for run in &self.runs {
            if !tools.contains(&run.tool) {
                tools.push(run.tool);
            }
        }
        tools
    }

    /// The median of a figure over the runs of `tool`; none where it has none.
    pub(crate) fn median(&self, tool: Tool, figure: impl Fn(&Run) -> Option<f64>) -> Option<f64> {
        median(self.runs.iter().filter(|run| run.tool == tool).filter_map(figure).collect())
    }
}
