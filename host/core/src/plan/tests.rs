//! Plans: slots, warm-up, objectives, and what is stored of them.

use super::*;
use crate::testkit::{closed, open};

#[test]
fn the_warm_up_comes_before_the_measured_slots() {
    let mut plan = closed(2);
    plan.limits.warmup = 3;
    let warm: Vec<u64> = (0..10).filter(|&seq| plan.is_warmup(seq)).collect();
    assert_eq!(warm, [0, 1, 2]);
    assert_eq!(plan.slots(), Some(7));
}

#[test]
fn a_duration_alone_caps_no_slots() {
    let mut plan = closed(2);
    plan.limits = Limits { number: None, duration: Some(Duration::from_secs(5)), warmup: 3 };
    assert_eq!(plan.slots(), None);
}

#[test]
fn any_objective_is_one() {
    assert!(!Objectives::default().any());
    assert!(Objectives { ttft: Some(1), ..Objectives::default() }.any());
    assert!(Objectives { tpot: Some(1), ..Objectives::default() }.any());
    assert!(Objectives { latency: Some(1), ..Objectives::default() }.any());
}

#[test]
fn timeouts_default_as_documented() {
    let Timeouts { connect, read, total } = Timeouts::default();
    assert_eq!([connect, read, total].map(|span| span.as_secs()), [30, 600, 21_600]);
}

#[test]
fn a_stored_plan_is_the_plan_without_its_headers() {
    for mut plan in [closed(7), open(0.1), open(2_000.0)] {
        plan.limits.duration = Some(Duration::from_millis(1_500));
        plan.target.headers = vec![("authorization".into(), "Bearer secret".into())];
        let stored = serde_json::to_string(&plan).unwrap();
        assert!(!stored.contains("secret"));
        let read: Plan = serde_json::from_str(&stored).unwrap();
        plan.target.headers.clear();
        assert_eq!(read, plan);
    }
}
