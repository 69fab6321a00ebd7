//! Against dates that other programs wrote.

use super::{Timestamp, offset, parse, stamp, timestamp, utc};

#[test]
fn times_are_written_as_the_sdk_does() {
    // date -u -d @1795486202.657903 +%FT%T.%6N
    assert_eq!(utc(1_795_486_202.657_903), "2026-11-24T02:10:02.657903Z");
    assert_eq!(offset(1_767_323_045.0), "2026-01-02T03:04:05.000000+00:00");
    assert_eq!(stamp(1_767_323_045.9), "20260102_030405");
    // Leap days, the end of a year, and what is not a time.
    assert_eq!(utc(951_827_696.0), "2000-02-29T12:34:56.000000Z");
    assert_eq!(utc(4_107_542_399.0), "2100-02-28T23:59:59.000000Z");
    assert_eq!(utc(-1.0), "1970-01-01T00:00:00.000000Z");
    assert_eq!(utc(f64::NAN), "1970-01-01T00:00:00.000000Z");
    assert_eq!(utc(f64::INFINITY), "9999-12-31T23:59:59.000000Z");
}

#[test]
fn a_second_is_never_full() {
    assert_eq!(timestamp(1.999_999_9), Timestamp { seconds: 2, nanos: 0 });
    assert_eq!(timestamp(1.000_001), Timestamp { seconds: 1, nanos: 1_000 });
}

#[test]
fn times_are_read_back() {
    for second in (0..4_200_000_000_i64).step_by(86_399 * 7 + 1) {
        assert_eq!(parse(&utc(second as f64)), Some(second));
    }
    assert_eq!(parse("2099-01-01T00:00:00.000Z"), Some(4_070_908_800));
    for damaged in ["", "2099", "2099-13-01T00:00:00Z", "tomorrow", "２０２６-01-01"] {
        assert_eq!(parse(damaged), None, "{damaged}");
    }
}
