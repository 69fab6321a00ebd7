//! Recommendations by the shape of a sweep.

use super::*;
use crate::fixture::{self, MS};

/// Points by workers, request throughput and average latency in milliseconds; 10,000 requests each.
fn sweep(points: &[(u32, f64, u64)]) -> Vec<Summary> {
    points
        .iter()
        .map(|&(workers, rate, latency)| {
            let mut summary = fixture::point(0, 1, 40, 5 * MS);
            let load = Load::Closed { workers, ramp_up: std::time::Duration::ZERO, pace: None };
            summary.point.load = load;
            summary.point.name = format!("p{workers}");
            summary.counts.total = 10_000;
            summary.counts.succeeded = 10_000;
            summary.throughput.requests = Some(rate);
            summary.metrics.latency.as_mut().unwrap().mean = (latency * MS) as f64;
            summary
        })
        .collect()
}

fn advice(points: &[(u32, f64, u64)]) -> String {
    recommendations(&sweep(points)).join("\n")
}

#[test]
fn a_rising_throughput_asks_for_more_load() {
    let text = advice(&[(1, 10.0, 100), (4, 38.0, 105), (16, 140.0, 110)]);
    assert!(text.starts_with("The highest load, p16, has the highest throughput"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn a_falling_throughput_asks_for_less() {
    let text = advice(&[(1, 50.0, 20), (4, 40.0, 100), (16, 30.0, 500)]);
    assert!(text.contains("The lowest load, p1, has the highest throughput"), "{text}");
    assert!(text.contains("From p1 to p4 throughput changes by -20.0 %"), "{text}");
    assert!(text.contains("Average latency grows 25.0 times from p1 to p16"), "{text}");
}

#[test]
fn nothing_lower_than_one_request_at_a_time_is_asked_for() {
    let text = advice(&[(1, 50.0, 20), (4, 40.0, 100)]);
    assert!(
        !text.contains("Test lower loads") && text.contains("give --rate to pace it"),
        "{text}"
    );
    let text = advice(&[(2, 50.0, 20), (4, 40.0, 100)]);
    assert!(text.contains("Test lower loads.") && !text.contains("--rate"), "{text}");
}

#[test]
fn a_peak_in_the_middle_is_named() {
    let text = advice(&[(1, 10.0, 100), (4, 60.0, 110), (16, 40.0, 250)]);
    assert!(text.contains("Throughput is highest at p4 and falls above it"), "{text}");
}

#[test]
fn a_lead_within_noise_is_called_noise() {
    let mut points = sweep(&[(1, 10.0, 100), (4, 20.0, 100), (16, 19.0, 110)]);
    for point in &mut points {
        point.counts.succeeded = 100;
    }
    let text = recommendations(&points).join("\n");
    // Two points of 100 requests: √(1/100 + 1/100) = 14.1 %.
    assert!(text.contains("p16 is only 5.0 % behind"), "{text}");
    assert!(text.contains("(about 14.1 %)"), "{text}");
}

#[test]
fn many_failures_at_the_highest_load_are_named() {
    let mut points = sweep(&[(1, 10.0, 100), (4, 20.0, 100)]);
    points[1].counts.succeeded = 9_000;
    points[1].counts.failed = 1_000;
    let text = recommendations(&points).join("\n");
    assert!(
        text.contains("At the highest load, p4, only 90.0 % of the requests succeeded"),
        "{text}"
    );
}

#[test]
fn points_that_are_not_valid_do_not_win() {
    let mut points = sweep(&[(1, 10.0, 100), (4, 20.0, 100), (16, 99.0, 100)]);
    points[2].verdict = Verdict::NotValid;
    assert!(best(&points)[0].contains("p4 with 20 req/s"), "{:?}", best(&points));
    assert!(recommendations(&points)[0].contains("left out of this advice: 1"));
    points.iter_mut().for_each(|point| point.verdict = Verdict::NotValid);
    assert_eq!(best(&points), ["None: no point is valid."]);
}

#[test]
fn the_order_of_points_does_not_matter() {
    let points = [(16, 140.0, 110), (1, 10.0, 100), (4, 38.0, 105)];
    assert!(advice(&points).starts_with("The highest load, p16"));
}

#[test]
fn of_equal_points_the_lighter_load_wins() {
    let points = sweep(&[(1, 10.0, 100), (4, 10.0, 100)]);
    assert!(best(&points)[0].contains("p1 with"), "{:?}", best(&points));
}
