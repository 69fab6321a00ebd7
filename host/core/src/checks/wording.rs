//! What a warning says: what was found, the metrics it touches and how far they may be off. What to
//! do about it stands in [`super::advice`].

use super::advice::advice;
use super::{Bound, Check, Warning};
use crate::Nanos;
use crate::plan::{Load, Plan};
use crate::sample::EndReason;
use crate::summary::Metric;
use crate::words::{counted, times};

/// Puts `check` into words.
pub(super) fn warning(plan: &Plan, check: Check, invalidating: bool) -> Warning {
    Warning {
        check,
        invalidating,
        metrics: metrics(&check),
        bound: bound(&check),
        statement: statement(plan, &check),
        advice: advice(plan, &check),
    }
}

fn metrics(check: &Check) -> Vec<Metric> {
    use Metric::*;
    match check {
        Check::NothingMeasured { .. } => vec![],
        Check::EndedEarly { .. } => vec![RequestThroughput, OutputThroughput, TotalThroughput],
        Check::Failures { .. } => vec![Ttft, Latency, Tpot, Itl, RequestThroughput],
        Check::Dropped { .. } => vec![OfferedRate, Ttft, Latency],
        Check::RateMissed { .. } => vec![OfferedRate, Ttft, Latency, RequestThroughput],
        Check::LateSlots { .. } => vec![DispatchDelay, Ttft, Latency],
        Check::ConcurrencyMissed { .. }
        | Check::ConcurrencyLow { .. }
        | Check::RefusalWaits { .. } => {
            vec![Concurrency, RequestThroughput, OutputThroughput]
        }
        Check::TimerLate { .. } => vec![DispatchDelay, TtftFromSchedule, LatencyFromSchedule],
        Check::ReadLag { .. } | Check::ClockSteps { .. } | Check::UserStamps { .. } => {
            vec![Ttft, Itl]
        }
        Check::SharedStamps { .. } => vec![Itl, ItlPerToken],
        Check::CpuBusy { .. } => vec![Ttft, Itl, DispatchDelay, RequestThroughput],
        Check::Starved { .. } => vec![DispatchDelay, RequestThroughput, OutputThroughput],
        Check::Stalled { .. } => vec![RequestThroughput, OutputThroughput],
        Check::LocalLimits { share, .. } if *share > 0.0 => {
            vec![OfferedRate, Ttft, Latency, RequestThroughput]
        }
        Check::LocalLimits { .. } => vec![RequestThroughput],
        Check::PluginRestarts { .. } => vec![RequestThroughput],
        Check::InexactPrompts { .. } | Check::InputDiffers { .. } => {
            vec![InputTokens, TotalThroughput]
        }
        Check::UnlikeSources { .. } | Check::Uncounted { .. } | Check::CountsDiffer { .. } => {
            vec![OutputTokens, Tpot, OutputThroughput, TotalThroughput]
        }
        Check::SeveralChoices { .. } => vec![Tpot, Itl, ItlPerToken, DecodeRate],
        Check::TextNotFound { .. } => vec![Ttft, FirstAnswer, Tpot, Itl, ItlPerToken, Latency],
        Check::ZeroUsage { .. } => vec![OutputTokens, OutputRate, Tpot, OutputThroughput],
        Check::OnePiece { .. } => vec![Ttft, Tpot, Itl, ItlPerToken],
        Check::ObjectiveAbsent { .. } => vec![Goodput],
        Check::Drift { metric, .. } => vec![*metric],
    }
}

fn bound(check: &Check) -> Option<Bound> {
    match *check {
        Check::LateSlots { p99, .. } | Check::ReadLag { p99, .. } => Some(Bound::Nanos(p99)),
        Check::TimerLate { worst } => Some(Bound::Nanos(worst)),
        Check::Dropped { share, .. } | Check::Uncounted { share, .. } => Some(Bound::Share(share)),
        Check::LocalLimits { share, .. } if share > 0.0 => Some(Bound::Share(share)),
        Check::ObjectiveAbsent { share, .. } => Some(Bound::Share(share)),
        Check::ConcurrencyLow { asked, mean, .. } => {
            Some(Bound::Share(1.0 - mean / f64::from(asked)))
        }
        Check::RateMissed { scheduled, sent } => Some(Bound::Share(1.0 - sent / scheduled)),
        Check::CountsDiffer { usage, tokenizer } if usage > 0 => {
            Some(Bound::Share(usage.abs_diff(tokenizer) as f64 / usage as f64))
        }
        Check::InputDiffers { made, usage } if made > 0 => {
            Some(Bound::Share(usage.abs_diff(made) as f64 / made as f64))
        }
        Check::Drift { first, second, .. } if first > 0.0 => {
            Some(Bound::Share((second - first).abs() / first))
        }
        _ => None,
    }
}

