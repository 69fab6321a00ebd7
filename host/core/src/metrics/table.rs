//! The table of metrics: a row each. Everything that names a metric, gives its unit or lists all of
//! them reads it here; what the columns mean is said at [`Definition`].

use super::{Definition, EvalScope, Needs, Over, Unit};
use serde::{Deserialize, Serialize};

/// Makes the rows into an enum and its definitions, so that neither can be without the other.
macro_rules! table {
    ($($metric:ident { $($column:ident: $value:expr,)+ })+) => {
        /// A metric; [`Metric::definition`] says what it is.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        #[serde(into = "&'static str", try_from = "String")]
        #[expect(missing_docs, reason = "the table has the label and the formula of each")]
        pub enum Metric { $($metric,)+ }

        impl Metric {
            /// Every metric, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$metric),+];

            /// The metric's row.
            pub const fn definition(self) -> &'static Definition {
                match self {
                    $(Self::$metric => const { &Definition { $($column: $value,)+ } },)+
                }
            }
        }
    };
}

table! {
    Ttft {
        key: "ttft", label: "TTFT", unit: Unit::Time, needs: Needs::Stream,
        formula: "first output − sent", exists: "streams with output",
        over: Over::Requests(|row| row.ttft()),
        evalscope: millis("Avg TTFT (ms)", "TTFT (ms)"),
    }
    TtftFromSchedule {
        key: "ttft_from_schedule", label: "TTFT from schedule", unit: Unit::Time,
        needs: Needs::Stream,
        formula: "first output − scheduled", exists: "streams with output",
        over: Over::Requests(|row| row.ttft_from_schedule()),
        evalscope: None,
    }
    FirstAnswer {
        key: "first_answer", label: "time to first answer", unit: Unit::Time,
        needs: Needs::Stream,
        formula: "first output that is not reasoning − sent", exists: "streams with an answer",
        over: Over::Requests(|row| Some(row.answer()?.saturating_sub(row.sent))),
        evalscope: None,
    }
    Latency {
        key: "latency", label: "latency", unit: Unit::Time, needs: Needs::Nothing,
        formula: "last output − sent; without output, end − sent", exists: "all",
        over: Over::Requests(|row| Some(row.latency())),
        evalscope: scaled(Some("Avg Latency (s)"), "Latency (s)", 1e9),
    }
    LatencyFromSchedule {
        key: "latency_from_schedule", label: "latency from schedule", unit: Unit::Time,
        needs: Needs::Nothing,
        formula: "last output − scheduled; without output, end − scheduled", exists: "all",
        over: Over::Requests(|row| Some(row.latency_from_schedule())),
        evalscope: None,
    }
    Tpot {
        key: "tpot", label: "TPOT", unit: Unit::Time, needs: Needs::Stream,
        formula: "(last output − first output) / (n − 1)",
        exists: "streams of two output frames or more, n > 1",
        over: Over::Requests(|row| row.tpot()),
        evalscope: millis("Avg TPOT (ms)", "TPOT (ms)"),
    }
    Itl {
        key: "itl", label: "ITL", unit: Unit::Time, needs: Needs::Stream,
        formula: "gap between successive output frames", exists: "streams; every gap is kept",
        over: Over::Frames,
        evalscope: millis("Avg ITL (ms)", "ITL (ms)"),
    }
    ItlPerToken {
        key: "itl_per_token", label: "ITL per token", unit: Unit::Time, needs: Needs::Stream,
        formula: "a gap that ends with a frame of k tokens counts as gap / k, k times",
        exists: "streams whose frames give their token counts",
        over: Over::Frames,
        evalscope: None,
    }
    InputTokens {
        key: "input_tokens", label: "input tokens", unit: Unit::Tokens, needs: Needs::Nothing,
        formula: "tokens of the prompt", exists: "prompts whose tokens were counted",
        over: Over::Requests(|row| row.input()),
        evalscope: scaled(Some("Avg Input Tokens"), "Input tokens", 1.0),
    }
    OutputTokens {
        key: "output_tokens", label: "output tokens", unit: Unit::Tokens, needs: Needs::Nothing,
        formula: "n", exists: "n known",
        over: Over::Requests(|row| row.output()),
        evalscope: scaled(Some("Avg Output Tokens"), "Output tokens", 1.0),
    }
    OutputRate {
        key: "output_tok_per_s", label: "output tok/s", unit: Unit::TokenRate,
        needs: Needs::Nothing,
        formula: "n / latency", exists: "n known, latency not 0",
        over: Over::Requests(|row| row.per_second(row.output()?)),
        evalscope: scaled(None, "Output (tok/s)", 1e6),
    }
    TotalRate {
        key: "total_tok_per_s", label: "total tok/s", unit: Unit::TokenRate,
        needs: Needs::Nothing,
        formula: "(input tokens + n) / latency", exists: "both known, latency not 0",
        over: Over::Requests(|row| row.per_second(row.input()? + row.output()?)),
        evalscope: scaled(None, "Total (tok/s)", 1e6),
    }
    DecodeRate {
        key: "decode_tok_per_s", label: "decode tok/s", unit: Unit::TokenRate,
        needs: Needs::Stream,
        formula: "(n − 1) / (last output − first output)", exists: "as TPOT, if that is not 0",
        over: Over::Requests(|row| row.decode_rate()),
        evalscope: scaled(None, "Decode (tok/s)", 1e6),
    }
    DispatchDelay {
        key: "dispatch_delay", label: "dispatch delay", unit: Unit::Time, needs: Needs::Nothing,
        formula: "sent − scheduled", exists: "every request sent, first attempts",
        over: Over::FirstAttempts(|row| Some(row.dispatch_delay())),
        evalscope: None,
    }
    ReadLag {
        key: "read_lag", label: "read lag", unit: Unit::Time, needs: Needs::KernelTimestamps,
        formula: "user timestamp − kernel timestamp of each read that completed output",
        exists: "kernel timestamps",
        over: Over::Frames,
        evalscope: None,
    }
    Failed {
        key: "failed", label: "failed requests", unit: Unit::Requests, needs: Needs::Nothing,
        formula: "failed; as a share, / total", exists: "all",
        over: Over::Point {
            value: |of| Some(of.counts.failed as f64),
            share: Some(|of| of.counts.failed_share()),
        },
        evalscope: None,
    }
    Dropped {
        key: "dropped", label: "dropped slots", unit: Unit::Requests, needs: Needs::Nothing,
        formula: "dropped; as a share, / (sent + dropped)", exists: "all",
        over: Over::Point {
            value: |of| Some(of.counts.dropped as f64),
            share: Some(|of| of.counts.dropped_share(of.arrivals.sent)),
        },
        evalscope: None,
    }
    Goodput {
        key: "goodput", label: "goodput", unit: Unit::RequestRate, needs: Needs::Objectives,
        formula: "requests that meet every objective / duration; as a share, / (total + dropped)",
        exists: "points with objectives",
        over: Over::Point {
            value: |of| of.throughput.goodput,
            share: Some(|of| of.counts.good_share()),
        },
        evalscope: None,
    }
    RequestThroughput {
        key: "request_throughput", label: "request throughput", unit: Unit::RequestRate,
        needs: Needs::Nothing,
        formula: "successful / duration", exists: "all",
        over: Over::Point { value: |of| of.throughput.requests, share: None },
        evalscope: value("Req Throughput (req/s)"),
    }
    OutputThroughput {
        key: "output_throughput", label: "output throughput", unit: Unit::TokenRate,
        needs: Needs::Nothing,
        formula: "sum of output tokens / duration", exists: "any n known",
        over: Over::Point { value: |of| of.throughput.output, share: None },
        evalscope: value("Output Throughput (tok/s)"),
    }
    TotalThroughput {
        key: "total_throughput", label: "total throughput", unit: Unit::TokenRate,
        needs: Needs::Nothing,
        formula: "(sum of input + sum of output tokens) / duration", exists: "any of both known",
        over: Over::Point { value: |of| of.throughput.total, share: None },
        evalscope: value("Total Throughput (tok/s)"),
    }
    Concurrency {
        key: "concurrency", label: "concurrency", unit: Unit::Requests, needs: Needs::Nothing,
        formula: "sum of (end − sent) of all attempts / duration", exists: "all",
        over: Over::Point { value: |of| of.concurrency.mean, share: None },
        evalscope: None,
    }
    SentRate {
        key: "sent_rate", label: "sent rate", unit: Unit::RequestRate, needs: Needs::Nothing,
        formula: "(slots sent − 1) / (last sent − first sent)", exists: "two slots sent or more",
        over: Over::Point { value: |of| of.arrivals.sent_rate, share: None },
        evalscope: None,
    }
}

/// EvalScope's names of a distribution that both of its files give in milliseconds.
const fn millis(summary: &'static str, percentiles: &'static str) -> Option<EvalScope> {
    scaled(Some(summary), percentiles, 1e6)
}

const fn scaled(
    summary: Option<&'static str>,
    percentiles: &'static str,
    divisor: f64,
) -> Option<EvalScope> {
    Some(EvalScope { summary, percentiles: Some(percentiles), divisor })
}

/// EvalScope's name of a value of the point as a whole.
const fn value(summary: &'static str) -> Option<EvalScope> {
    Some(EvalScope { summary: Some(summary), percentiles: None, divisor: 1.0 })
}
