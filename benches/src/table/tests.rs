use super::*;
use crate::machine::Machine;
use crate::metrics::Metrics;
use crate::process::Usage;
use crate::receiver::Received;
use crate::scenario::Scenario;
use crate::server::ServerReport;

/// A run of 10 frames that took the given seconds of processor time.
fn run(tool: Tool, cpu_s: f64) -> Run {
    let usage = Usage { cpu_s, user_s: 0.0, peak_mb: 8.0 };
    let (metrics, first_at) = (Metrics::default(), None);
    Run {
        tool,
        round: 0,
        usage,
        wall_s: 1.0,
        first_request_ms: None,
        reported: Metrics::default(),
        server: ServerReport { metrics, received: 1, connections: 1, frames: 10, first_at },
        server_usage: usage,
        received: None,
    }
}

#[test]
fn builds_are_compared_with_the_bare_client_and_with_each_other() {
    let text = markdown(&Measurement {
        scenario: Scenario::Unpaced,
        requests: 1,
        date: "2026-01-01".into(),
        machine: Machine::here(),
        runs: vec![run(Tool::Bare, 1e-5), run(Tool::Loadwright, 3e-5), run(Tool::Baseline, 2e-5)],
    });
    let lines: Vec<&str> = text.lines().collect();
    let head = "| metric | bare client | loadwright | baseline | loadwright / baseline |";
    assert!(lines.contains(&head), "{text}");
    assert!(lines.contains(&"|---|---:|---:|---:|---:|"), "{text}");
    let row = "| CPU per frame (µs) | 1.00 | 3.00 (3.00) | 2.00 (2.00) | 1.500 |";
    assert!(lines.contains(&row), "{text}");
}

#[test]
fn a_run_with_an_exporter_is_compared_with_one_without() {
    let received = Some(Received { requests: 2, bytes: 3, spans: 4, spans_per_s: Some(5.0) });
    let text = markdown(&Measurement {
        scenario: Scenario::OpenLoop,
        requests: 1,
        date: "2026-01-01".into(),
        machine: Machine::here(),
        runs: vec![
            run(Tool::Loadwright, 2e-5),
            Run { received, ..run(Tool::LoadwrightOtlp, 3e-5) },
        ],
    });
    let lines: Vec<&str> = text.lines().collect();
    let head = "| metric | loadwright | loadwright, otlp | loadwright, otlp / loadwright |";
    assert!(lines.contains(&head), "{text}");
    assert!(lines.contains(&"| CPU per frame (µs) | 2.00 | 3.00 | 1.500 |"), "{text}");
    assert!(lines.contains(&"| spans per second | – | 5 | – |"), "{text}");
}

#[test]
fn results_that_were_kept_are_read_whole() {
    let kept = include_str!("../../results/2026-11-24-open-loop.json");
    let measurement: Measurement = serde_json::from_str(kept).unwrap();
    let text = markdown(&measurement);
    let row = text.lines().find(|line| line.starts_with("| p99 dispatch delay (ms) |"));
    assert_eq!(row, Some("| p99 dispatch delay (ms) | 0.170 | 0.148 |"));
}
