use super::*;
use crate::exchange::http1::head::parse;

const HEADERS: [(&str, &str); 4] = [
    ("content-type", "text/event-stream"),
    ("content-encoding", "gzip"),
    ("retry-after", "7"),
    ("x-own", "a, b"),
];

#[test]
fn a_head_is_the_same_over_both_protocols() {
    let mut builder = http::Response::builder().status(503);
    let mut wire = "HTTP/1.1 503 Busy\r\n".to_owned();
    for (name, value) in HEADERS {
        builder = builder.header(name, value);
        wire.push_str(&format!("{name}: {value}\r\n"));
    }
    wire.push_str("\r\n");
    let (parts, ()) = builder.body(()).unwrap().into_parts();
    for keeps_headers in [true, false] {
        let (http1, _) = parse(wire.as_bytes(), keeps_headers).unwrap().unwrap();
        // Without a length, an HTTP/1.1 connection ends with the body; an HTTP/2 stream always does.
        assert!(!http1.keep_alive);
        let expected = ResponseHead { keep_alive: true, ..http1 };
        assert_eq!(head(&parts, keeps_headers), expected);
    }
}
