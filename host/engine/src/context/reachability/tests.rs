//! What replies and failures show about the service.

use super::*;

/// 6 November 1994, 08:49:37, the date of RFC 9110's examples, in nanoseconds since the epoch.
const EXAMPLE: u64 = 784_111_777_000_000_000;

#[test]
fn an_overloaded_service_asks_for_what_its_header_says() {
    let shown = |status, value| Reachability::overloaded(status, value, EXAMPLE - 5_000_000_000);
    let asked = |retry_after| Some(Reachability::Overloaded { retry_after });
    assert_eq!(shown(429, None), asked(None));
    assert_eq!(shown(503, Some("7")), asked(Some(7_000_000_000)));
    // RFC 9110's three forms of a date, a date in the past, and values that are neither.
    for form in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ] {
        assert_eq!(shown(503, Some(form)), asked(Some(5_000_000_000)), "{form}");
    }
    assert_eq!(shown(429, Some("Sun, 06 Nov 1994 08:49:30 GMT")), asked(Some(0)));
    assert_eq!(shown(429, Some("soon")), asked(None));
    assert_eq!(shown(429, Some("99999999999999999999")), asked(None));
    assert_eq!(shown(500, Some("7")), None);
}

#[test]
fn a_connection_that_breaks_before_a_reply_did_not_reach_the_service() {
    for outcome in [Outcome::Reset, Outcome::Truncated] {
        assert_eq!(Reachability::of(Some(outcome), false), Reachability::Unreachable);
        assert_eq!(Reachability::of(Some(outcome), true), Reachability::Reached);
    }
    assert_eq!(Reachability::of(Some(Outcome::Refused), false), Reachability::Unreachable);
    assert_eq!(Reachability::of(Some(Outcome::LocalLimit), false), Reachability::LocalLimit);
    assert_eq!(Reachability::of(Some(Outcome::Malformed), false), Reachability::Reached);
    assert_eq!(Reachability::of(None, true), Reachability::Reached);
}

#[test]
fn a_service_is_gone_after_nothing_but_failures_for_the_limit() {
    let monitor = ReachabilityMonitor::new(Duration::ZERO);
    let fail_twice = || {
        assert!(!monitor.observe(Reachability::Unreachable), "the first failure starts the clock");
        while clock::now() == monitor.failing_since.load(Relaxed) {
            std::hint::spin_loop();
        }
        monitor.observe(Reachability::Unreachable)
    };
    assert!(fail_twice());
    assert!(!monitor.observe(Reachability::Overloaded { retry_after: None }));
    assert!(fail_twice(), "what the service sent has reset the clock");
    assert!(
        !monitor.observe(Reachability::LocalLimit) && !monitor.observe(Reachability::NotAttempted)
    );
    let patient = ReachabilityMonitor::new(Duration::from_secs(3600));
    assert!(
        !patient.observe(Reachability::Unreachable) && !patient.observe(Reachability::Unreachable)
    );
}
