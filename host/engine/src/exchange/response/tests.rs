//! Whole responses, split anywhere, against what was put into them.

use super::*;
use proptest::prelude::*;

fn read(at: Nanos) -> TimestampedRead {
    TimestampedRead { len: 1, kernel: Some(at), user: at + 5, offset: 0 }
}

fn fresh() -> Response {
    Response::new(TimestampSource::Kernel, Capture::default(), Wanted { head: true, stream: true })
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
    response.intake.capture.iter().map(|(frame, _)| text(frame)).collect()
}

proptest! {
    #[test]
    fn any_split_gives_the_same_frames_dated_by_the_read_that_completed_them(
        texts in prop::collection::vec("[a-zé东]{1,20}", 1..12),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let wire = wire(&texts);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len())).collect();
        cuts.extend([0, wire.len()]);
        cuts.sort_unstable();
        cuts.dedup();
        let mut response = fresh();
        let mut expected = Vec::new();
        for (index, part) in cuts.windows(2).enumerate() {
            let at = 1_000 * index as u64;
            let whole = response.feed(&wire[part[0]..part[1]], &read(at), &EndMarks::default()).unwrap();
            prop_assert_eq!(whole, part[1] == wire.len());
            // A frame is complete with the blank line behind it, wherever its chunk ends.
            let behind = String::from_utf8_lossy(&wire[..part[1]]).matches("\n\n").count();
            expected.resize(behind, FrameStamp { at, user: at + 5 });
        }
        prop_assert_eq!(frames(&response), texts.clone());
        let stamps: Vec<_> = response.intake.capture.iter().map(|(_, stamp)| stamp).collect();
        prop_assert_eq!(&stamps, &expected);
        prop_assert!(response.keeps_connection() && response.streamed());
        prop_assert_eq!(response.intake.received as usize, texts.iter().map(|t| t.len() + 8).sum::<usize>());
    }

    #[test]
    fn any_bytes_are_refused_or_read(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        headed: bool,
        part in 1_usize..40,
    ) {
        let mut response = fresh();
        if headed {
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            response.feed(head, &read(0), &EndMarks::default()).unwrap();
        }
        for part in bytes.chunks(part) {
            if response.feed(part, &read(1), &EndMarks::default()) != Ok(false) {
                break;
            }
        }
    }
}

#[test]
fn what_follows_a_response_takes_its_connection() {
    let mut response = fresh();
    let wire = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP";
    assert_eq!(response.feed(wire, &read(0), &EndMarks::default()), Ok(true));
    assert!(!response.keeps_connection());
    assert_eq!(frames(&response), ["{}"]);
}

#[test]
fn the_start_of_an_errors_body_is_kept() {
    let mut response = fresh();
    let body = "x".repeat(10_000);
    let head = "HTTP/1.1 500 No\r\ncontent-length: 10000\r\n\r\n";
    assert_eq!(
        response.feed(format!("{head}{body}").as_bytes(), &read(0), &EndMarks::default()),
        Ok(true)
    );
    assert_eq!(response.error_body, body.as_bytes()[..ERROR_BODY]);
    assert!(frames(&response).is_empty() && response.keeps_connection());
    assert_eq!(response.head_bytes, head.as_bytes());
}

#[test]
fn a_close_is_the_end_or_a_cut() {
    let outcome = |wire: &str| {
        let mut response = fresh();
        response.feed(wire.as_bytes(), &read(0), &EndMarks::default()).unwrap();
        response.closed(&read(1)).map_err(|failure| failure.outcome)
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
