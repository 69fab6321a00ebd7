//! The exit code of a run, by its errors, an interrupt, and what its points measured.

use super::outcome;
use crate::exit::Exit;
use crate::testing;
use loadwright_core::sample::{EndReason, PointEnd};
use loadwright_core::summary::{Summary, SummaryBuilder};

/// The summary of a point in which `succeeded` requests succeeded.
fn point(succeeded: u64, end_reason: EndReason) -> Summary {
    let plan = testing::run("--simulate").points.remove(0);
    let mut summary =
        SummaryBuilder::new(&plan).finish(&PointEnd { end_reason, ..PointEnd::default() });
    (summary.counts.total, summary.counts.succeeded) = (succeeded.max(1), succeeded);
    summary
}

/// Runs of one point, of two, and of none, whose metrics are good or not.
fn runs() -> [(Vec<Summary>, Exit); 4] {
    let (good, bad) = (|| point(3, EndReason::Completed), || point(0, EndReason::Completed));
    [
        (vec![], Exit::NothingMeasured),
        (vec![bad()], Exit::NothingMeasured),
        (vec![good()], Exit::Measured),
        (vec![bad(), good()], Exit::Measured),
    ]
}

#[test]
fn without_errors_what_was_measured_decides() {
    for (summaries, exit) in runs() {
        assert_eq!(outcome(&summaries, None, false, false), exit);
        // A point that could not be run leaves what the others measured.
        let error = Some(Exit::NothingMeasured);
        assert_eq!(outcome(&summaries, error, false, false), exit);
        let met = if summaries.is_empty() { exit } else { Exit::ConditionMet };
        assert_eq!(outcome(&summaries, None, false, true), met);
    }
}

#[test]
fn an_interrupt_precedes_what_was_measured() {
    for (summaries, _) in runs() {
        for error in [None, Some(Exit::NothingMeasured)] {
            assert_eq!(outcome(&summaries, error, true, true), Exit::Interrupted);
        }
    }
    let stopped = [point(3, EndReason::Completed), point(3, EndReason::Interrupted)];
    assert_eq!(outcome(&stopped, None, false, true), Exit::Interrupted);
}

#[test]
fn errors_come_first() {
    for (summaries, _) in runs() {
        for error in [Exit::Output, Exit::Plugin, Exit::Usage] {
            assert_eq!(outcome(&summaries, Some(error), true, true), error);
        }
    }
}
