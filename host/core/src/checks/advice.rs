//! What to do about a warning under the point's settings.

use super::{Check, Part};
use crate::plan::{Load, Plan};
use crate::sample::EndReason;

/// What to do about `check` under the settings of `plan`.
pub(super) fn advice(plan: &Plan, check: &Check) -> String {
    match *check {
        Check::NothingMeasured { failed: 0 } => {
            "The point ended before any request did: give it more time, or see the log.".into()
        }
        Check::NothingMeasured { .. } | Check::Failures { .. } => {
            "See the failures by class; metrics are over the requests that succeeded.".into()
        }
        Check::EndedEarly { end_reason } => advice_on_end_reason(end_reason).into(),
        Check::Dropped { .. } => dropped_advice(plan),
        Check::RateMissed { .. } | Check::LateSlots { .. } => late_advice(plan, check),
        Check::RefusalWaits { .. } => {
            "Lower --parallel or --rate: the service limits what it takes, and the metrics are of \
             what it took."
                .into()
        }
        Check::ConcurrencyMissed { asked, .. } => match plan.limits.number {
            Some(number) if number < u64::from(asked) => {
                format!("Ask for at least as many requests as workers: --number {}.", 2 * asked)
            }
            _ => "Raise --number or --duration, or shorten --ramp-up: the point ended before all \
                  workers were at work."
                .into(),
        },
        Check::ConcurrencyLow { asked, steady, .. } => {
            concurrency_advice(plan, steady / f64::from(asked))
        }
        Check::TimerLate { .. } => {
            "Free a core for the client: something else on this machine takes its time.".into()
        }
        _ => advice_on_the_client(plan, check),
    }
}

fn advice_on_end_reason(end_reason: EndReason) -> &'static str {
    match end_reason {
        EndReason::OutputFailed => {
            "Free disk space or choose another --outputs-dir, and run again."
        }
        EndReason::PluginFailed => "See the log for the plugin's error, and run again.",
        EndReason::ServerGone => "See whether the service crashed or refuses this load.",
        EndReason::Completed | EndReason::Interrupted => {
            "Metrics are right for what was served; run it to the end for the whole."
        }
    }
}

/// What to do about workers that had no request in flight for part of the time; `steady` is the
/// share of them that had one in the steady window.
fn concurrency_advice(plan: &Plan, steady: f64) -> String {
    if steady >= 0.9 {
        return "Ramp and drain weigh much in so short a point: raise --number or --duration, or read \
                the steady window."
            .into();
    }
    format!(
        "Workers wait between requests: see failures and dispatch delay, give the client more threads (now {}) \
         or a machine of its own, or raise --parallel.",
        plan.engine.threads
    )
}

/// What to do about requests that were sent later than the arrival plan wanted.
fn late_advice(plan: &Plan, check: &Check) -> String {
    let threads = plan.engine.threads;
    match (&plan.load, check) {
        (_, Check::LateSlots { late, connecting, .. }) if connecting * 2 > *late => {
            "Most late requests had to open a connection first: add --warmup-num, and read the \
             from-schedule metrics, which hold the lateness."
                .into()
        }
        (Load::Closed { workers, .. }, _) => format!(
            "Read the from-schedule metrics, which hold the wait for a free worker; raise --parallel \
             (now {workers}), or lower --rate."
        ),
        (Load::Open { .. }, Check::RateMissed { .. }) => format!(
            "Read the from-schedule metrics, lower --rate, or give the client more threads (now \
             {threads})."
        ),
        (Load::Open { .. }, _) => format!(
            "Read the from-schedule metrics, which hold the lateness; give the client more threads (now \
             {threads}) or a machine of its own."
        ),
    }
}

fn dropped_advice(plan: &Plan) -> String {
    match plan.load {
        Load::Open { max_in_flight: Some(cap), .. } => format!(
            "The service is slower than the rate asked: lower --rate, or raise --max-in-flight \
             (now {cap}) to see the queue grow."
        ),
        Load::Closed { workers, .. } => format!(
            "The service is slower than the rate asked: lower --rate, or raise --parallel (now \
             {workers})."
        ),
        _ => "Replies were not interpreted fast enough: lower --rate or add --threads.".into(),
    }
}

