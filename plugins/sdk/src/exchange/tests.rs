//! Frames, damaged ends among them.

use super::*;

#[test]
fn frames_are_what_was_pushed() {
    let mut exchange = of(&[b"one", b""]);
    push(&mut exchange, "done", b"two");
    let frames: Vec<_> = frames(&exchange).collect();
    assert_eq!(frames, [("", &b"one"[..]), ("", b""), ("done", b"two")]);
}

#[test]
fn ends_outside_of_the_data_do_not_panic() {
    let mut exchange = of(&[b"abc", b"def"]);
    exchange.frames[0].end = 5;
    exchange.frames[1].end = 2;
    push(&mut exchange, "", b"");
    exchange.frames[2].end = 99;
    let payloads: Vec<_> = frames(&exchange).map(|(_, payload)| payload).collect();
    assert_eq!(payloads, [&b"abcde"[..], b"", b"f"]);
}
