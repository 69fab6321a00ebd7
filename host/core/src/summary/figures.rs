//! The distributions of a point and their names. The formulas of [`Figures`] are applied in
//! [`crate::metrics`].

use crate::percentile::Distribution;
use serde::{Deserialize, Serialize};

/// Distributions over the succeeded requests that have the figure; `lag` over every request sent.
///
/// Times are nanoseconds, rates millionths of a token a second, tokens tokens.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// First output less `sent`; streams only.
    pub ttft: Option<Distribution>,
    /// First output less `due`; streams only.
    pub ttft_from_due: Option<Distribution>,
    /// First output that is not reasoning less `sent`; streams only.
    pub first_answer: Option<Distribution>,
    /// Last output less `sent`; without output, end less `sent`.
    pub latency: Option<Distribution>,
    /// Last output less `due`; without output, end less `due`.
    pub latency_from_due: Option<Distribution>,
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
    /// `sent` less `due`.
    pub lag: Option<Distribution>,
    /// User stamp less kernel stamp of each read that completed output; kernel stamps only.
    pub read_lag: Option<Distribution>,
}

/// A figure by name, where doubts and footnotes speak of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each names a figure whose formula stands at its field")]
pub enum Figure {
    Ttft,
    TtftFromDue,
    FirstAnswer,
    Latency,
    LatencyFromDue,
    Tpot,
    Itl,
    ItlPerToken,
    InputTokens,
    OutputTokens,
    OutputRate,
    TotalRate,
    DecodeRate,
    Lag,
    ReadLag,
    RequestThroughput,
    OutputThroughput,
    TotalThroughput,
    Goodput,
    Concurrency,
    OfferedRate,
}

impl Figure {
    /// The figure's name in running text.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ttft => "TTFT",
            Self::TtftFromDue => "TTFT from due",
            Self::FirstAnswer => "time to first answer",
            Self::Latency => "latency",
            Self::LatencyFromDue => "latency from due",
            Self::Tpot => "TPOT",
            Self::Itl => "ITL",
            Self::ItlPerToken => "ITL per token",
            Self::InputTokens => "input tokens",
            Self::OutputTokens => "output tokens",
            Self::OutputRate => "output tok/s",
            Self::TotalRate => "total tok/s",
            Self::DecodeRate => "decode tok/s",
            Self::Lag => "lag",
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

impl Figures {
    /// Every distribution with its name, in the order of the fields.
    pub fn named(&self) -> [(Figure, Option<&Distribution>); 15] {
        [
            (Figure::Ttft, self.ttft.as_ref()),
            (Figure::TtftFromDue, self.ttft_from_due.as_ref()),
            (Figure::FirstAnswer, self.first_answer.as_ref()),
            (Figure::Latency, self.latency.as_ref()),
            (Figure::LatencyFromDue, self.latency_from_due.as_ref()),
            (Figure::Tpot, self.tpot.as_ref()),
            (Figure::Itl, self.itl.as_ref()),
            (Figure::ItlPerToken, self.itl_per_token.as_ref()),
            (Figure::InputTokens, self.input_tokens.as_ref()),
            (Figure::OutputTokens, self.output_tokens.as_ref()),
            (Figure::OutputRate, self.output_rate.as_ref()),
            (Figure::TotalRate, self.total_rate.as_ref()),
            (Figure::DecodeRate, self.decode_rate.as_ref()),
            (Figure::Lag, self.lag.as_ref()),
            (Figure::ReadLag, self.read_lag.as_ref()),
        ]
    }
}