fn advice_on_the_client(plan: &Plan, check: &Check) -> String {
    match *check {
        Check::ReadLag { .. } | Check::CpuBusy { .. } => format!(
            "Give the client more threads (now {}) or a machine of its own, or lower the load.",
            plan.engine.threads
        ),
        Check::SharedStamps { .. } => {
            "Judge decoding by TPOT: the service, or a proxy before it, sends several frames at \
             once, or the client reads too late (see read lag)."
                .into()
        }
        Check::UserStamps { http2: true } => "Measure without --http2 for kernel stamps.".into(),
        Check::UserStamps { http2: false } => {
            "Run on Linux over TCP for kernel stamps, or ask for --timestamps user.".into()
        }
        Check::ClockSteps { .. } => {
            "Measure with --timestamps user, or with time synchronisation slewing only.".into()
        }
        Check::Starved { by: Part::Dataset, .. } => format!(
            "The dataset {} makes prompts more slowly than they are sent: lower the load, or ask \
             for shorter prompts.",
            plan.request.dataset
        ),
        Check::Starved { by: Part::Protocol, .. } => format!(
            "The protocol {} formats requests more slowly than they are sent: lower the load, or \
             ask for smaller requests.",
            plan.request.api
        ),
        Check::Stalled { .. } => format!(
            "The protocol {} reads replies more slowly than they come: a declarative reading plan \
             is faster than decode, or lower the load.",
            plan.request.api
        ),
        Check::LocalLimits { .. } => {
            "Raise ulimit -n and the local port range, or lower the load.".into()
        }
        Check::PluginRestarts { .. } => "See the log for the plugin's errors.".into(),
        _ => advice_on_the_counts(plan, check),
    }
}

fn advice_on_the_counts(plan: &Plan, check: &Check) -> String {
    match *check {
        Check::InexactPrompts { .. } => {
            "Input lengths differ a little from what was asked; see the input tokens.".into()
        }
        Check::UnlikeSources { .. } | Check::Uncounted { .. } if plan.request.stream => {
            "Give --tokenizer-path, or make the service report usage (stream_options \
             include_usage)."
                .into()
        }
        Check::UnlikeSources { .. } | Check::Uncounted { .. } => {
            "Give --tokenizer-path, or make the service report usage.".into()
        }
        Check::CountsDiffer { .. } => {
            "See that --tokenizer-path is the served model's own; metrics use the service's count."
                .into()
        }
        Check::InputDiffers { .. } if plan.request.in_chat => {
            "See that --tokenizer-path is the served model's own, and that the server renders its \
             chat template: options of the template belong into --extra-args as \
             chat_template_kwargs, and tools or a default system prompt add to it."
                .into()
        }
        Check::InputDiffers { .. } => {
            "See that --tokenizer-path is the served model's own; give --apply-chat-template where \
             the endpoint puts prompts into a chat template."
                .into()
        }
        Check::SeveralChoices { .. } if plan.objectives.tpot.is_some() => {
            "Ask for one choice: without TPOT every request misses the objective on it.".into()
        }
        Check::SeveralChoices { .. } => {
            "Ask for one choice to see decoding; TTFT, latency and throughput hold.".into()
        }
        Check::Drift { .. } => {
            "The service was not in a steady state: run longer, or add --warmup-num.".into()
        }
        _ => advice_on_the_replies(plan, check),
    }
}

fn advice_on_the_replies(plan: &Plan, check: &Check) -> String {
    match *check {
        Check::TextNotFound { .. } => format!(
            "These replies have no TTFT and no ITL, and their latency ends with the reply: the \
             service puts its text where the protocol {} does not look. See a reply, and choose \
             another --api or a plugin that reads it.",
            plan.request.api
        ),
        Check::ZeroUsage { .. } => {
            "Give --tokenizer-path to see the tokenizer's count, and mend the service's usage: \
             token metrics are too low."
                .into()
        }
        Check::OnePiece { .. } => {
            "See whether the service streams, or a proxy before it holds streams back: TTFT and ITL \
             say nothing about decoding here."
                .into()
        }
        Check::ObjectiveAbsent { .. } => {
            "A reply without a stream or without text has no TTFT, and one in a single frame has no \
             TPOT: limit latency with --goodput, or make the service stream."
                .into()
        }
        _ => unreachable!("every other check has its advice above"),
    }
}
