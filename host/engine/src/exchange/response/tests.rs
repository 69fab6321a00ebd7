//! Whole responses, split anywhere, against what was put into them.

use super::*;
use crate::exchange::http1::head::HeadReader;
use proptest::prelude::*;

fn read(at: Nanos) -> TimestampedRead {
    TimestampedRead { len: 1, kernel: Some(at), user: at + 5, offset: 0 }
}

/// A response as it comes over HTTP/1.1.
struct Reply {
    head: HeadReader,
    response: Response,
}

impl Reply {
    fn new() -> Self {
        let options = ResponseOptions {
            headers: true,
            stream: true,
            framing: PlanFraming::ByType,
            event_names: false,
        };
        let response = Response::new(TimestampSource::Kernel, Capture::default(), options);
        Self { head: HeadReader::default(), response }
    }

    fn feed(&mut self, bytes: &[u8], read: &TimestampedRead) -> Result<bool, Failure> {
        let body = if self.response.read_state.in_head {
            self.head.feed(&mut self.response, bytes, read)?
        } else {
            Some(bytes)
        };
        body.map_or(Ok(false), |body| self.response.feed(body, read, &EndMarks::default()))
    }
}

/// A chunked event stream of `texts`, each event a chunk of its own.
fn wire(texts: &[String]) -> Vec<u8> {
    let mut wire = b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n\
        content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        .to_vec();
    for text in texts {
        let event = format!("data: {text}\n\n");
        wire.extend_from_slice(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes());
    }
    wire.extend_from_slice(b"0\r\n\r\n");
    wire
}

fn frames(response: &Response) -> Vec<String> {
    let text = |frame: &[u8]| String::from_utf8(frame.to_vec()).unwrap();
    response.read_state.capture.iter().map(|frame| text(frame.payload)).collect()
}

proptest! {
    #[test]
    fn any_split_gives_the_same_frames_stamped_by_the_read_that_completed_them(
        texts in prop::collection::vec("[a-zé东]{1,20}", 1..12),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let wire = wire(&texts);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len())).collect();
        cuts.extend([0, wire.len()]);
        cuts.sort_unstable();
        cuts.dedup();
        let mut reply = Reply::new();
        let mut expected = Vec::new();
        for (index, part) in cuts.windows(2).enumerate() {
            let at = 1_000 * index as u64;
            let whole = reply.feed(&wire[part[0]..part[1]], &read(at)).unwrap();
            prop_assert_eq!(whole, part[1] == wire.len());
            // A frame is complete with the blank line after it, wherever its chunk ends.
            let behind = String::from_utf8_lossy(&wire[..part[1]]).matches("\n\n").count();
            expected.resize(behind, FrameStamp { at, user: at + 5 });
        }
        prop_assert_eq!(frames(&reply.response), texts.clone());
        let stamps: Vec<_> = reply.response.read_state.capture.iter().map(|frame| frame.stamp).collect();
        prop_assert_eq!(&stamps, &expected);
        prop_assert!(reply.response.keeps_connection() && reply.response.streamed());
        prop_assert_eq!(reply.response.read_state.received as usize, texts.iter().map(|t| t.len() + 8).sum::<usize>());
    }

    #[test]
    fn any_bytes_are_refused_or_read(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        headed: bool,
        part in 1_usize..40,
    ) {
        let mut reply = Reply::new();
        if headed {
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            reply.feed(head, &read(0)).unwrap();
        }
        for part in bytes.chunks(part) {
            if reply.feed(part, &read(1)) != Ok(false) {
                break;
            }
        }
    }
}

#[test]
fn bytes_after_a_response_make_its_connection_unusable() {
    let mut reply = Reply::new();
    let wire = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP";
    assert_eq!(reply.feed(wire, &read(0)), Ok(true));
    assert!(!reply.response.keeps_connection());
    assert_eq!(frames(&reply.response), ["{}"]);
}

#[test]
fn the_start_of_an_errors_body_is_kept() {
    let mut reply = Reply::new();
    let body = "x".repeat(10_000);
    let head = "HTTP/1.1 500 No\r\ncontent-length: 10000\r\n\r\n";
    assert_eq!(reply.feed(format!("{head}{body}").as_bytes(), &read(0)), Ok(true));
    assert_eq!(reply.response.error_body, body.as_bytes()[..ERROR_BODY]);
    assert!(frames(&reply.response).is_empty() && reply.response.keeps_connection());
    let head = reply.response.head.unwrap();
    assert_eq!(head.headers.unwrap().iter().collect::<Vec<_>>(), [("content-length", "10000")]);
}

#[test]
fn a_close_completes_or_truncates_a_response() {
    let outcome = |wire: &str| {
        let mut reply = Reply::new();
        reply.feed(wire.as_bytes(), &read(0)).unwrap();
        reply.response.peer_closed(&read(1)).map_err(|failure| failure.outcome)
    };
    assert_eq!(outcome("HTTP/1.1 200 OK\r\n\r\nall of it"), Ok(()));
    assert_eq!(outcome("HTTP/1.1 200 O"), Err(Outcome::Truncated));
    assert_eq!(
        outcome("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"),
        Err(Outcome::Truncated)
    );
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    assert_eq!(outcome(chunked), Err(Outcome::Truncated));
}
