use super::Losses;
use std::time::Duration;

#[test]
fn a_plugin_may_lose_a_thousand_instances() {
    let losses = Losses::default();
    for _ in 0..999 {
        losses.add(Duration::ZERO);
    }
    assert_eq!(losses.exhausted(Duration::from_secs(5)), None);
    losses.add(Duration::from_millis(1250));
    let said = "it lost 1000 instances and 1.2 s to traps and limits, and is not started again";
    assert_eq!(losses.exhausted(Duration::from_secs(5)).unwrap(), said);
}

#[test]
fn a_plugin_may_lose_a_minute_or_twelve_calls() {
    let losses = Losses::default();
    for _ in 0..12 {
        assert_eq!(losses.exhausted(Duration::from_secs(5)), None);
        losses.add(Duration::from_secs(5));
    }
    assert!(losses.exhausted(Duration::from_secs(5)).is_some());
    assert_eq!(losses.exhausted(Duration::from_secs(6)), None, "twelve calls of six seconds");
}
