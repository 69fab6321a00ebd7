//! What a doubt says: what was found, the figures it touches and how far they may be off. What to
//! do about it stands in [`super::advice`].

use super::advice::advice;
use super::{Bound, Cause, Doubt};
use crate::Nanos;
use crate::plan::{Load, Plan};
use crate::sample::Ending;
use crate::summary::Figure;
use crate::words::{counted, times};

/// Puts `cause` into words.
pub(super) fn doubt(plan: &Plan, cause: Cause, grave: bool) -> Doubt {
    Doubt {
        cause,
        grave,
        figures: figures(&cause),
        bound: bound(&cause),
        statement: statement(plan, &cause),
        advice: advice(plan, &cause),
    }
}

fn figures(cause: &Cause) -> Vec<Figure> {
    use Figure::*;
    match cause {
        Cause::NothingMeasured { .. } => vec![],
        Cause::EndedEarly { .. } => vec![RequestThroughput, OutputThroughput, TotalThroughput],
        Cause::Failures { .. } => vec![Ttft, Latency, Tpot, Itl, RequestThroughput],
        Cause::Dropped { .. } => vec![OfferedRate, Ttft, Latency],
        Cause::RateMissed { .. } => vec![OfferedRate, Ttft, Latency, RequestThroughput],
        Cause::LateSlots { .. } => vec![Lag, Ttft, Latency],
        Cause::ConcurrencyMissed { .. }
        | Cause::ConcurrencyLow { .. }
        | Cause::RefusalWaits { .. } => {
            vec![Concurrency, RequestThroughput, OutputThroughput]
        }
        Cause::TimerLate { .. } => vec![Lag, TtftFromDue, LatencyFromDue],
        Cause::ReadLag { .. } | Cause::ClockSteps { .. } | Cause::UserStamps { .. } => {
            vec![Ttft, Itl]
        }
        Cause::SharedStamps { .. } => vec![Itl, ItlPerToken],
        Cause::CpuBusy { .. } => vec![Ttft, Itl, Lag, RequestThroughput],
        Cause::Starved { .. } => vec![Lag, RequestThroughput, OutputThroughput],
        Cause::Stalled { .. } => vec![RequestThroughput, OutputThroughput],
        Cause::LocalLimits { share, .. } if *share > 0.0 => {
            vec![OfferedRate, Ttft, Latency, RequestThroughput]
        }
        Cause::LocalLimits { .. } => vec![RequestThroughput],
        Cause::PluginRestarts { .. } => vec![RequestThroughput],
        Cause::InexactPrompts { .. } | Cause::InputDiffers { .. } => {
            vec![InputTokens, TotalThroughput]
        }
        Cause::UnlikeSources { .. } | Cause::Uncounted { .. } | Cause::CountsDiffer { .. } => {
            vec![OutputTokens, Tpot, OutputThroughput, TotalThroughput]
        }
        Cause::SeveralChoices { .. } => vec![Tpot, Itl, ItlPerToken, DecodeRate],
        Cause::TextNotFound { .. } => vec![Ttft, FirstAnswer, Tpot, Itl, ItlPerToken, Latency],
        Cause::ZeroUsage { .. } => vec![OutputTokens, OutputRate, Tpot, OutputThroughput],
        Cause::OnePiece { .. } => vec![Ttft, Tpot, Itl, ItlPerToken],
        Cause::ObjectiveAbsent { .. } => vec![Goodput],
        Cause::Drift { figure, .. } => vec![*figure],
    }
}

fn bound(cause: &Cause) -> Option<Bound> {
    match *cause {
        Cause::LateSlots { p99, .. } | Cause::ReadLag { p99, .. } => Some(Bound::Nanos(p99)),
        Cause::TimerLate { worst } => Some(Bound::Nanos(worst)),
        Cause::Dropped { share, .. } | Cause::Uncounted { share, .. } => Some(Bound::Share(share)),
        Cause::LocalLimits { share, .. } if share > 0.0 => Some(Bound::Share(share)),
        Cause::ObjectiveAbsent { share, .. } => Some(Bound::Share(share)),
        Cause::ConcurrencyLow { asked, mean, .. } => {
            Some(Bound::Share(1.0 - mean / f64::from(asked)))
        }
        Cause::RateMissed { due, sent } => Some(Bound::Share(1.0 - sent / due)),
        Cause::CountsDiffer { usage, tokenizer } if usage > 0 => {
            Some(Bound::Share(usage.abs_diff(tokenizer) as f64 / usage as f64))
        }
        Cause::InputDiffers { made, usage } if made > 0 => {
            Some(Bound::Share(usage.abs_diff(made) as f64 / made as f64))
        }
        Cause::Drift { first, second, .. } if first > 0.0 => {
            Some(Bound::Share((second - first).abs() / first))
        }
        _ => None,
    }
}

