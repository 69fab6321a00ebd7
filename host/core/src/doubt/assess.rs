//! Weighs the evidence against thresholds. Each threshold stands at the [`Cause`] it leads to.

use super::{Cause, Doubt, Evidence, Part, TIMER_LATE, wording};
use crate::Nanos;
use crate::plan::{Load, Plan, StampSource};
use crate::sample::Ending;
use crate::summary::{Figure, Summary};

/// The doubts that speak against `summary`, the gravest first.
pub(crate) fn assess(plan: &Plan, summary: &Summary, evidence: &Evidence) -> Vec<Doubt> {
    let case = Case { plan, summary, evidence };
    let mut found: Vec<(Cause, bool)> =
        [case.of_the_outcome(), case.of_the_load(), case.of_the_client(), case.of_the_replies()]
            .concat();
    found.extend(case.of_the_counts());
    found.sort_by_key(|&(_, grave)| !grave);
    found.into_iter().map(|(cause, grave)| wording::doubt(plan, cause, grave)).collect()
}

/// Read lag that no gap is too short for, and read lag that no gap is long enough for, in
/// nanoseconds.
const READ_LATE: (Nanos, Nanos) = (100_000, 1_000_000);

struct Case<'a> {
    plan: &'a Plan,
    summary: &'a Summary,
    evidence: &'a Evidence,
}

/// A cause, and whether it is grave.
type Found = Vec<(Cause, bool)>;

