//! How long the delay before the next request is.

use super::*;

#[test]
fn delays_double_up_to_their_limit_and_spread_by_half() {
    let backoff = |seq, failures| Backoff { seed: 7, seq, turn: 0, failures };
    let base = [100, 200, 400, 800, 1_600, 2_000, 2_000];
    for (failures, base) in base.into_iter().enumerate().map(|(n, ms)| (n as u32, ms * 1_000_000)) {
        let delays: Vec<u64> = (0..400).map(|seq| backoff(seq, failures).delay(None)).collect();
        assert!(delays.iter().all(|delay| (base..=base + base / 2).contains(delay)), "{failures}");
        let mean = delays.iter().sum::<u64>() / 400;
        let middle = base + base / 4;
        assert!(mean.abs_diff(middle) < base / 20, "{failures}: {mean}");
    }
    assert_eq!(backoff(3, 1).delay(None), backoff(3, 1).delay(None));
    assert!(backoff(3, u32::MAX).delay(None) <= 3_000_000_000);
}

#[test]
fn a_service_may_ask_for_up_to_a_minute() {
    let backoff = Backoff { seed: 7, seq: 1, turn: 0, failures: 0 };
    let delay = |seconds: f64| backoff.delay(Some((seconds * 1e9) as u64)) as f64 / 1e9;
    assert!((3.0..=3.05).contains(&delay(3.0)));
    assert!((60.0..=60.05).contains(&delay(60.0)) && (60.0..=60.05).contains(&delay(1e6)));
    assert_eq!(backoff.delay(Some(0)), backoff.delay(None));
}
