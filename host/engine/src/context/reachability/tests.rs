//! Who was met on an attempt, and how long to wait before the next.

use super::*;
use crate::exchange::response::head;

fn head(status: u16, retry_after: Option<&str>) -> Head {
    let retry_after = retry_after.map(|value| format!("retry-after: {value}\r\n"));
    let bytes = format!("HTTP/1.1 {status} x\r\n{}\r\n", retry_after.unwrap_or_default());
    head::parse(bytes.as_bytes()).unwrap().unwrap().0
}

/// 6 November 1994, 08:49:37, the date of RFC 9110's examples, in nanoseconds since the epoch.
const EXAMPLE: u64 = 784_111_777_000_000_000;

#[test]
fn a_refusal_asks_for_what_its_header_says() {
    let met = |status, value| Contact::refusal(Some(&head(status, value)), EXAMPLE - 5_000_000_000);
    let asked = |nanos| Some(Contact::Refusal(nanos));
    assert_eq!(met(429, None), asked(None));
    assert_eq!(met(503, Some("7")), asked(Some(7_000_000_000)));
    // RFC 9110's three forms of a date; one that is over; what is none.
    for form in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        assert_eq!(met(503, Some(form)), asked(Some(5_000_000_000)), "{form}");
    }
    assert_eq!(met(429, Some("Sun, 06 Nov 1994 08:49:30 GMT")), asked(Some(0)));
    assert_eq!(met(429, Some("soon")), asked(None));
    assert_eq!(met(429, Some("99999999999999999999")), asked(None));
    assert_eq!(met(500, Some("7")), None);
    assert_eq!(Contact::refusal(None, 0), None);
}

#[test]
fn a_connection_that_goes_down_before_a_reply_met_nobody() {
    for outcome in [Outcome::Reset, Outcome::Truncated] {
        assert_eq!(Contact::of(Some(outcome), false), Contact::Nobody);
        assert_eq!(Contact::of(Some(outcome), true), Contact::Service);
    }
    assert_eq!(Contact::of(Some(Outcome::Refused), false), Contact::Nobody);
    assert_eq!(Contact::of(Some(Outcome::LocalLimit), false), Contact::LocalLimit);
    assert_eq!(Contact::of(Some(Outcome::Malformed), false), Contact::Service);
    assert_eq!(Contact::of(None, true), Contact::Service);
}

#[test]
fn waits_double_up_to_their_limit_and_spread_by_half() {
    let wait = |seq, failures| Wait { seed: 7, seq, turn: 0, failures };
    let base = [100, 200, 400, 800, 1_600, 2_000, 2_000];
    for (failures, base) in base.into_iter().enumerate().map(|(n, ms)| (n as u32, ms * 1_000_000)) {
        let spans: Vec<u64> = (0..400).map(|seq| wait(seq, failures).span(None)).collect();
        assert!(spans.iter().all(|span| (base..=base + base / 2).contains(span)), "{failures}");
        let mean = spans.iter().sum::<u64>() / 400;
        let middle = base + base / 4;
        assert!(mean.abs_diff(middle) < base / 20, "{failures}: {mean}");
    }
    assert_eq!(wait(3, 1).span(None), wait(3, 1).span(None));
    assert!(wait(3, u32::MAX).span(None) <= 3_000_000_000);
}

#[test]
fn what_the_service_asks_for_is_granted_up_to_a_minute() {
    let wait = Wait { seed: 7, seq: 1, turn: 0, failures: 0 };
    let span = |seconds: f64| wait.span(Some((seconds * 1e9) as u64)) as f64 / 1e9;
    assert!((3.0..=3.05).contains(&span(3.0)));
    assert!((60.0..=60.05).contains(&span(60.0)) && (60.0..=60.05).contains(&span(1e6)));
    assert_eq!(wait.span(Some(0)), wait.span(None));
}