impl Case<'_> {
    fn of_the_outcome(&self) -> Found {
        let counts = &self.summary.counts;
        let mut found = Found::new();
        if counts.succeeded == 0 {
            found.push((Cause::NothingMeasured { failed: counts.failed }, true));
        }
        let ending = self.summary.ending;
        if ending != Ending::Completed {
            found.push((Cause::EndedEarly { ending }, ending == Ending::ServerGone));
        }
        if let Some(share) = counts.failed_share().filter(|&share| share > 0.01)
            && counts.succeeded > 0
        {
            found.push((Cause::Failures { share }, share > 0.5));
        }
        found.extend(self.local_limits());
        found
    }

    /// Requests that were never sent are in neither the due nor the sent rate.
    fn local_limits(&self) -> Option<(Cause, bool)> {
        let (attempts, unsent) = self.evidence.local_limits;
        let planned = self.plan.load.arrival().is_some();
        let share = if planned { share(unsent, self.summary.counts.total) } else { 0.0 };
        (attempts > 0).then_some((Cause::LocalLimits { attempts, share }, share > 0.1))
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
        let stalls = self.evidence.watch.stalls;
        if stalls > 0 {
            let backlog = self.evidence.watch.peak_backlog;
            found.push((Cause::Stalled { times: stalls, backlog }, false));
        }
        found
    }

    /// Slots that the arrival plan wanted out at a time.
    fn planned(&self) -> Found {
        let (counts, arrivals) = (&self.summary.counts, &self.summary.arrivals);
        let mut found = Found::new();
        if let Some(share) = self.summary.dropped_share().filter(|&share| share > 0.0) {
            found.push((Cause::Dropped { dropped: counts.dropped, share }, share > 0.1));
        }
        if let (Some(due), Some(sent)) = (arrivals.due_rate, arrivals.sent_rate)
            && sent < 0.95 * due
        {
            found.push((Cause::RateMissed { due, sent }, sent < 0.8 * due));
        }
        let late_share = share(arrivals.late, arrivals.sent);
        if late_share > 0.01
            && let Some(lag) = &self.summary.figures.lag
        {
            let (late, connecting) = (arrivals.late, arrivals.late_connecting);
            let cause = Cause::LateSlots { late, connecting, share: late_share, p99: lag.p99() };
            found.push((cause, false));
        }
        found
    }

    fn closed_loop(&self, workers: u32) -> Option<(Cause, bool)> {
        let peak = self.summary.concurrency.peak;
        if u64::from(peak) * 100 < u64::from(workers) * 95 {
            return (peak > 0)
                .then_some((Cause::ConcurrencyMissed { asked: workers, peak }, false));
        }
        let mean = self.summary.concurrency.mean?;
        let steady = self.summary.steady.as_ref().map_or(mean, |steady| steady.concurrency);
        let cause = Cause::ConcurrencyLow { asked: workers, mean, steady };
        (mean < 0.9 * f64::from(workers)).then_some((cause, false))
    }

    fn refusals(&self) -> Option<(Cause, bool)> {
        let (times, waited) = (self.evidence.watch.refusal_waits, self.evidence.watch.refusal_wait);
        (times > 0).then_some((Cause::RefusalWaits { times, waited }, false))
    }

    fn timer(&self) -> Option<(Cause, bool)> {
        let watch = &self.evidence.watch;
        let paced = self.plan.load.arrival().is_some();
        (paced && watch.timer_late * 10 > watch.samples && watch.worst_timer > TIMER_LATE)
            .then_some((Cause::TimerLate { worst: watch.worst_timer }, false))
    }

    fn starved(&self) -> Option<(Cause, bool)> {
        let watch = &self.evidence.watch;
        let by = if watch.format > watch.generate { Part::Protocol } else { Part::Dataset };
        (watch.starved * 100 > self.summary.arrivals.sent)
            .then_some((Cause::Starved { times: watch.starved, by }, false))
    }

    fn of_the_client(&self) -> Found {
        let watch = &self.evidence.watch;
        let mut found = Found::new();
        found.extend(self.read_lag());
        found.extend(self.shared());
        let fell_back = self.plan.stamps == StampSource::Kernel
            && self.summary.point.stamps == StampSource::User;
        if fell_back && self.summary.counts.streamed > 0 {
            found.push((Cause::UserStamps { http2: self.plan.target.http2 }, false));
        }
        if watch.clock_steps > 0 && self.summary.point.stamps == StampSource::Kernel {
            found.push((Cause::ClockSteps { steps: watch.clock_steps }, false));
        }
        if watch.busy * 10 > watch.samples {
            let share = share(watch.busy, watch.samples);
            found.push((Cause::CpuBusy { worst: watch.worst_cpu, share }, false));
        }
        if watch.plugin_restarts > 0 {
            found.push((Cause::PluginRestarts { times: watch.plugin_restarts }, false));
        }
        found
    }

    fn read_lag(&self) -> Option<(Cause, bool)> {
        let figures = &self.summary.figures;
        let lag = figures.read_lag.as_ref()?;
        let gap = figures.itl.as_ref().map(|itl| itl.median()).filter(|&gap| gap > 0);
        let limit = gap.map_or(READ_LATE.1, |gap| (gap / 10).clamp(READ_LATE.0, READ_LATE.1));
        let cause = Cause::ReadLag { p50: lag.median(), p99: lag.p99(), max: lag.max() };
        (lag.p99() > limit).then_some((cause, false))
    }

    fn shared(&self) -> Option<(Cause, bool)> {
        let frames = &self.summary.frames;
        let share = share(frames.shared, frames.gaps);
        (share > 0.05).then_some((Cause::SharedStamps { share }, false))
    }

    fn of_the_counts(&self) -> Found {
        let mut found = Found::new();
        found.extend(self.sources());
        let (usage, tokenizer) = self.evidence.output;
        if usage.abs_diff(tokenizer) * 10 > usage {
            found.push((Cause::CountsDiffer { usage, tokenizer }, false));
        }
        let (usage, made) = self.evidence.input;
        if usage.abs_diff(made) * 100 > made {
            found.push((Cause::InputDiffers { made, usage }, false));
        }
        let prompts = self.evidence.watch.inexact_prompts;
        if prompts > 0 {
            found.push((Cause::InexactPrompts { prompts }, false));
        }
        if self.plan.choices > 1 && self.summary.counts.streamed > 0 {
            found.push((Cause::SeveralChoices { choices: self.plan.choices }, false));
        }
        if let Some(drift) = self.evidence.drift {
            let super::Drift { figure, first, second } = drift;
            found.push((Cause::Drift { figure, first, second }, false));
        }
        found
    }

    fn of_the_replies(&self) -> Found {
        let (counts, replies) = (&self.summary.counts, &self.evidence.replies);
        let mut found = Found::new();
        if replies.without_text > 0 {
            let share = share(replies.without_text, counts.streamed);
            found.push((Cause::TextNotFound { requests: replies.without_text, share }, false));
        }
        if replies.zero_usage > 0 {
            let share = share(replies.zero_usage, counts.succeeded);
            found.push((Cause::ZeroUsage { requests: replies.zero_usage, share }, false));
        }
        let one_piece = share(replies.one_piece, replies.of_several_tokens);
        if one_piece > 0.05 {
            let cause = Cause::OnePiece { requests: replies.one_piece, share: one_piece };
            found.push((cause, false));
        }
        for (figure, requests) in
            [(Figure::Ttft, replies.without_ttft), (Figure::Tpot, replies.without_tpot)]
        {
            let share = share(requests, counts.succeeded);
            if share > 0.01 {
                found.push((Cause::ObjectiveAbsent { figure, requests, share }, false));
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
            found.push((Cause::UnlikeSources { requests, share }, false));
        }
        if uncounted > 0 {
            let share = share(uncounted, counted + uncounted);
            found.push((Cause::Uncounted { requests: uncounted, share }, false));
        }
        found
    }
}

/// `part` of `whole`, 0 to 1; 0 of nothing.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
