//! What comes before a request is sent.

use super::*;
use crate::context::budget::Budget;
use crate::context::gauges::Gauges;
use crate::exchange::attempt::AttemptContext;
use crate::exchange::receiving::Receiving;
use crate::interpret::queue::InterpreterQueue;
use crate::messages::{AttemptId, TurnContext};
use loadwright_core::plan::{ReplyLimits, Timeouts, TimestampSource};
use loadwright_core::reading::ReadingPlan;
use loadwright_core::timeline::Connect;
use loadwright_timing::socket;
use loadwright_timing::stream::TimestampedStream;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::Duration;

/// The result of an exchange in which the server sent first.
struct Raced {
    end: Result<(), Failure>,
    replied_before_sent: bool,
    refused: bool,
    begun: bool,
    kept: bool,
    /// What the server received.
    received: String,
}

/// What the server does before the request is sent, and on which connection.
#[derive(Clone, Copy)]
struct Early {
    /// What the server sends.
    sent: &'static str,
    /// Whether it then closes the connection.
    closes: bool,
    /// Whether the connection was just opened; otherwise it was kept.
    opened: bool,
    /// Whether the runtime knows already that data came.
    noticed: bool,
}

/// Sends a request on a connection on which the server has sent first.
fn raced(early: Early) -> Raced {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    socket::enable_timestamps(client.as_fd()).unwrap();
    server.write_all(early.sent.as_bytes()).unwrap();
    if early.closes {
        server.shutdown(std::net::Shutdown::Write).unwrap();
    }
    client.set_nonblocking(true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut raced = runtime.block_on(exchanged(client, early));
    drop(runtime);
    server.read_to_string(&mut raced.received).unwrap();
    raced
}

async fn exchanged(client: std::net::TcpStream, early: Early) -> Raced {
    let client = tokio::net::TcpStream::from_std(client).unwrap();
    if early.noticed {
        client.readable().await.unwrap();
    }
    let mut attempt = attempt();
    attempt.timeline.connect = early.opened.then(Connect::default);
    let limit = Duration::from_secs(60);
    let timeouts = Timeouts { connect: limit, read: limit, total: limit };
    let timer = tokio::time::sleep(Duration::ZERO);
    let mut deadlines = Deadlines::new(&timeouts, timer, Arc::default(), Arc::new(Gauges::new(1)));
    deadlines.begin(clock::now(), clock::now());
    let mut front = b"GET / HTTP/1.1\r\n\r\n".to_vec();
    let request = RequestBytes::new(&mut front, b"");
    let mut stream = Stream::Tcp(TimestampedStream::new(client, Arc::default()));
    let end = exchange(&mut stream, &mut deadlines, &mut attempt, request).await;
    let replied_before_sent = attempt.replied_before_sent();
    let response = attempt.response();
    Raced {
        end,
        replied_before_sent,
        refused: response.refuses_connection(),
        begun: response.has_begun(),
        kept: response.keeps_connection(),
        received: String::new(),
    }
}

fn attempt() -> Attempt {
    let context = AttemptContext {
        interpreters: InterpreterQueue::new(&[], Arc::new(Gauges::new(1))),
        captures: Arc::default(),
        progress: Arc::default(),
        budget: Budget::new(ReplyLimits::default()),
        receiving: Receiving::by(Some(&ReadingPlan::default())),
        stream: true,
    };
    let id = AttemptId { seq: 0, turn: 0, attempt: 0, warmup: false, scheduled: clock::now() };
    Attempt::new(0, id, TurnContext::default(), TimestampSource::Kernel, &Arc::new(context))
}

const UNSOLICITED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
const REFUSAL: &str = "HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 4\r\n\r\nbusy";
const IDLE_TIMEOUT: &str = "HTTP/1.0 408 Request Time-out\r\n\r\n";

#[test]
fn data_on_an_idle_connection_ends_it_before_a_request_is_sent() {
    for (sent, closes) in
        [(UNSOLICITED, false), (IDLE_TIMEOUT, true), ("", true), ("220 hello\r\n", false)]
    {
        let raced = raced(Early { sent, closes, opened: false, noticed: true });
        assert_eq!(raced.end.unwrap_err().outcome, Outcome::Truncated, "{sent}");
        // As no reply has begun, the request is sent again over another connection.
        assert!(!raced.begun, "{sent}");
        assert_eq!(raced.received, "", "{sent}");
    }
}

/// Only kernel timestamps tell what came before a request from what came after it.
#[test]
fn data_that_came_before_a_request_is_not_its_reply_even_if_it_is_read_later() {
    if !socket::timestamps_available() {
        eprintln!("this machine's kernel does not timestamp reads");
        return;
    }
    for (sent, closes) in [(UNSOLICITED, false), ("220 hello\r\n", false), (IDLE_TIMEOUT, true)] {
        let raced = raced(Early { sent, closes, opened: false, noticed: false });
        let failure = raced.end.unwrap_err();
        assert_eq!(failure.outcome, Outcome::Unsolicited, "{sent}: {}", failure.detail);
        assert!(raced.replied_before_sent);
        // A `408` does not answer a particular request, so that this one may be sent again.
        assert_eq!(raced.refused, sent == IDLE_TIMEOUT);
    }
    for sent in [UNSOLICITED, "220 hello\r\n"] {
        let raced = raced(Early { sent, closes: false, opened: true, noticed: false });
        assert_eq!(raced.end.unwrap_err().outcome, Outcome::Unsolicited, "{sent}");
    }
}

#[test]
fn a_new_connection_may_be_refused_before_a_request_is_sent() {
    for noticed in [true, false] {
        let raced = raced(Early { sent: REFUSAL, closes: true, opened: true, noticed });
        assert_eq!((raced.end, raced.kept), (Ok(()), false));
        assert!(raced.begun && raced.refused);
        assert_eq!(raced.received.is_empty(), noticed, "it is not sent if it is refused already");
    }
    let raced = raced(Early { sent: UNSOLICITED, closes: false, opened: true, noticed: true });
    assert_eq!(raced.end.unwrap_err().outcome, Outcome::Unsolicited);
    assert_eq!(raced.received, "");
}
