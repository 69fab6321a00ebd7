use super::Said;
use crate::fixture::summary;
use loadwright_plugin::EndReason;

fn streamed(reason: EndReason) -> Vec<String> {
    Said::ended(&summary(reason), 1_767_323_045.25).iter().map(Said::streamed).collect()
}

#[test]
fn lines_have_their_time_and_errors_their_level() {
    let warning = "2026-01-02T03:04:05.250000 warning: the client was slow";
    let verdict = "2026-01-02T03:04:05.250000 verdict: valid_with_warnings";
    assert_eq!(streamed(EndReason::Completed), [warning, verdict]);
    let failed = "ERROR 2026-01-02T03:04:05.250000 the point failed";
    assert_eq!(streamed(EndReason::Failed), [warning, verdict, failed]);
    assert!(streamed(EndReason::Interrupted)[2].ends_with("the point was interrupted"));
}

#[test]
fn a_file_has_them_on_their_streams() {
    let written = Said::begun("two\nlines", 1.5).written();
    assert_eq!((written.kind, written.line.as_str()), (1, "two lines\n"));
    assert_eq!(written.timestamp.map(|at| (at.seconds, at.nanos)), Some((1, 500_000_000)));
    let lines = Said::ended(&summary(EndReason::Failed), 0.0);
    assert_eq!(lines.last().map(|line| line.written().kind), Some(0));
}
