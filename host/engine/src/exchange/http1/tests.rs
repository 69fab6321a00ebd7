//! What comes before a request is sent.

use super::*;
use crate::context::budget::Budget;
use crate::context::gauges::Gauges;
use crate::exchange::attempt::AttemptContext;
use crate::exchange::framing::marks::EndMarks;
use crate::interpret::queue::InterpreterQueue;
use crate::messages::{AttemptId, TurnContext};
use loadwright_core::plan::{ReplyLimits, Timeouts, TimestampSource};
use loadwright_core::timeline::Connect;
use loadwright_timing::socket;
use loadwright_timing::stream::TimestampedStream;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::Duration;

/// What came of an exchange whose server spoke first.
struct Raced {
    end: Result<(), Failure>,
    replied_before_sent: bool,
    refused: bool,
    begun: bool,
    kept: bool,
    /// What the server was sent.
    asked: String,
}

/// The server sends `said` and closes where it `closes`, then a request is made over the
/// connection: one that has just been opened, or one that was kept. `known`: the runtime has
/// noticed that something came.
fn raced(said: &str, closes: bool, (opened, known): (bool, bool)) -> Raced {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    socket::enable_timestamps(client.as_fd()).unwrap();
    server.write_all(said.as_bytes()).unwrap();
    if closes {
        server.shutdown(std::net::Shutdown::Write).unwrap();
    }
    client.set_nonblocking(true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut raced = runtime.block_on(exchanged(client, (opened, known)));
    drop(runtime);
    server.read_to_string(&mut raced.asked).unwrap();
    raced
}

async fn exchanged(client: std::net::TcpStream, (opened, known): (bool, bool)) -> Raced {
    let client = tokio::net::TcpStream::from_std(client).unwrap();
    if known {
        client.readable().await.unwrap();
    }
    let mut attempt = attempt();
    attempt.timeline.connect = opened.then(Connect::default);
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
        refused: response.refuses(),
        begun: response.begun(),
        kept: response.keeps_connection(),
        asked: String::new(),
    }
}

fn attempt() -> Attempt {
    let context = AttemptContext {
        interpreters: InterpreterQueue::new(&[], Arc::new(Gauges::new(1))),
        captures: Arc::default(),
        progress: Arc::default(),
        incremental: true,
        budget: Budget::new(ReplyLimits::default()),
        marks: EndMarks::default(),
        stream: true,
    };
    let id = AttemptId { seq: 0, turn: 0, attempt: 0, warmup: false, scheduled: clock::now() };
    Attempt::new(0, id, TurnContext::default(), TimestampSource::Kernel, &Arc::new(context))
}

const STRAY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
const REFUSAL: &str = "HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 4\r\n\r\nbusy";
const IDLE: &str = "HTTP/1.0 408 Request Time-out\r\n\r\n";

#[test]
fn what_is_heard_on_an_idle_connection_ends_it_before_a_request_is_sent() {
    for (said, closes) in [(STRAY, false), (IDLE, true), ("", true), ("220 hello\r\n", false)] {
        let raced = raced(said, closes, (false, true));
        assert_eq!(raced.end.unwrap_err().outcome, Outcome::Truncated, "{said}");
        // Without a reply that began, it is sent again over another connection.
        assert!(!raced.begun, "{said}");
        assert_eq!(raced.asked, "", "{said}");
    }
}

/// Only the kernel's stamps tell what came before a request from what came after it.
#[test]
fn what_came_before_a_request_is_no_reply_to_it_though_it_was_noticed_later() {
    if !socket::timestamps_available() {
        eprintln!("this machine's kernel does not stamp what arrives");
        return;
    }
    for (said, closes) in [(STRAY, false), ("220 hello\r\n", false), (IDLE, true)] {
        let raced = raced(said, closes, (false, false));
        let failure = raced.end.unwrap_err();
        assert_eq!(failure.outcome, Outcome::Unsolicited, "{said}: {}", failure.detail);
        assert!(raced.replied_before_sent);
        // A `408` was said to nobody in particular: the request may be sent again.
        assert_eq!(raced.refused, said == IDLE);
    }
    for said in [STRAY, "220 hello\r\n"] {
        let raced = raced(said, false, (true, false));
        assert_eq!(raced.end.unwrap_err().outcome, Outcome::Unsolicited, "{said}");
    }
}

#[test]
fn a_new_connection_may_be_refused_before_a_request_is_sent() {
    for known in [true, false] {
        let raced = raced(REFUSAL, true, (true, known));
        assert_eq!((raced.end, raced.kept), (Ok(()), false));
        assert!(raced.begun && raced.refused);
        assert_eq!(raced.asked.is_empty(), known, "what is refused already is not sent");
    }
    let raced = raced(STRAY, false, (true, true));
    assert_eq!(raced.end.unwrap_err().outcome, Outcome::Unsolicited);
    assert_eq!(raced.asked, "");
}
