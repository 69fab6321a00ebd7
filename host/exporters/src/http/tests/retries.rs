//! When requests are sent again, and when there is no time left.

use super::server::{Answer, Server, ok, redirect, status};
use super::{Client, PACE, get, post};
use crate::http::{Network, Pace};
use loadwright_core::export::http::Retry;
use loadwright_core::ports::Fault;
use std::time::{Duration, SystemTime};

/// The status in the end, and how many requests arrived.
fn tried(retry: Retry, answers: Vec<Answer>) -> (Option<u16>, u64) {
    let server = Server::start(answers);
    let mut client = Client::to(&server.url(""));
    let mut request = post(&server.url("/"), "body");
    request.retry = retry;
    let response = client.send(&request).ok().map(|response| response.status);
    let mut arrived = 0;
    while !server.is_quiet() {
        arrived += 1;
    }
    (response, arrived)
}

#[test]
fn each_kind_sends_again_what_it_may() {
    use Retry::{Always, Never, Unsent};
    for (code, never, unsent, always) in [
        (429, 1, 2, 2),
        (503, 1, 2, 2),
        (500, 1, 1, 2),
        (502, 1, 1, 2),
        (504, 1, 1, 2),
        (408, 1, 1, 2),
        (501, 1, 1, 1),
        (400, 1, 1, 1),
        (401, 1, 1, 1),
        (404, 1, 1, 1),
        (413, 1, 1, 1),
        (200, 1, 1, 1),
    ] {
        for (retry, expected) in [(Never, never), (Unsent, unsent), (Always, always)] {
            let (last, arrived) = tried(retry, vec![status(code, &[]), ok("")]);
            let code = if expected == 1 { code } else { 200 };
            assert_eq!((last, arrived), (Some(code), expected), "{retry:?} {code}");
        }
    }
    for (retry, expected) in [(Never, 1), (Unsent, 1), (Always, 2)] {
        let (last, arrived) = tried(retry, vec![Answer::Close(Vec::new()), ok("")]);
        assert_eq!((last.is_some(), arrived), (expected == 2, expected), "a cut, {retry:?}");
    }
}

#[test]
fn tries_end() {
    let busy = || (0..5).map(|_| status(503, &[])).collect();
    assert_eq!(tried(Retry::Always, busy()), (Some(503), 3));
}

#[test]
fn a_refused_connection_is_worth_another_try_and_a_refused_host_is_not() {
    let gone = Server::start(vec![]).address;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = listener.local_addr().expect("an address");
    drop(listener);
    let url = format!("http://{closed}");
    for (retry, retries) in [(Retry::Never, 0), (Retry::Unsent, 2), (Retry::Always, 2)] {
        let mut client = Client::to(&url);
        let mut request = get(&url);
        request.retry = retry;
        let fault = client.send(&request).expect_err("nobody listens");
        assert!(
            matches!(&fault, Fault::Transient(text) if text.contains("no connection to 127.0.0.1"))
        );
        assert_eq!(client.usage.read().retries, retries);
    }
    let mut client = Client::to(&url);
    let mut request = get(&format!("http://{gone}"));
    request.retry = Retry::Always;
    assert!(matches!(client.send(&request), Err(Fault::Fatal(_))));
    assert_eq!(client.usage.read().retries, 0);
}

#[test]
fn retry_after_is_waited_for_in_seconds_and_as_a_date() {
    let date = httpdate::fmt_http_date(crate::clock::time_of_day() + Duration::from_secs(3));
    for header in ["retry-after: 1".to_owned(), format!("retry-after: {date}")] {
        let server = Server::start(vec![status(429, &[&header]), ok("")]);
        let mut request = get(&server.url("/"));
        request.retry = Retry::Unsent;
        let start = crate::clock::instant();
        assert_eq!(Client::to(&server.url("")).send(&request).expect("a response").status, 200);
        assert!(start.elapsed() >= Duration::from_millis(900), "{header}: {:?}", start.elapsed());
    }
}

