//! Weighs the evidence against thresholds. Each threshold stands at the [`Check`] it leads to.

use super::{Check, Evidence, Part, TIMER_LATE, Warning, wording};
use crate::Nanos;
use crate::plan::{Load, Plan, TimestampSource};
use crate::sample::EndReason;
use crate::summary::{Metric, Summary};

/// The warnings that speak against `summary`, the gravest first.
pub(crate) fn assess(plan: &Plan, summary: &Summary, evidence: &Evidence) -> Vec<Warning> {
    let case = Case { plan, summary, evidence };
    let mut found: Vec<(Check, bool)> =
        [case.of_the_outcome(), case.of_the_load(), case.of_the_client(), case.of_the_replies()]
            .concat();
    found.extend(case.of_the_counts());
    found.sort_by_key(|&(_, invalidating)| !invalidating);
    found
        .into_iter()
        .map(|(check, invalidating)| wording::warning(plan, check, invalidating))
        .collect()
}

/// Read lag that no gap is too short for, and read lag that no gap is long enough for, in
/// nanoseconds.
const READ_LATE: (Nanos, Nanos) = (100_000, 1_000_000);

struct Case<'a> {
    plan: &'a Plan,
    summary: &'a Summary,
    evidence: &'a Evidence,
}

/// A check, and whether it is invalidating.
type Found = Vec<(Check, bool)>;

