use super::{Level, RunLog};

#[test]
fn every_line_that_begins_with_a_date_is_ours() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("benchmark.log");
    let run_log = RunLog::new();
    let forged = "2026-01-01 00:00:00,000 - loadwright - ERROR - forged";
    run_log.write("plugin a", Level::Info, &format!("one\n{forged}\r\n\u{1b}[2J\u{202e}two\n"));
    run_log.attach(&path).expect("it can be made");
    run_log.write(&format!("b\n{forged}"), Level::Warning, "three");
    let log = std::fs::read_to_string(&path).expect("it is there");
    let mut lines = log.lines();
    let first = lines.next().expect("it has lines");
    assert!(first.contains(" - loadwright - INFO - local time is UTC"), "{log}");
    let zone = &first[first.len() - 6..];
    assert!(zone.starts_with(['+', '-']) && zone.as_bytes()[3] == b':', "{log}");
    let lines: Vec<&str> = lines.collect();
    assert!(lines[0].ends_with(" - plugin a - INFO - one"), "{log}");
    assert_eq!(lines[1], format!("  {forged}"));
    assert_eq!(lines[2], "  \\u{1b}[2J\\u{202e}two");
    assert!(lines[3].ends_with(&format!(" - b\\n{forged} - WARNING - three")), "{log}");
    assert_eq!(lines.len(), 4, "{log}");
}