#[test]
fn a_retry_after_that_is_too_long_past_or_damaged_is_not_waited_for() {
    let table = [
        ("99999999999999999999999", 1),
        ("86400", 1),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 1),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 2),
        ("soon", 2),
        ("-5", 2),
        ("", 2),
    ];
    for (value, expected) in table {
        let answers = vec![status(429, &[&format!("retry-after: {value}")]), ok("")];
        assert_eq!(tried(Retry::Unsent, answers).1, expected, "{value}");
    }
}

#[test]
fn nothing_is_waited_for_that_the_deadline_forbids() {
    let server = Server::start(vec![status(503, &["retry-after: 100"])]);
    let mut client = Client::to(&server.url(""));
    client.deadline.set(Duration::from_secs(50));
    let mut request = get(&server.url("/"));
    request.retry = Retry::Always;
    assert_eq!(client.send(&request).expect("the response is given").status, 503);
    client.deadline.set(Duration::ZERO);
    let fault = client.fault(&request);
    assert!(fault.contains("no response in the time that was left"), "{fault}");
}

#[test]
fn the_timeout_ends_a_try_that_hangs() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc".to_vec();
    for start in [Vec::new(), half] {
        let server = Server::start(vec![Answer::Hang(start), ok("")]);
        let mut client = Client::to(&server.url(""));
        let mut request = get(&server.url("/"));
        request.timeout = 0.2;
        let fault = client.fault(&request);
        assert!(fault.contains("no response from 127.0.0.1 within 0.2 s"), "{fault}");
        request.retry = Retry::Always;
        request.timeout = 60.0;
        assert_eq!(client.send(&request).expect("a response").status, 200);
    }
}

#[test]
fn the_user_ends_a_request_and_a_pause_at_once() {
    let hanging = Server::start(vec![Answer::Hang(Vec::new())]);
    let pausing = Server::start(vec![status(429, &["retry-after: 200"])]);
    for server in [hanging, pausing] {
        let mut client = Client::to(&server.url(""));
        let (deadline, mut request) = (client.deadline.clone(), get(&server.url("/")));
        request.retry = Retry::Always;
        let user = std::thread::spawn(move || {
            server.next();
            deadline.cancel();
            server
        });
        let fault = client.fault(&request);
        assert!(fault.contains("the user stopped it"), "{fault}");
        let server = user.join().expect("a server");
        assert!(client.fault(&request).contains("the user stopped it"), "nothing is sent any more");
        assert!(server.is_quiet());
    }
}

#[test]
fn a_limit_that_is_set_while_a_request_hangs_ends_it() {
    let server = Server::start(vec![Answer::Hang(Vec::new())]);
    let mut client = Client::to(&server.url(""));
    let (deadline, request) = (client.deadline.clone(), get(&server.url("/")));
    let driver = std::thread::spawn(move || {
        server.next();
        deadline.set(Duration::from_millis(1));
        server
    });
    assert!(client.fault(&request).contains("no response in the time that was left"));
    drop(driver.join());
}

#[test]
fn pauses_grow_and_are_bounded() {
    use crate::http::failure::Failure;
    let pace = Pace { tries: 100, first: Duration::from_secs(1), ..Pace::default() };
    let lost = Err(Failure::lost("x"));
    for (tried, most) in [(1, 1.0), (2, 2.0), (3, 4.0), (6, 30.0), (40, 30.0), (99, 30.0)] {
        let now = SystemTime::UNIX_EPOCH;
        let pause = crate::http::retry::pause(Retry::Always, pace, tried, &lost, now);
        let pause = pause.expect("a pause").as_secs_f64();
        assert!(pause >= most / 2.0 && pause <= most, "{tried}: {pause}");
    }
    let default = Network::default().pace;
    assert!(default.tries > PACE.tries && default.first > PACE.first);
}

#[test]
fn each_try_follows_redirects_anew() {
    let answers = vec![redirect(307, "/a"), status(503, &[]), redirect(307, "/a"), ok("done")];
    assert_eq!(tried(Retry::Unsent, answers).0, Some(200));
}
