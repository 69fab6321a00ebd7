//! The list of checks, in the order in which their warnings are given. Each has a file: what it
//! finds, its thresholds, the metrics it affects, its words.

use super::{Evidence, Finding};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};

pub(super) mod clock_steps;
pub(super) mod concurrency_low;
pub(super) mod concurrency_missed;
pub(super) mod counts_differ;
pub(super) mod cpu_busy;
pub(super) mod drift;
pub(super) mod dropped;
pub(super) mod ended_early;
pub(super) mod failures;
pub(super) mod impossible_counts;
pub(super) mod inexact_prompts;
pub(super) mod input_differs;
pub(super) mod late_slots;
pub(super) mod local_limits;
pub(super) mod nothing_measured;
pub(super) mod objective_absent;
pub(super) mod one_piece;
pub(super) mod plugin_restarts;
pub(super) mod rate_missed;
pub(super) mod read_lag;
pub(super) mod refusal_waits;
pub(super) mod several_choices;
pub(super) mod shared_timestamps;
pub(super) mod stalled;
pub(super) mod starved;
pub(super) mod text_not_found;
pub(super) mod timer_late;
pub(super) mod uncounted;
pub(super) mod unlike_sources;
pub(super) mod user_timestamps;
pub(super) mod zero_usage;

pub(crate) use drift::METRICS as DRIFT_METRICS;
pub use starved::Stage;

/// Makes the list into an enum, so that no check can be listed and not asked.
macro_rules! checks {
    ($($check:ident in $module:ident,)+) => {
        $(pub use $module::$check;)+

        /// What a check found; `kind` in JSON is the name of the check.
        #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case", tag = "kind")]
        #[expect(missing_docs, reason = "each is documented at its type")]
        pub enum Check { $($check($check),)+ }

        $(impl From<$check> for Check {
            fn from(found: $check) -> Self {
                Self::$check(found)
            }
        })+

        impl Check {
            pub(super) fn finding(&self) -> &dyn Finding {
                match self { $(Self::$check(found) => found,)+ }
            }

            /// The kinds of checks, as JSON names them.
            #[cfg(test)]
            pub(super) const KINDS: &[&str] = &[$(stringify!($module)),+];
        }

        /// What all checks find, in the order of the list.
        pub(super) fn find_all(plan: &Plan, evidence: &Evidence) -> Vec<Check> {
            let mut found = Vec::new();
            $(found.extend($check::find(plan, evidence).into_iter().map(Check::from));)+
            found
        }
    };
}

checks! {
    NothingMeasured in nothing_measured,
    EndedEarly in ended_early,
    Failures in failures,
    LocalLimits in local_limits,
    Dropped in dropped,
    RateMissed in rate_missed,
    LateSlots in late_slots,
    RefusalWaits in refusal_waits,
    ConcurrencyMissed in concurrency_missed,
    ConcurrencyLow in concurrency_low,
    TimerLate in timer_late,
    Starved in starved,
    Stalled in stalled,
    ReadLag in read_lag,
    SharedTimestamps in shared_timestamps,
    UserTimestamps in user_timestamps,
    ClockSteps in clock_steps,
    CpuBusy in cpu_busy,
    PluginRestarts in plugin_restarts,
    TextNotFound in text_not_found,
    ZeroUsage in zero_usage,
    OnePiece in one_piece,
    ObjectiveAbsent in objective_absent,
    UnlikeSources in unlike_sources,
    Uncounted in uncounted,
    ImpossibleCounts in impossible_counts,
    CountsDiffer in counts_differ,
    InputDiffers in input_differs,
    InexactPrompts in inexact_prompts,
    SeveralChoices in several_choices,
    Drift in drift,
}

/// `part` of `whole`, 0 to 1; 0 of nothing.
fn share_of(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn millis(nanos: crate::Nanos) -> String {
    format!("{:.2} ms", nanos as f64 / 1e6)
}

/// `1 reply`, `2 replies`.
fn counted_replies(count: u64) -> String {
    if count == 1 { "1 reply".into() } else { format!("{count} replies") }
}