fn statement(plan: &Plan, cause: &Cause) -> String {
    match *cause {
        Cause::NothingMeasured { failed: 0 } => "no request was served".into(),
        Cause::NothingMeasured { failed: 1 } => "the only request failed".into(),
        Cause::NothingMeasured { failed } => format!("all {failed} requests failed"),
        Cause::EndedEarly { ending } => ending_words(ending).into(),
        Cause::Failures { share } => format!("{} of the requests failed", percent(share)),
        Cause::Dropped { dropped, share } => {
            let why = match plan.load {
                Load::Open { .. } => "dropped over the cap of requests in flight",
                Load::Closed { .. } => "never sent: no worker was free before the point ended",
            };
            let were = if dropped == 1 { "was" } else { "were" };
            format!("{} ({}) {were} {why}", counted(dropped, "slot"), percent(share))
        }
        Cause::RateMissed { due, sent } => {
            format!("requests were sent at {sent:.2} a second where they were due at {due:.2}")
        }
        Cause::LateSlots { late, share, p99, .. } => format!(
            "dispatch was over 1 ms late for {} ({}), and by {} at P99",
            counted(late, "request"),
            percent(share),
            millis(p99)
        ),
        Cause::ConcurrencyMissed { asked, peak } => {
            format!("no more than {peak} of {asked} workers had a request in flight at once")
        }
        Cause::ConcurrencyLow { asked, mean, .. } => {
            format!("only {mean:.1} requests were in flight on average, with --parallel {asked}")
        }
        Cause::RefusalWaits { times: count, waited } => format!(
            "workers waited {}, {:.1} s in all, because the service answered 429 or 503",
            times(count),
            waited as f64 / 1e9
        ),
        Cause::TimerLate { worst } => {
            format!("the pacing timer was late again and again, by {} at worst", millis(worst))
        }
        Cause::Drift { figure, first, second } => format!(
            "mean {} moved from {} to {} between the halves of the steady window",
            figure.label(),
            millis(first.round() as Nanos),
            millis(second.round() as Nanos)
        ),
        _ => statement_of_the_client(cause),
    }
}

fn statement_of_the_client(cause: &Cause) -> String {
    match *cause {
        Cause::ReadLag { p50, p99, max } => format!(
            "the client read frames late: {} at the median, {} at P99, {} at worst",
            millis(p50),
            millis(p99),
            millis(max)
        ),
        Cause::SharedStamps { share } => format!(
            "{} of the gaps lie between frames that one read brought, so that they \
             look like 0",
            percent(share)
        ),
        Cause::UserStamps { http2: true } => {
            "HTTP/2 frames are stamped when the client polls them, not when they arrive".into()
        }
        Cause::UserStamps { http2: false } => {
            "the kernel gave no receive times, so frames are stamped after they are read".into()
        }
        Cause::ClockSteps { steps } => {
            format!("the wall clock, on which the kernel stamps, was stepped {}", times(steps))
        }
        Cause::CpuBusy { worst, share } => format!(
            "an engine thread was busy for 95 % of the time or more in {} of the samples ({} at \
             worst)",
            percent(share),
            percent(worst)
        ),
        Cause::Starved { times: count, .. } => {
            format!("the queue of ready requests was empty {}", times(count))
        }
        Cause::Stalled { times: count, backlog } => format!(
            "dispatch waited {} for the interpreters of replies, with up to {:.1} MiB unread",
            times(count),
            backlog as f64 / (1 << 20) as f64
        ),
        Cause::LocalLimits { attempts, share } if share > 0.0 => format!(
            "this machine ran out of ports or files {}, and {} of the requests were never sent",
            times(attempts),
            percent(share)
        ),
        Cause::LocalLimits { attempts, .. } => {
            format!("this machine ran out of ports or files {}", times(attempts))
        }
        Cause::PluginRestarts { times: count } => {
            format!("a plugin was restarted {} after a trap or a limit", times(count))
        }
        Cause::InexactPrompts { prompts } => {
            format!("the length of {} could not be made exact", counted(prompts, "prompt"))
        }
        _ => statement_of_the_counts(cause),
    }
}

fn statement_of_the_counts(cause: &Cause) -> String {
    match *cause {
        Cause::UnlikeSources { requests, share } => format!(
            "output tokens of {} ({}) were counted in another way than the rest",
            counted(requests, "request"),
            percent(share)
        ),
        Cause::Uncounted { requests, share } => format!(
            "output token counts are missing for {} ({})",
            counted(requests, "request"),
            percent(share)
        ),
        Cause::CountsDiffer { usage, tokenizer } => format!(
            "the service reports {} where the tokenizer counts {tokenizer}",
            counted(usage, "output token")
        ),
        Cause::InputDiffers { made, usage } => format!(
            "the service counts {} in prompts that were made to count {made}",
            counted(usage, "input token")
        ),
        Cause::SeveralChoices { choices } => format!(
            "each request asked for {choices} choices, whose frames come interleaved, so that times \
             between the tokens of one choice cannot be told"
        ),
        _ => statement_of_the_replies(cause),
    }
}

fn statement_of_the_replies(cause: &Cause) -> String {
    match *cause {
        Cause::TextNotFound { requests, share } => format!(
            "no text was found in {} of two tokens or more ({} of the streams)",
            counted_replies(requests),
            percent(share)
        ),
        Cause::ZeroUsage { requests, share } => format!(
            "the service reports 0 output tokens for {} with text ({})",
            counted_replies(requests),
            percent(share)
        ),
        Cause::OnePiece { requests, share } => format!(
            "{} of more than one token ({}) came whole at one moment, so that TTFT is the latency",
            counted_replies(requests),
            percent(share)
        ),
        Cause::ObjectiveAbsent { figure, requests, share } => format!(
            "{}, which an objective limits, does not exist for {} ({}): each counts as a miss",
            figure.label(),
            counted_replies(requests),
            percent(share)
        ),
        _ => unreachable!("every other cause is worded above"),
    }
}

/// `1 reply`, `2 replies`.
fn counted_replies(count: u64) -> String {
    if count == 1 { "1 reply".into() } else { format!("{count} replies") }
}

fn ending_words(ending: Ending) -> &'static str {
    match ending {
        Ending::Completed => "the point was served",
        Ending::Interrupted => "the run was interrupted, so the point is not whole",
        Ending::ServerGone => "the service was gone: nothing but connection failures for 30 s",
        Ending::OutputFailed => "records could not be written, so the point ended early",
        Ending::PluginFailed => "a plugin failed, so the point ended early",
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn millis(nanos: Nanos) -> String {
    format!("{:.2} ms", nanos as f64 / 1e6)
}
