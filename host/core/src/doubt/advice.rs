//! What to do about a doubt under the point's settings.

use super::{Cause, Part};
use crate::plan::{Load, Plan};
use crate::sample::Ending;

/// What to do about `cause` under the settings of `plan`.
pub(super) fn advice(plan: &Plan, cause: &Cause) -> String {
    match *cause {
        Cause::NothingMeasured { failed: 0 } => {
            "The point ended before any request did: give it more time, or see the log.".into()
        }
        Cause::NothingMeasured { .. } | Cause::Failures { .. } => {
            "See the failures by class; figures are over the requests that succeeded.".into()
        }
        Cause::EndedEarly { ending } => advice_on_ending(ending).into(),
        Cause::Dropped { .. } => dropped_advice(plan),
        Cause::RateMissed { .. } | Cause::LateSlots { .. } => late_advice(plan, cause),
        Cause::RefusalWaits { .. } => {
            "Lower --parallel or --rate: the service limits what it takes, and the figures are of \
             what it took."
                .into()
        }
        Cause::ConcurrencyMissed { asked, .. } => match plan.limits.number {
            Some(number) if number < u64::from(asked) => {
                format!("Ask for at least as many requests as workers: --number {}.", 2 * asked)
            }
            _ => "Raise --number or --duration, or shorten --ramp-up: the point ended before all \
                  workers were at work."
                .into(),
        },
        Cause::ConcurrencyLow { asked, steady, .. } => {
            concurrency_advice(plan, steady / f64::from(asked))
        }
        Cause::TimerLate { .. } => {
            "Free a core for the client: something else on this machine takes its time.".into()
        }
        _ => advice_on_the_client(plan, cause),
    }
}

fn advice_on_ending(ending: Ending) -> &'static str {
    match ending {
        Ending::OutputFailed => "Free disk space or choose another --outputs-dir, and run again.",
        Ending::PluginFailed => "See the log for the plugin's error, and run again.",
        Ending::ServerGone => "See whether the service crashed or refuses this load.",
        Ending::Completed | Ending::Interrupted => {
            "Figures are right for what was served; run it to the end for the whole."
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
        "Workers wait between requests: see failures and lag, give the client more threads (now {}) \
         or a machine of its own, or raise --parallel.",
        plan.threads
    )
}

/// What to do about requests that were sent later than the arrival plan wanted.
fn late_advice(plan: &Plan, cause: &Cause) -> String {
    let threads = plan.threads;
    match (&plan.load, cause) {
        (_, Cause::LateSlots { late, connecting, .. }) if connecting * 2 > *late => {
            "Most late requests had to open a connection first: add --warmup-num, and read the \
             from-due figures, which hold the lateness."
                .into()
        }
        (Load::Closed { workers, .. }, _) => format!(
            "Read the from-due figures, which hold the wait for a free worker; raise --parallel \
             (now {workers}), or lower --rate."
        ),
        (Load::Open { .. }, Cause::RateMissed { .. }) => format!(
            "Read the from-due figures, lower --rate, or give the client more threads (now \
             {threads})."
        ),
        (Load::Open { .. }, _) => format!(
            "Read the from-due figures, which hold the lateness; give the client more threads (now \
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

fn advice_on_the_client(plan: &Plan, cause: &Cause) -> String {
    match *cause {
        Cause::ReadLag { .. } | Cause::CpuBusy { .. } => format!(
            "Give the client more threads (now {}) or a machine of its own, or lower the load.",
            plan.threads
        ),
        Cause::SharedStamps { .. } => {
            "Judge decoding by TPOT: the service, or a proxy before it, sends several frames at \
             once, or the client reads too late (see read lag)."
                .into()
        }
        Cause::UserStamps { http2: true } => "Measure without --http2 for kernel stamps.".into(),
        Cause::UserStamps { http2: false } => {
            "Run on Linux over TCP for kernel stamps, or ask for --timestamps user.".into()
        }
        Cause::ClockSteps { .. } => {
            "Measure with --timestamps user, or with time synchronisation slewing only.".into()
        }
        Cause::Starved { by: Part::Dataset, .. } => format!(
            "The dataset {} makes prompts more slowly than they are sent: lower the load, or ask \
             for shorter prompts.",
            plan.dataset
        ),
        Cause::Starved { by: Part::Protocol, .. } => format!(
            "The protocol {} formats requests more slowly than they are sent: lower the load, or \
             ask for smaller requests.",
            plan.api
        ),
        Cause::Stalled { .. } => format!(
            "The protocol {} reads replies more slowly than they come: a declarative reading plan \
             is faster than decode, or lower the load.",
            plan.api
        ),
        Cause::LocalLimits { .. } => {
            "Raise ulimit -n and the local port range, or lower the load.".into()
        }
        Cause::PluginRestarts { .. } => "See the log for the plugin's errors.".into(),
        _ => advice_on_the_counts(plan, cause),
    }
}

fn advice_on_the_counts(plan: &Plan, cause: &Cause) -> String {
    match *cause {
        Cause::InexactPrompts { .. } => {
            "Input lengths differ a little from what was asked; see the input tokens.".into()
        }
        Cause::UnlikeSources { .. } | Cause::Uncounted { .. } if plan.stream => {
            "Give --tokenizer-path, or make the service report usage (stream_options \
             include_usage)."
                .into()
        }
        Cause::UnlikeSources { .. } | Cause::Uncounted { .. } => {
            "Give --tokenizer-path, or make the service report usage.".into()
        }
        Cause::CountsDiffer { .. } => {
            "See that --tokenizer-path is the served model's own; figures use the service's count."
                .into()
        }
        Cause::InputDiffers { .. } if plan.in_chat => {
            "See that --tokenizer-path is the served model's own, and that the server renders its \
             chat template: options of the template belong into --extra-args as \
             chat_template_kwargs, and tools or a default system prompt add to it."
                .into()
        }
        Cause::InputDiffers { .. } => {
            "See that --tokenizer-path is the served model's own; give --apply-chat-template where \
             the endpoint puts prompts into a chat template."
                .into()
        }
        Cause::SeveralChoices { .. } if plan.objectives.tpot.is_some() => {
            "Ask for one choice: without TPOT every request misses the objective on it.".into()
        }
        Cause::SeveralChoices { .. } => {
            "Ask for one choice to see decoding; TTFT, latency and throughput hold.".into()
        }
        Cause::Drift { .. } => {
            "The service was not in a steady state: run longer, or add --warmup-num.".into()
        }
        _ => advice_on_the_replies(plan, cause),
    }
}

fn advice_on_the_replies(plan: &Plan, cause: &Cause) -> String {
    match *cause {
        Cause::TextNotFound { .. } => format!(
            "These replies have no TTFT and no ITL, and their latency ends with the reply: the \
             service puts its text where the protocol {} does not look. See a reply, and choose \
             another --api or a plugin that reads it.",
            plan.api
        ),
        Cause::ZeroUsage { .. } => {
            "Give --tokenizer-path to see the tokenizer's count, and mend the service's usage: \
             token figures are too low."
                .into()
        }
        Cause::OnePiece { .. } => {
            "See whether the service streams, or a proxy before it holds streams back: TTFT and ITL \
             say nothing about decoding here."
                .into()
        }
        Cause::ObjectiveAbsent { .. } => {
            "A reply without a stream or without text has no TTFT, and one in a single frame has no \
             TPOT: limit latency with --goodput, or make the service stream."
                .into()
        }
        _ => unreachable!("every other cause has its advice above"),
    }
}
