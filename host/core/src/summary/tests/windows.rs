//! In-flight counts and the steady window against brute force, and drift.

use super::build::{records, reply};
use super::*;
use crate::checks::{Check, Drift};

/// Times at which the number in flight may change.
fn moments(intervals: &[(u64, u64)]) -> Vec<u64> {
    let mut moments: Vec<u64> = intervals.iter().flat_map(|&(from, to)| [from, to]).collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// The stretches between moments, each with the number of intervals that cover it.
fn stretches(intervals: &[(u64, u64)]) -> Vec<(u64, u64, u32)> {
    let covering = |from: u64, to: u64| {
        intervals.iter().filter(|&&(start, end)| start <= from && to <= end).count() as u32
    };
    moments(intervals).windows(2).map(|m| (m[0], m[1], covering(m[0], m[1]))).collect()
}

fn intervals(records: &[Record]) -> Vec<(u64, u64)> {
    records
        .iter()
        .filter(|record| !record.warmup)
        .filter_map(|record| Some((record.timeline.sent?, record.timeline.end)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn in_flight_is_what_brute_force_counts(records in records()) {
        let summary = summary_of(&closed(4), &records);
        let stretches = stretches(&intervals(&records));
        let peak = stretches.iter().map(|&(_, _, level)| level).max().unwrap_or(0);
        prop_assert_eq!(summary.concurrency.peak, peak);
        if let Some(duration) = summary.duration.filter(|&span| span > 0) {
            let area: f64 = stretches.iter().map(|&(a, b, n)| (b - a) as f64 * f64::from(n)).sum();
            let mean = area / duration as f64;
            prop_assert!((summary.concurrency.mean.unwrap() - mean).abs() <= 1e-9 * mean.max(1.0));
        }
    }

    #[test]
    fn the_steady_window_is_what_brute_force_finds(records in records()) {
        let summary = summary_of(&closed(4), &records);
        let stretches = stretches(&intervals(&records));
        let time = |least: u32| -> u64 {
            stretches.iter().filter(|s| s.2 >= least).map(|s| s.1 - s.0).sum()
        };
        let Some(steady) = summary.steady else {
            prop_assert_eq!(time(1), 0);
            return Ok(());
        };
        let plateau = (1..100).rev().find(|&level| time(level) * 2 >= time(1)).unwrap();
        let high: Vec<_> =
            stretches.iter().filter(|s| f64::from(s.2) >= 0.95 * f64::from(plateau)).collect();
        prop_assert_eq!(steady.plateau, plateau);
        prop_assert_eq!(steady.start, high[0].0);
        prop_assert_eq!(steady.end, high.last().unwrap().1);
        let sent = records.iter().filter(|record| {
            !record.warmup && record.outcome.is_ok()
                && record.timeline.sent.is_some_and(|at| at >= steady.start && at < steady.end)
        });
        let latencies = steady.metrics.get(Metric::Latency).map_or(0, |latency| latency.count);
        prop_assert_eq!(latencies, sent.count() as u64);
    }
}

/// `count` replies, one after the other on each of `workers`, each of a token every 10 ms.
fn steady_load(workers: u64, count: u64, tokens: u64) -> Vec<Record> {
    let step = 10_000_000;
    let wave = |n: u64| (n / workers) * tokens * step + (n % workers) * 1_000;
    (0..count)
        .map(|n| {
            let frames: Vec<u64> = (1..=tokens).map(|token| wave(n) + token * step).collect();
            reply(wave(n), &frames)
        })
        .collect()
}

#[test]
fn a_steady_load_shows_its_true_rates() {
    // 20 workers, each a request of 10 tokens every 100 ms: 200 requests and 2,000 tokens a second.
    let summary = summary_of(&closed(20), &steady_load(20, 400, 10));
    let steady = summary.steady.unwrap();
    assert_eq!((steady.plateau, summary.concurrency.peak), (20, 20));
    assert!((steady.concurrency - 20.0).abs() < 0.1, "{}", steady.concurrency);
    assert!((steady.requests - 200.0).abs() < 1.0, "{}", steady.requests);
    assert_eq!(steady.mean_itl, Some(10_000_000.0));
    // From first to last output a reply brings 10 tokens in 90 ms; the window holds 20 waves.
    assert!((steady.output.unwrap() - 2_000.0).abs() < 10.0, "{:?}", steady.output);
    assert_eq!(summary.verdict, Verdict::Valid, "{:?}", summary.warnings);
}

#[test]
fn a_metric_that_moves_in_the_middle_is_a_drift() {
    let mut records = steady_load(2, 200, 4);
    for record in records.iter_mut().skip(100) {
        record.frames[0].at += 5_000_000 + record.timeline.scheduled % 7_000;
    }
    let summary = summary_of(&closed(2), &records);
    let [warning] = &summary.warnings[..] else { panic!("{:?}", summary.warnings) };
    let Check::Drift(Drift { metric: Metric::Ttft, first, second }) = warning.check else {
        panic!("{:?}", warning.check)
    };
    // The middle of the time is a request or so off the middle of the list.
    assert!((first - 10_000_000.0).abs() < 100_000.0, "{first}");
    assert!((second - 15_003_500.0).abs() < 100_000.0, "{second}");
}

#[test]
fn noise_is_no_drift() {
    // TTFT alternates between 10 and 30 ms: the halves' means agree.
    let mut records = steady_load(1, 400, 5);
    for record in records.iter_mut().step_by(2) {
        for frame in &mut record.frames[..2] {
            frame.at = record.timeline.scheduled + 30_000_000;
        }
    }
    let checks: Vec<_> = summary_of(&closed(1), &records).warnings;
    assert!(!checks.iter().any(|warning| matches!(warning.check, Check::Drift(_))), "{checks:?}");
}

#[test]
fn a_move_that_chance_explains_is_no_drift() {
    // Means of 16 and 18.5 ms, 16 % apart, but the values lie 30 ms apart: 0.7 standard errors.
    let mut records = steady_load(1, 80, 5);
    for (n, record) in records.iter_mut().enumerate() {
        let ttft = if n % 2 == 0 { 1 } else { 31 + 5 * (n as u64 / 40) };
        for frame in &mut record.frames[..3] {
            frame.at = record.timeline.scheduled + ttft * 1_000_000;
        }
    }
    let warnings = summary_of(&closed(1), &records).warnings;
    assert!(
        !warnings.iter().any(|warning| matches!(warning.check, Check::Drift(_))),
        "{warnings:?}"
    );
}