impl Case<'_> {
    fn of_the_outcome(&self) -> Found {
        let counts = &self.summary.counts;
        let mut found = Found::new();
        if counts.succeeded == 0 {
            found.push((Check::NothingMeasured { failed: counts.failed }, true));
        }
        let end_reason = self.summary.end_reason;
        if end_reason != EndReason::Completed {
            found.push((Check::EndedEarly { end_reason }, end_reason == EndReason::ServerGone));
        }
        if let Some(share) = counts.failed_share().filter(|&share| share > 0.01)
            && counts.succeeded > 0
        {
            found.push((Check::Failures { share }, share > 0.5));
        }
        found.extend(self.local_limits());
        found
    }

    /// Requests that were never sent are in neither the scheduled nor the sent rate.
    fn local_limits(&self) -> Option<(Check, bool)> {
        let (attempts, unsent) = self.evidence.local_limits;
        let planned = self.plan.load.arrival().is_some();
        let share = if planned { share(unsent, self.summary.counts.total) } else { 0.0 };
        (attempts > 0).then_some((Check::LocalLimits { attempts, share }, share > 0.1))
    }

    fn of_the_load(&self) -> Found {
        let mut found = Found::new();
        if self.plan.load.arrival().is_some() {
            found.extend(self.planned());
        }
        if let Load::Closed { workers, pace, .. } = self.plan.load {
            found.extend(self.refusals());
            found.extend(self.closed_loop(workers).filter(|_| pace.is_none()));
        }
        found.extend(self.timer());
        found.extend(self.starved());
        let stalls = self.evidence.health.stalls;
        if stalls > 0 {
            let backlog = self.evidence.health.peak_backlog;
            found.push((Check::Stalled { times: stalls, backlog }, false));
        }
        found
    }

    /// Slots that the arrival plan wanted out at a time.
    fn planned(&self) -> Found {
        let (counts, arrivals) = (&self.summary.counts, &self.summary.arrivals);
        let mut found = Found::new();
        if let Some(share) = self.summary.dropped_share().filter(|&share| share > 0.0) {
            found.push((Check::Dropped { dropped: counts.dropped, share }, share > 0.1));
        }
        if let (Some(scheduled), Some(sent)) = (arrivals.scheduled_rate, arrivals.sent_rate)
            && sent < 0.95 * scheduled
        {
            found.push((Check::RateMissed { scheduled, sent }, sent < 0.8 * scheduled));
        }
        let late_share = share(arrivals.late, arrivals.sent);
        if late_share > 0.01
            && let Some(dispatch_delay) = &self.summary.metrics.dispatch_delay
        {
            let (late, connecting) = (arrivals.late, arrivals.late_connecting);
            let check =
                Check::LateSlots { late, connecting, share: late_share, p99: dispatch_delay.p99() };
            found.push((check, false));
        }
        found
    }

    fn closed_loop(&self, workers: u32) -> Option<(Check, bool)> {
        let peak = self.summary.concurrency.peak;
        if u64::from(peak) * 100 < u64::from(workers) * 95 {
            return (peak > 0)
                .then_some((Check::ConcurrencyMissed { asked: workers, peak }, false));
        }
        let mean = self.summary.concurrency.mean?;
        let steady = self.summary.steady.as_ref().map_or(mean, |steady| steady.concurrency);
        let check = Check::ConcurrencyLow { asked: workers, mean, steady };
        (mean < 0.9 * f64::from(workers)).then_some((check, false))
    }

    fn refusals(&self) -> Option<(Check, bool)> {
        let (times, waited) =
            (self.evidence.health.refusal_waits, self.evidence.health.refusal_wait);
        (times > 0).then_some((Check::RefusalWaits { times, waited }, false))
    }

    fn timer(&self) -> Option<(Check, bool)> {
        let health = &self.evidence.health;
        let paced = self.plan.load.arrival().is_some();
        (paced && health.timer_late * 10 > health.samples && health.worst_timer > TIMER_LATE)
            .then_some((Check::TimerLate { worst: health.worst_timer }, false))
    }

    fn starved(&self) -> Option<(Check, bool)> {
        let health = &self.evidence.health;
        let by = if health.format > health.generate { Part::Protocol } else { Part::Dataset };
        (health.starved * 100 > self.summary.arrivals.sent)
            .then_some((Check::Starved { times: health.starved, by }, false))
    }

    fn of_the_client(&self) -> Found {
        let health = &self.evidence.health;
        let mut found = Found::new();
        found.extend(self.read_lag());
        found.extend(self.shared());
        let fell_back = self.plan.engine.timestamps == TimestampSource::Kernel
            && self.summary.point.timestamps == TimestampSource::User;
        if fell_back && self.summary.counts.streamed > 0 {
            found.push((Check::UserStamps { http2: self.plan.target.http2 }, false));
        }
        if health.clock_steps > 0 && self.summary.point.timestamps == TimestampSource::Kernel {
            found.push((Check::ClockSteps { steps: health.clock_steps }, false));
        }
        if health.busy * 10 > health.samples {
            let share = share(health.busy, health.samples);
            found.push((Check::CpuBusy { worst: health.worst_cpu, share }, false));
        }
        if health.plugin_restarts > 0 {
            found.push((Check::PluginRestarts { times: health.plugin_restarts }, false));
        }
        found
    }

    fn read_lag(&self) -> Option<(Check, bool)> {
        let metrics = &self.summary.metrics;
        let dispatch_delay = metrics.read_lag.as_ref()?;
        let gap = metrics.itl.as_ref().map(|itl| itl.median()).filter(|&gap| gap > 0);
        let limit = gap.map_or(READ_LATE.1, |gap| (gap / 10).clamp(READ_LATE.0, READ_LATE.1));
        let check = Check::ReadLag {
            p50: dispatch_delay.median(),
            p99: dispatch_delay.p99(),
            max: dispatch_delay.max(),
        };
        (dispatch_delay.p99() > limit).then_some((check, false))
    }

    fn shared(&self) -> Option<(Check, bool)> {
        let frames = &self.summary.frames;
        let share = share(frames.shared, frames.gaps);
        (share > 0.05).then_some((Check::SharedStamps { share }, false))
    }

    fn of_the_counts(&self) -> Found {
        let mut found = Found::new();
        found.extend(self.sources());
        let (usage, tokenizer) = self.evidence.output;
        if usage.abs_diff(tokenizer) * 10 > usage {
            found.push((Check::CountsDiffer { usage, tokenizer }, false));
        }
        let (usage, made) = self.evidence.input;
        if usage.abs_diff(made) * 100 > made {
            found.push((Check::InputDiffers { made, usage }, false));
        }
        let prompts = self.evidence.health.inexact_prompts;
        if prompts > 0 {
            found.push((Check::InexactPrompts { prompts }, false));
        }
        if self.plan.request.choices > 1 && self.summary.counts.streamed > 0 {
            found.push((Check::SeveralChoices { choices: self.plan.request.choices }, false));
        }
        if let Some(drift) = self.evidence.drift {
            let super::Drift { metric, first, second } = drift;
            found.push((Check::Drift { metric, first, second }, false));
        }
        found
    }

    fn of_the_replies(&self) -> Found {
        let (counts, replies) = (&self.summary.counts, &self.evidence.replies);
        let mut found = Found::new();
        if replies.without_text > 0 {
            let share = share(replies.without_text, counts.streamed);
            found.push((Check::TextNotFound { requests: replies.without_text, share }, false));
        }
        if replies.zero_usage > 0 {
            let share = share(replies.zero_usage, counts.succeeded);
            found.push((Check::ZeroUsage { requests: replies.zero_usage, share }, false));
        }
        let one_piece = share(replies.one_piece, replies.of_several_tokens);
        if one_piece > 0.05 {
            let check = Check::OnePiece { requests: replies.one_piece, share: one_piece };
            found.push((check, false));
        }
        for (metric, requests) in
            [(Metric::Ttft, replies.without_ttft), (Metric::Tpot, replies.without_tpot)]
        {
            let share = share(requests, counts.succeeded);
            if share > 0.01 {
                found.push((Check::ObjectiveAbsent { metric, requests, share }, false));
            }
        }
        found
    }

    fn sources(&self) -> Found {
        use crate::record::TokenSource;
        let sources = &self.summary.tokens.output_sources;
        let uncounted = sources.get(&TokenSource::None).copied().unwrap_or(0);
        let counted: u64 = sources.values().sum::<u64>() - uncounted;
        let most = sources
            .iter()
            .filter(|(source, _)| **source != TokenSource::None)
            .map(|(_, &requests)| requests)
            .max()
            .unwrap_or(0);
        let mut found = Found::new();
        if counted > most {
            let requests = counted - most;
            let share = share(requests, counted);
            found.push((Check::UnlikeSources { requests, share }, false));
        }
        if uncounted > 0 {
            let share = share(uncounted, counted + uncounted);
            found.push((Check::Uncounted { requests: uncounted, share }, false));
        }
        found
    }
}

/// `part` of `whole`, 0 to 1; 0 of nothing.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
