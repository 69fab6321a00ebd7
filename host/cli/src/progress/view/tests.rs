use super::{PointView, Remaining, span};
use crate::progress::estimate::PointEstimate;
use crate::testing;
use loadwright_engine::Control;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

#[test]
fn spans_read_well() {
    let cases = [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200.0, "3 min 20 s"),
        (7500.0, "2 h 5 min"),
    ];
    for (seconds, wanted) in cases {
        assert_eq!(span(seconds), wanted);
    }
}

#[test]
fn a_point_tells_how_it_stands_and_how_long_the_sweep_goes_on() {
    let points = testing::run("--simulate --open-loop --rate 1 2 --duration 3600").points;
    let control = Control::new(|_| {});
    let later = vec![PointEstimate::of(&points[1])];
    let remaining = Remaining { points: later, pause: Duration::from_secs(60) };
    let view = PointView::new(&points[0], &control, remaining);
    assert_eq!(view.line(), "0 in flight, none measured yet");
    // An hour less a moment, a minute, and another hour.
    let left = view.sweep_left().expect("durations are known");
    assert!(
        ["about 2 h 0 min of the sweep left", "about 2 h 1 min of the sweep left"]
            .contains(&left.as_str()),
        "{left}"
    );
    control.progress.done.store(5, Relaxed);
    control.progress.failed.store(2, Relaxed);
    control.progress.in_flight.store(3, Relaxed);
    assert!(view.line().starts_with("5 done, 3 in flight, "), "{}", view.line());
    control.stop.drain();
    assert_eq!(view.line(), "draining: 3 in flight; 5 done, 2 failed");
    assert_eq!(view.sweep_left(), None);
}
