//! The distributions of a point and their names. The formulas of [`Metrics`] are applied in
//! [`crate::metrics`].

use crate::percentile::Distribution;
use serde::{Deserialize, Serialize};

/// Distributions over the succeeded requests that have the metric; `dispatch_delay` over every request sent.
///
/// Times are nanoseconds, rates millionths of a token a second, tokens tokens.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Metrics {
    /// First output less `sent`; streams only.
    pub ttft: Option<Distribution>,
    /// First output less `scheduled`; streams only.
    pub ttft_from_schedule: Option<Distribution>,
    /// First output that is not reasoning less `sent`; streams only.
    pub first_answer: Option<Distribution>,
    /// Last output less `sent`; without output, end less `sent`.
    pub latency: Option<Distribution>,
    /// Last output less `scheduled`; without output, end less `scheduled`.
    pub latency_from_schedule: Option<Distribution>,
    /// (last output - first output) / (n - 1) of streams of two output frames or more.
    pub tpot: Option<Distribution>,
    /// Gaps between successive output frames of all requests.
    pub itl: Option<Distribution>,
    /// Gaps divided among the tokens of the frame that ended them, where frames tell their tokens.
    pub itl_per_token: Option<Distribution>,
    /// Tokens of the prompt.
    pub input_tokens: Option<Distribution>,
    /// Tokens of the reply.
    pub output_tokens: Option<Distribution>,
    /// Output tokens / latency of each request.
    pub output_rate: Option<Distribution>,
    /// (input + output tokens) / latency of each request.
    pub total_rate: Option<Distribution>,
    /// 1 / TPOT of each request.
    pub decode_rate: Option<Distribution>,
    /// `sent` less `scheduled`.
    pub dispatch_delay: Option<Distribution>,
    /// User stamp less kernel stamp of each read that completed output; kernel stamps only.
    pub read_lag: Option<Distribution>,
}

/// A metric by name, where warnings and footnotes speak of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each names a metric whose formula stands at its field")]
pub enum Metric {
    Ttft,
    TtftFromSchedule,
    FirstAnswer,
    Latency,
    LatencyFromSchedule,
    Tpot,
    Itl,
    ItlPerToken,
    InputTokens,
    OutputTokens,
    OutputRate,
    TotalRate,
    DecodeRate,
    DispatchDelay,
    ReadLag,
    RequestThroughput,
    OutputThroughput,
    TotalThroughput,
    Goodput,
    Concurrency,
    OfferedRate,
}

impl Metric {
    /// The metric's name in running text.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ttft => "TTFT",
            Self::TtftFromSchedule => "TTFT from schedule",
            Self::FirstAnswer => "time to first answer",
            Self::Latency => "latency",
            Self::LatencyFromSchedule => "latency from schedule",
            Self::Tpot => "TPOT",
            Self::Itl => "ITL",
            Self::ItlPerToken => "ITL per token",
            Self::InputTokens => "input tokens",
            Self::OutputTokens => "output tokens",
            Self::OutputRate => "output tok/s",
            Self::TotalRate => "total tok/s",
            Self::DecodeRate => "decode tok/s",
            Self::DispatchDelay => "dispatch_delay",
            Self::ReadLag => "read lag",
            Self::RequestThroughput => "request throughput",
            Self::OutputThroughput => "output throughput",
            Self::TotalThroughput => "total throughput",
            Self::Goodput => "goodput",
            Self::Concurrency => "concurrency",
            Self::OfferedRate => "offered rate",
        }
    }
}

impl Metrics {
    /// Every distribution with its name, in the order of the fields.
    pub fn named(&self) -> [(Metric, Option<&Distribution>); 15] {
        [
            (Metric::Ttft, self.ttft.as_ref()),
            (Metric::TtftFromSchedule, self.ttft_from_schedule.as_ref()),
            (Metric::FirstAnswer, self.first_answer.as_ref()),
            (Metric::Latency, self.latency.as_ref()),
            (Metric::LatencyFromSchedule, self.latency_from_schedule.as_ref()),
            (Metric::Tpot, self.tpot.as_ref()),
            (Metric::Itl, self.itl.as_ref()),
            (Metric::ItlPerToken, self.itl_per_token.as_ref()),
            (Metric::InputTokens, self.input_tokens.as_ref()),
            (Metric::OutputTokens, self.output_tokens.as_ref()),
            (Metric::OutputRate, self.output_rate.as_ref()),
            (Metric::TotalRate, self.total_rate.as_ref()),
            (Metric::DecodeRate, self.decode_rate.as_ref()),
            (Metric::DispatchDelay, self.dispatch_delay.as_ref()),
            (Metric::ReadLag, self.read_lag.as_ref()),
        ]
    }
}
