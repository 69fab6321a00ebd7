//! The whole space of warnings, each with what was measured.

use crate::Nanos;
use crate::sample::EndReason;
use crate::summary::Metric;
use serde::{Deserialize, Serialize};

/// What was found. Times are nanoseconds, shares 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Check {
    /// No request succeeded.
    NothingMeasured {
        /// Requests that failed.
        failed: u64,
    },
    /// The point ended before it was served.
    EndedEarly {
        /// How.
        end_reason: EndReason,
    },
    /// More than 1 % of the requests failed; invalidating above 50 %.
    Failures {
        /// Their share.
        share: f64,
    },
    /// Slots that were scheduled were never sent: over the cap of requests in flight, or no worker was
    /// free before the point ended. Grave above 10 %.
    Dropped {
        /// Slots dropped.
        dropped: u64,
        /// Their share of all slots.
        share: f64,
    },
    /// Requests were sent at less than 95 % of the rate at which they were scheduled; invalidating below 80 %.
    RateMissed {
        /// Requests a second at which the slots sent were scheduled.
        scheduled: f64,
        /// Requests a second sent.
        sent: f64,
    },
    /// More than 1 % of the slots of an arrival plan were over 1 ms late.
    LateSlots {
        /// Slots late.
        late: u64,
        /// Of those, slots that opened their connection.
        connecting: u64,
        /// Their share of the slots sent.
        share: f64,
        /// 99th percentile of the dispatch delay.
        p99: Nanos,
    },
    /// At no moment were more than 95 % of the workers' requests in flight.
    ConcurrencyMissed {
        /// Workers.
        asked: u32,
        /// The most in flight at one moment.
        peak: u32,
    },
    /// Workers of a closed loop waited because the service answered 429 or 503.
    RefusalWaits {
        /// How often.
        times: u64,
        /// How long, in nanoseconds, summed over the workers.
        waited: Nanos,
    },
    /// Fewer than 90 % of the workers' requests were in flight on average.
    ConcurrencyLow {
        /// Workers.
        asked: u32,
        /// Mean in flight over the whole point.
        mean: f64,
        /// Mean in flight over the steady window.
        steady: f64,
    },
    /// The pacing timer was over 1 ms late in more than 10 % of the samples.
    TimerLate {
        /// The worst of it.
        worst: Nanos,
    },
    /// The client read 1 % of the frames later than a tenth of the median gap after they arrived;
    /// the limit is no less than 0.1 ms and no more than 1 ms. Kernel stamps are right all the same
    /// where nothing merged, so that this bounds the error and does not measure it.
    ReadLag {
        /// Median.
        p50: Nanos,
        /// 99th percentile.
        p99: Nanos,
        /// The largest.
        max: Nanos,
    },
    /// More than 5 % of the gaps lie between frames that one read completed.
    SharedStamps {
        /// Their share.
        share: f64,
    },
    /// Kernel stamps were asked for and could not be had.
    UserStamps {
        /// Because HTTP/2 frames are stamped when they are polled.
        http2: bool,
    },
    /// A step of the wall clock was noticed: kernel stamps are on it.
    ClockSteps {
        /// How many.
        steps: u64,
    },
    /// An engine thread was busy for 95 % of the time in more than 10 % of the samples.
    CpuBusy {
        /// The busiest.
        worst: f64,
        /// Share of the samples.
        share: f64,
    },
    /// More than 1 % of the slots or free workers found no formatted request.
    Starved {
        /// How often.
        times: u64,
        /// What took longer.
        by: Part,
    },
    /// Dispatch waited for the interpreters of replies, or dropped slots because of them.
    Stalled {
        /// How often.
        times: u64,
        /// The most bytes of replies that waited at the end of a sample.
        backlog: u64,
    },
    /// This machine ran out of ports or files; with an arrival plan invalidating where more than 10 % of the
    /// requests were never sent for it, since the rates are those of the requests that were.
    LocalLimits {
        /// Attempts that met the limit.
        attempts: u64,
        /// Requests never sent for it, as a share of all.
        share: f64,
    },
    /// A plugin instance was thrown away after a trap or a limit.
    PluginRestarts {
        /// How often.
        times: u64,
    },
    /// Prompts whose length could not be made exact.
    InexactPrompts {
        /// How many.
        prompts: u64,
    },
    /// Output tokens were counted in different ways.
    UnlikeSources {
        /// Requests whose count is not from the most frequent source.
        requests: u64,
        /// Their share of those counted.
        share: f64,
    },
    /// Succeeded requests whose output tokens nobody counted.
    Uncounted {
        /// How many.
        requests: u64,
        /// Their share.
        share: f64,
    },
    /// Usage and tokenizer differ by more than 10 % over the requests that have both.
    CountsDiffer {
        /// Output tokens by usage.
        usage: u64,
        /// Output tokens by the tokenizer.
        tokenizer: u64,
    },
    /// The service counts over 1 % more or fewer tokens in the prompts than the dataset, which made
    /// them to length, over the first turns that have both counts.
    InputDiffers {
        /// Input tokens as the dataset made them.
        made: u64,
        /// Input tokens by usage.
        usage: u64,
    },
    /// Requests asked for several choices, whose frames nothing tells apart: what is between the
    /// tokens of one reply has no metric.
    SeveralChoices {
        /// How many.
        choices: u32,
    },
    /// Streamed replies of two tokens or more in which nothing was found that a reader sees.
    TextNotFound {
        /// How many.
        requests: u64,
        /// Their share of the streamed replies.
        share: f64,
    },
    /// Replies with text whose usage says that they have no token.
    ZeroUsage {
        /// How many.
        requests: u64,
        /// Their share of all replies.
        share: f64,
    },
    /// Over 5 % of the streamed replies of more than one token came whole at one moment.
    OnePiece {
        /// How many.
        requests: u64,
        /// Their share.
        share: f64,
    },
    /// Over 1 % of the successful requests have no value of a metric that an objective limits.
    ObjectiveAbsent {
        /// The metric.
        metric: Metric,
        /// How many.
        requests: u64,
        /// Their share.
        share: f64,
    },
    /// A metric's means over the halves of the steady window differ by more than 10 % and by more
    /// than three standard errors.
    Drift {
        /// Which.
        metric: Metric,
        /// Mean over the first half.
        first: f64,
        /// Mean over the second half.
        second: f64,
    },
}

/// A stage that makes requests before they are scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The dataset's `generate`.
    Dataset,
    /// The protocol's `format`.
    Protocol,
}
