//! What the points are for a dataset that is timed, and for one that is not.

use super::*;
use crate::testing::{errors, run};
use loadwright_core::plan::{Limits, Load};
use std::time::Duration;

/// A dataset of which this file cannot tell whether it is timed.
fn either(line: &str) -> Loads {
    run(&either_line(line)).loads
}

fn either_line(line: &str) -> String {
    format!(
        "--model m --url http://h/v1/chat/completions --plugin ../../plugins/fixtures/dist/told.wasm \
         --dataset told --dataset-args '{{\"conversations\": []}}' {line}"
    )
}

fn flags(sweep: &Sweep) -> Vec<&str> {
    sweep.errors.0.iter().map(|error| error.flag.as_str()).collect()
}

#[test]
fn a_trace_has_no_number_of_its_own_and_a_point_for_each_that_is_given() {
    let limits = |number, duration| Limits { number, duration, warmup: 0 };
    let second = Some(Duration::from_secs(1));
    for (line, wanted) in [
        ("", vec![("trace", limits(None, None))]),
        ("--duration 1", vec![("trace_duration_1s", limits(None, second))]),
        (
            "--number 5 9",
            vec![
                ("trace_number_5", limits(Some(5), None)),
                ("trace_number_9", limits(Some(9), None)),
            ],
        ),
    ] {
        let timed = either(line).settled(true);
        let points: Vec<_> =
            timed.points.iter().map(|point| (point.name.as_str(), point.limits)).collect();
        assert_eq!(points, wanted, "{line}");
        let is_trace = |point: &Plan| point.load == Load::Trace { max_in_flight: None };
        assert!(timed.points.iter().all(is_trace) && timed.errors.0.is_empty());
    }
    let capped = either("--open-loop --max-in-flight 7").settled(true);
    assert_eq!(capped.points[0].load, Load::Trace { max_in_flight: Some(7) });
}

#[test]
fn flags_are_refused_by_what_the_dataset_is() {
    for (line, untimed, timed) in [
        ("", vec![], vec![]),
        ("--rate 5", vec![], vec!["rate"]),
        ("--rate -1", vec![], vec![]),
        ("--parallel 2 --ramp-up 3", vec![], vec!["parallel", "ramp-up"]),
        ("--rate 2 --arrival gamma --burstiness 2", vec![], vec!["rate", "arrival", "burstiness"]),
        ("--open-loop", vec!["open-loop"], vec![]),
        ("--open-loop --rate 5", vec![], vec!["rate"]),
        ("--max-in-flight 3", vec!["max-in-flight"], vec![]),
        ("--warmup-num 0.5", vec![], vec!["warmup-num"]),
    ] {
        let loads = either(line);
        assert_eq!((flags(&loads.untimed), flags(&loads.timed)), (untimed, timed), "{line}");
        assert!(!loads.likely().points.is_empty());
    }
}

#[test]
fn what_fits_neither_is_reported_at_once() {
    let said = errors(&either_line("--number 0"));
    assert_eq!(said.matches("--number: 0 is too small").count(), 1, "{said}");
    let said = errors(&either_line("--open-loop --arrival constant"));
    assert!(said.contains("--open-loop: needs --rate"), "{said}");
}

#[test]
fn a_bundled_dataset_is_not_timed() {
    let loads = run("--simulate --parallel 3").loads;
    assert_eq!(loads.untimed, loads.timed);
    let said = errors("--simulate --open-loop");
    assert!(said.contains("--open-loop: needs --rate"), "{said}");
}
