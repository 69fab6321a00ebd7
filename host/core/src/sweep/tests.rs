//! What is found in sweeps of made-up points, by the shape of their throughput and latency.

use super::*;
use crate::sample::PointEnd;
use crate::summary::SummaryBuilder;
use crate::testkit;

const MS: u64 = 1_000_000;

/// Points by workers, request throughput and mean latency in milliseconds; 10,000 requests each.
fn points(shape: &[(u32, f64, u64)]) -> Vec<Summary> {
    let point = |&(workers, rate, latency): &(u32, f64, u64)| {
        let plan = testkit::closed(workers);
        let mut builder = SummaryBuilder::new(&plan);
        builder.record(&testkit::record(0, &[MS]));
        let mut summary = builder.finish(&PointEnd::default());
        summary.point.name = format!("p{workers}");
        summary.verdict = Verdict::Valid;
        (summary.counts.total, summary.counts.succeeded) = (10_000, 10_000);
        summary.throughput.requests = Some(rate);
        summary.metrics.get_mut(Metric::Latency).unwrap().mean = (latency * MS) as f64;
        summary
    };
    shape.iter().map(point).collect()
}

fn observations_of(shape: &[(u32, f64, u64)]) -> Vec<Observation> {
    Sweep::new(&points(shape)).observations
}

fn peak_at(point: &str, place: Place) -> Observation {
    Observation::Peak { point: point.into(), place, rival: None }
}

#[test]
fn a_rising_throughput_peaks_at_the_highest_load() {
    let rising = [(1, 10.0, 100), (4, 38.0, 105), (16, 140.0, 110)];
    assert_eq!(observations_of(&rising), [peak_at("p16", Place::Highest)]);
}

#[test]
fn a_falling_throughput_peaks_saturates_and_queues() {
    let found = observations_of(&[(1, 50.0, 20), (4, 40.0, 100), (16, 30.0, 500)]);
    let [peak, Observation::Saturation { from, to, gain, cost }, queueing] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(*peak, peak_at("p1", Place::Lowest { sequential: true }));
    // Only the first such step is named: 40 / 50 requests a second, 100 / 20 ms.
    assert_eq!((from.as_str(), to.as_str()), ("p1", "p4"));
    assert!((gain + 0.2).abs() < 1e-9 && (cost - 4.0).abs() < 1e-9, "{gain} {cost}");
    let (from, to) = ("p1".into(), "p16".into());
    assert_eq!(*queueing, Observation::Queueing { from, to, growth: 25.0 });
}

#[test]
fn a_small_gain_saturates_only_where_it_costs_latency() {
    let steps = |latency| observations_of(&[(1, 100.0, 100), (2, 105.0, latency)]);
    let saturates = |found: &[Observation]| {
        found.iter().any(|observation| matches!(observation, Observation::Saturation { .. }))
    };
    assert!(saturates(&steps(131)) && !saturates(&steps(129)));
    assert!(!saturates(&observations_of(&[(1, 100.0, 100), (2, 111.0, 190)])));
}

#[test]
fn one_worker_without_pace_is_the_least_load_there_is() {
    let lowest = |workers| match observations_of(&[(workers, 50.0, 20), (9, 40.0, 25)])[0] {
        Observation::Peak { place, .. } => place,
        _ => panic!("the peak comes first"),
    };
    assert_eq!(lowest(1), Place::Lowest { sequential: true });
    assert_eq!(lowest(2), Place::Lowest { sequential: false });
}

#[test]
fn a_peak_between_two_loads_is_named() {
    let found = observations_of(&[(1, 10.0, 100), (4, 60.0, 110), (16, 40.0, 130)]);
    assert_eq!(found, [peak_at("p4", Place::Between)]);
}

#[test]
fn a_lead_within_noise_names_the_rival() {
    let mut points = points(&[(1, 10.0, 100), (4, 20.0, 100), (16, 19.0, 110)]);
    for point in &mut points {
        point.counts.succeeded = 100;
    }
    let found = Sweep::new(&points).observations;
    let Observation::Peak { rival: Some(rival), .. } = &found[0] else { panic!("{found:?}") };
    assert_eq!(rival.point, "p16");
    // 19 is 5 % below 20; two points of 100 requests: √(1/100 + 1/100) = 14.1 %.
    assert!((rival.behind - 0.05).abs() < 1e-9, "{rival:?}");
    assert!((rival.noise - 0.02_f64.sqrt()).abs() < 1e-9, "{rival:?}");
}

#[test]
fn many_failures_at_the_highest_load_are_found_though_it_is_not_valid() {
    let mut points = points(&[(1, 10.0, 100), (4, 20.0, 100), (16, 40.0, 100)]);
    (points[2].counts.succeeded, points[2].counts.failed) = (9_000, 1_000);
    points[2].verdict = Verdict::NotValid;
    let found = Sweep::new(&points).observations;
    assert_eq!(found.last(), Some(&Observation::LowSuccess { point: "p16".into(), share: 0.9 }));
}

#[test]
fn points_that_are_not_valid_are_counted_and_not_compared() {
    let mut points = points(&[(1, 10.0, 100), (4, 20.0, 90), (16, 99.0, 10)]);
    points[2].verdict = Verdict::NotValid;
    let sweep = Sweep::new(&points);
    assert_eq!((sweep.valid, sweep.not_valid), (2, 1));
    assert_eq!(sweep.best.requests, Some(Leader { point: "p4".into(), value: 20.0 }));
    assert_eq!(sweep.best.latency, Some(Leader { point: "p4".into(), value: 90.0 * MS as f64 }));
    points[1].verdict = Verdict::NotValid;
    assert_eq!(Sweep::new(&points).observations, [], "one point is not a comparison");
    points[0].verdict = Verdict::NotValid;
    assert_eq!(Sweep::new(&points).best, Best::default());
}

#[test]
fn the_order_of_points_does_not_matter() {
    let found = observations_of(&[(16, 140.0, 110), (1, 10.0, 100), (4, 38.0, 105)]);
    assert_eq!(found, [peak_at("p16", Place::Highest)]);
}

#[test]
fn of_equal_points_the_lower_load_is_best() {
    let sweep = Sweep::new(&points(&[(4, 10.0, 100), (1, 10.0, 100)]));
    assert_eq!(sweep.best.requests.unwrap().point, "p1");
}

#[test]
fn sums_are_over_all_points() {
    let mut points = points(&[(1, 10.0, 100), (4, 20.0, 100)]);
    points[0].verdict = Verdict::NotValid;
    for (point, (duration, tokens)) in points.iter_mut().zip([(500 * MS, 100), (1_500 * MS, 900)]) {
        (point.duration, point.tokens.output) = (Some(duration), Some(tokens));
    }
    let sweep = Sweep::new(&points);
    assert_eq!((sweep.duration, sweep.output_tokens), (2_000 * MS, 1_000));
    assert_eq!(sweep.output_rate, Some(500.0));
    assert_eq!(Sweep::new(&[]).output_rate, None);
}

#[test]
fn planned_points_without_a_summary_did_not_run() {
    let ran = points(&[(4, 10.0, 100)]);
    let planned = ["p1", "p4", "p16"].map(str::to_owned);
    assert_eq!(not_run(&ran, &planned).collect::<Vec<_>>(), ["p1", "p16"]);
}
