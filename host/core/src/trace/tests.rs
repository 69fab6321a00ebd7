//! Ids against OpenSSL's SipHash, and sampling on both sides of its threshold.

use super::*;
use proptest::prelude::*;

const KEY: &str = "000102030405060708090a0b0c0d0e0f";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Of `openssl mac -macopt hexkey:… -macopt size:16 SIPHASH` and `size:8` over the attempt's bytes.
#[test]
fn ids_are_siphash_and_never_change() {
    let last = AttemptKey { point: u32::MAX, seq: u64::MAX, turn: u32::MAX, attempt: u32::MAX };
    for (key, attempt, trace, span) in [
        (
            KEY,
            AttemptKey { point: 3, seq: 9, turn: 1, attempt: 2 },
            "e63f05f3fc67dbfbac2730222e923530",
            "abfb2cbe2bb403c4",
        ),
        (
            KEY,
            AttemptKey { point: 0, seq: 0, turn: 0, attempt: 0 },
            "d60d3284a18ebd5af3d0f02a078007cd",
            "d2bc320e9c64c8fc",
        ),
        (
            "ffeeddccbbaa99887766554433221100",
            last,
            "e143dfd9a9f0124e1e0bc54fdca795c7",
            "cbbbf22d39f09e47",
        ),
    ] {
        let traceparent = Traceparent { key: key.parse().unwrap(), ratio: 1.0 };
        let ids = traceparent.ids(attempt);
        assert_eq!((hex(&ids.trace), hex(&ids.span)), (trace.to_owned(), span.to_owned()));
        let header = format!("00-{trace}-{span}-01");
        assert_eq!(ids.traceparent().as_slice(), header.as_bytes());
        let unsampled = Traceparent { ratio: 0.0, ..traceparent }.ids(attempt);
        assert!(unsampled.traceparent().ends_with(b"-00"));
    }
}

#[test]
fn attempts_at_a_turn_share_a_trace_and_turns_do_not() {
    let traceparent = Traceparent { key: KEY.parse().unwrap(), ratio: 0.5 };
    let first = AttemptKey { point: 0, seq: 7, turn: 0, attempt: 0 };
    let ids = |attempt| traceparent.ids(attempt);
    let again = AttemptKey { attempt: 1, ..first };
    assert_eq!(ids(first).trace, ids(again).trace);
    assert_eq!(ids(first).sampled, ids(again).sampled);
    assert_ne!(ids(first).span, ids(again).span);
    for other in [
        AttemptKey { turn: 1, ..first },
        AttemptKey { point: 1, ..first },
        AttemptKey { seq: 8, ..first },
    ] {
        assert_ne!(ids(first).trace, ids(other).trace);
        assert_ne!(ids(first).span, ids(other).span);
    }
}

#[test]
fn an_id_of_zeros_does_not_occur() {
    assert_eq!(not_zero([0; 8]), [0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(not_zero([0, 0, 0, 2]), [0, 0, 0, 2]);
    assert_eq!(not_zero([1, 0, 0, 0]), [1, 0, 0, 0]);
}

#[test]
fn the_threshold_is_that_of_the_last_56_bits() {
    let id = |number: u128| number.to_be_bytes();
    // A quarter: from 0xc0000000000000 on, whatever comes before the last 56 bits.
    assert!(sampled(id(0xc0_0000_0000_0000), 0.25));
    assert!(!sampled(id(0xbf_ffff_ffff_ffff), 0.25));
    assert!(!sampled(id(0xff_ff00_0000_0000_0000), 0.25));
    assert!(sampled(id(0), 1.0) && sampled(id(0), 7.0));
    for none in [0.0, -1.0, f64::NAN, 1e-30] {
        assert!(!sampled(id(u128::MAX), none));
    }
    assert!(sampled(id(u128::MAX), 1e-10));
}

#[test]
fn the_share_of_sampled_traces_is_the_ratio() {
    for ratio in [0.01, 0.3, 0.9] {
        let traceparent = Traceparent { key: KEY.parse().unwrap(), ratio };
        let attempt = |seq| AttemptKey { point: 1, seq, turn: 0, attempt: 0 };
        let count = (0..20_000).filter(|&seq| traceparent.ids(attempt(seq)).sampled).count();
        let expected = 20_000.0 * ratio;
        let deviation = (expected * (1.0 - ratio)).sqrt();
        assert!((count as f64 - expected).abs() < 4.0 * deviation, "{ratio}: {count}");
    }
}

#[test]
fn keys_are_32_hexadecimal_digits() {
    let traceparent = Traceparent { key: KEY.parse().unwrap(), ratio: 0.25 };
    let json = serde_json::to_string(&traceparent).unwrap();
    assert_eq!(json, format!("{{\"key\":\"{KEY}\",\"ratio\":0.25}}"));
    assert_eq!(serde_json::from_str::<Traceparent>(&json).unwrap(), traceparent);
    let long = "0".repeat(33);
    for bad in
        ["", "00", &long, "+0102030405060708090a0b0c0d0e0f0", "é00000000000000000000000000000"]
    {
        assert_eq!(bad.parse::<TraceKey>(), Err(BadTraceKey), "{bad}");
    }
}

proptest! {
    #[test]
    fn a_trace_kept_at_a_ratio_is_kept_at_a_higher_one(
        id in any::<[u8; 16]>(), low in 0.0..=1.0, high in 0.0..=1.0,
    ) {
        let (low, high): (f64, f64) = if low < high { (low, high) } else { (high, low) };
        prop_assert!(!sampled(id, low) || sampled(id, high));
    }

    #[test]
    fn keys_come_back(key in any::<[u8; 16]>()) {
        let key = TraceKey(key);
        prop_assert_eq!(key.to_string().parse(), Ok(key));
    }
}