fn statement(plan: &Plan, check: &Check) -> String {
    match *check {
        Check::NothingMeasured { failed: 0 } => "no request was served".into(),
        Check::NothingMeasured { failed: 1 } => "the only request failed".into(),
        Check::NothingMeasured { failed } => format!("all {failed} requests failed"),
        Check::EndedEarly { end_reason } => end_reason_words(end_reason).into(),
        Check::Failures { share } => format!("{} of the requests failed", percent(share)),
        Check::Dropped { dropped, share } => {
            let why = match plan.load {
                Load::Open { .. } => "dropped over the cap of requests in flight",
                Load::Closed { .. } => "never sent: no worker was free before the point ended",
            };
            let were = if dropped == 1 { "was" } else { "were" };
            format!("{} ({}) {were} {why}", counted(dropped, "slot"), percent(share))
        }
        Check::RateMissed { scheduled, sent } => {
            format!(
                "requests were sent at {sent:.2} a second where they were scheduled at {scheduled:.2}"
            )
        }
        Check::LateSlots { late, share, p99, .. } => format!(
            "dispatch was over 1 ms late for {} ({}), and by {} at P99",
            counted(late, "request"),
            percent(share),
            millis(p99)
        ),
        Check::ConcurrencyMissed { asked, peak } => {
            format!("no more than {peak} of {asked} workers had a request in flight at once")
        }
        Check::ConcurrencyLow { asked, mean, .. } => {
            format!("only {mean:.1} requests were in flight on average, with --parallel {asked}")
        }
        Check::RefusalWaits { times: count, waited } => format!(
            "workers waited {}, {:.1} s in all, because the service answered 429 or 503",
            times(count),
            waited as f64 / 1e9
        ),
        Check::TimerLate { worst } => {
            format!("the pacing timer was late again and again, by {} at worst", millis(worst))
        }
        Check::Drift { metric, first, second } => format!(
            "mean {} moved from {} to {} between the halves of the steady window",
            metric.label(),
            millis(first.round() as Nanos),
            millis(second.round() as Nanos)
        ),
        _ => statement_of_the_client(check),
    }
}

fn statement_of_the_client(check: &Check) -> String {
    match *check {
        Check::ReadLag { p50, p99, max } => format!(
            "the client read frames late: {} at the median, {} at P99, {} at worst",
            millis(p50),
            millis(p99),
            millis(max)
        ),
        Check::SharedStamps { share } => format!(
            "{} of the gaps lie between frames that one read brought, so that they \
             look like 0",
            percent(share)
        ),
        Check::UserStamps { http2: true } => {
            "HTTP/2 frames are stamped when the client polls them, not when they arrive".into()
        }
        Check::UserStamps { http2: false } => {
            "the kernel gave no receive times, so frames are stamped after they are read".into()
        }
        Check::ClockSteps { steps } => {
            format!("the wall clock, on which the kernel stamps, was stepped {}", times(steps))
        }
        Check::CpuBusy { worst, share } => format!(
            "an engine thread was busy for 95 % of the time or more in {} of the samples ({} at \
             worst)",
            percent(share),
            percent(worst)
        ),
        Check::Starved { times: count, .. } => {
            format!("the queue of ready requests was empty {}", times(count))
        }
        Check::Stalled { times: count, backlog } => format!(
            "dispatch waited {} for the interpreters of replies, with up to {:.1} MiB unread",
            times(count),
            backlog as f64 / (1 << 20) as f64
        ),
        Check::LocalLimits { attempts, share } if share > 0.0 => format!(
            "this machine ran out of ports or files {}, and {} of the requests were never sent",
            times(attempts),
            percent(share)
        ),
        Check::LocalLimits { attempts, .. } => {
            format!("this machine ran out of ports or files {}", times(attempts))
        }
        Check::PluginRestarts { times: count } => {
            format!("a plugin was restarted {} after a trap or a limit", times(count))
        }
        Check::InexactPrompts { prompts } => {
            format!("the length of {} could not be made exact", counted(prompts, "prompt"))
        }
        _ => statement_of_the_counts(check),
    }
}

fn statement_of_the_counts(check: &Check) -> String {
    match *check {
        Check::UnlikeSources { requests, share } => format!(
            "output tokens of {} ({}) were counted in another way than the rest",
            counted(requests, "request"),
            percent(share)
        ),
        Check::Uncounted { requests, share } => format!(
            "output token counts are missing for {} ({})",
            counted(requests, "request"),
            percent(share)
        ),
        Check::CountsDiffer { usage, tokenizer } => format!(
            "the service reports {} where the tokenizer counts {tokenizer}",
            counted(usage, "output token")
        ),
        Check::InputDiffers { made, usage } => format!(
            "the service counts {} in prompts that were made to count {made}",
            counted(usage, "input token")
        ),
        Check::SeveralChoices { choices } => format!(
            "each request asked for {choices} choices, whose frames come interleaved, so that times \
             between the tokens of one choice cannot be told"
        ),
        _ => statement_of_the_replies(check),
    }
}

fn statement_of_the_replies(check: &Check) -> String {
    match *check {
        Check::TextNotFound { requests, share } => format!(
            "no text was found in {} of two tokens or more ({} of the streams)",
            counted_replies(requests),
            percent(share)
        ),
        Check::ZeroUsage { requests, share } => format!(
            "the service reports 0 output tokens for {} with text ({})",
            counted_replies(requests),
            percent(share)
        ),
        Check::OnePiece { requests, share } => format!(
            "{} of more than one token ({}) came whole at one moment, so that TTFT is the latency",
            counted_replies(requests),
            percent(share)
        ),
        Check::ObjectiveAbsent { metric, requests, share } => format!(
            "{}, which an objective limits, does not exist for {} ({}): each counts as a miss",
            metric.label(),
            counted_replies(requests),
            percent(share)
        ),
        _ => unreachable!("every other check is worded above"),
    }
}

/// `1 reply`, `2 replies`.
fn counted_replies(count: u64) -> String {
    if count == 1 { "1 reply".into() } else { format!("{count} replies") }
}

fn end_reason_words(end_reason: EndReason) -> &'static str {
    match end_reason {
        EndReason::Completed => "the point was served",
        EndReason::Interrupted => "the run was interrupted, so the point is not whole",
        EndReason::ServerGone => "the service was gone: nothing but connection failures for 30 s",
        EndReason::OutputFailed => "records could not be written, so the point ended early",
        EndReason::PluginFailed => "a plugin failed, so the point ended early",
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn millis(nanos: Nanos) -> String {
    format!("{:.2} ms", nanos as f64 / 1e6)
}
