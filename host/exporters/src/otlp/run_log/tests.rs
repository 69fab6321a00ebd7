//! The log, as the command line writes it.

use super::*;
use crate::otlp::tests::Files;

const LOG: &str = "2026-11-27 22:02:27,664 - loadwright - INFO - local time is UTC+01:30
2026-11-27 22:02:28,001 - plugin sums - WARNING - one - two
2026-11-27 22:02:33,342 - loadwright - INFO - parallel_1_number_20
Verdict: valid

  2026-11-27 22:02:33,342 - loadwright - ERROR - quoted
2026-11-27 22:02:40,749 - loadwright - ERROR - last
";

fn read(files: &Files, read: &mut u64, end: bool) -> Vec<Line> {
    let mut files = files.clone();
    let mut log = RunLog::default();
    log.open(&mut files);
    log.next(&mut files, read, end)
}

fn written(text: &str) -> Files {
    let files = Files::default();
    files.0.lock().unwrap().insert(NAME.into(), text.into());
    files
}

#[test]
fn entries_have_their_time_severity_source_and_all_their_lines() {
    let mut at = 0;
    let lines = read(&written(LOG), &mut at, true);
    assert_eq!(at, LOG.len() as u64);
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.severity, line.source.as_str(), line.text.as_str()))
        .collect();
    let report = "parallel_1_number_20\nVerdict: valid\n\n  \
                  2026-11-27 22:02:33,342 - loadwright - ERROR - quoted";
    let expected = [
        (Severity::Info, "", "local time is UTC+01:30"),
        (Severity::Warn, "plugin sums", "one - two"),
        (Severity::Info, "", report),
        (Severity::Error, "", "last"),
    ];
    assert_eq!(told, expected);
    // 20:32:28.001 UTC, by `date -d`.
    assert_eq!(lines[1].at, 1_795_811_548.001);
}

/// Whatever the pieces in which it is read, each entry comes once; the last one, which may grow, at the
/// end.
#[test]
fn a_log_that_grows_is_read_once() {
    let whole = read(&written(LOG), &mut 0, true);
    for cut in 0..LOG.len() {
        let mut at = 0;
        let mut lines = read(&written(&LOG[..cut]), &mut at, false);
        assert!(at as usize <= cut);
        lines.extend(read(&written(LOG), &mut at, true));
        // The zone is read anew each time, and is whole where an entry was sent.
        assert_eq!(lines, whole, "{cut}");
    }
}

#[test]
fn damaged_endless_and_missing_logs_are_read_within_bounds() {
    assert_eq!(read(&Files::default(), &mut 0, true), []);
    let mut at = 99;
    assert_eq!(read(&written("short"), &mut at, true), []);
    let odd =
        "no date\n2026-13-27 22:02:28,001 - x - INFO - y\n2026-11-27 22:02:28,001 - no level\n";
    assert_eq!(read(&written(odd), &mut 0, true), []);
    let long = format!("2026-11-27 22:02:28,001 - x - INFO - {}\n{LOG}", "é".repeat(300_000));
    let mut at = 0;
    let lines = read(&written(&long), &mut at, true);
    assert_eq!((at, lines.len()), (long.len() as u64, 5));
    assert!(lines[0].text.len() <= CHUNK as usize);
}
