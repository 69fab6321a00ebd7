use super::*;

#[test]
fn metrics_of_complete_replies() {
    let served = |received: u64, frames: &[u64], ended, complete| Served {
        received,
        frames: frames.to_vec(),
        ended,
        complete,
        ..Served::default()
    };
    let ms = 1_000_000;
    let metrics = metrics(&[
        served(0, &[5 * ms, 7 * ms, 12 * ms], 13 * ms, true),
        served(10 * ms, &[13 * ms], 500 * ms, true),
        served(0, &[900 * ms], 901 * ms, false),
    ]);
    let expected = Metrics {
        requests: 2,
        requests_per_s: 4.0,
        ttft_ms: Some(Spread { mean: 4.0, p99: 5.0 }),
        itl_ms: Some(Spread { mean: 3.5, p99: 5.0 }),
        dispatch_delay_ms: None,
    };
    assert_eq!(metrics, expected);
}
