use super::{PointEstimate, seconds};
use crate::testing;
use std::time::Duration;

fn estimates(line: &str) -> Vec<PointEstimate> {
    let run = testing::run(&format!("--simulate {line}"));
    run.points.iter().map(PointEstimate::of).collect()
}

#[test]
fn a_closed_loop_is_estimated_from_the_point_that_runs() {
    let points = estimates("--parallel 2 10 50 -n 20 100 10");
    // 10 requests by 2 workers in 4 s: each keeps a worker busy for 0.8 s.
    assert_eq!(points[0].cost(10, 4.0), Some(0.8));
    // 100 / 10 rounds of 0.8 s, and one round for 10 requests by 50 workers; 1 s before each.
    assert_eq!(seconds(&points[1..], Duration::from_secs(1), Some(0.8)), Some(8.0 + 0.8 + 2.0));
    assert_eq!(seconds(&points[1..], Duration::ZERO, None), None);
    assert_eq!(points[0].cost(0, 4.0), None);
    assert_eq!(seconds(&[], Duration::from_secs(9), None), Some(0.0));
}

#[test]
fn rates_and_durations_bound_a_point() {
    let open = estimates("--open-loop --rate 2 4 -n 100");
    assert_eq!(seconds(&open, Duration::ZERO, None), Some(75.0));
    assert_eq!(open[0].cost(10, 4.0), None);
    let timed = estimates("--parallel 1 2 --duration 30");
    assert_eq!(seconds(&timed, Duration::from_secs(5), Some(1.0)), Some(70.0));
    let paced = estimates("--parallel 4 --rate 10 -n 100");
    assert_eq!(seconds(&paced, Duration::ZERO, Some(2.0)), Some(50.0));
    assert_eq!(seconds(&paced, Duration::ZERO, None), Some(10.0));
}
