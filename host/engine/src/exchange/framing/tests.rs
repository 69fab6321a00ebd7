//! Frames against a naive reader of the whole body, for every split.

use super::*;
use proptest::prelude::*;

mod elements;
mod names;

const NO_LIMIT: usize = usize::MAX;

/// Feeds `parts` one after another; frames of all, with the end of the body where `ended`.
fn frames<'a>(
    framing: Framing,
    parts: impl IntoIterator<Item = &'a [u8]>,
    ended: bool,
) -> Vec<Vec<u8>> {
    let mut framer = Framer::new(framing, false, NO_LIMIT);
    let mut frames = Vec::new();
    for part in parts {
        feed(&mut framer, part, &mut frames).unwrap();
    }
    if ended {
        framer.finish(&mut |frame: Frame<'_>| frames.push(frame.payload.to_vec()));
    }
    frames
}

/// Feeds one part; its frames are added to `frames`.
fn feed(framer: &mut Framer, part: &[u8], frames: &mut Vec<Vec<u8>>) -> Result<(), FrameTooLarge> {
    framer.feed(part, &mut |frame: Frame<'_>| frames.push(frame.payload.to_vec()))
}

fn whole(framing: Framing, body: &str) -> Vec<String> {
    let frames = frames(framing, [body.as_bytes()], true);
    frames.into_iter().map(|frame| String::from_utf8(frame).unwrap()).collect()
}

#[test]
fn content_types_choose_the_framing() {
    let cases = [
        (Some("text/event-stream"), Framing::Sse),
        (Some("Text/Event-Stream; charset=utf-8"), Framing::Sse),
        (Some(" text/event-stream ;charset=utf-8"), Framing::Sse),
        (Some("application/x-ndjson"), Framing::Lines),
        (Some("application/jsonl; charset=utf-8"), Framing::Lines),
        (Some("application/stream+json"), Framing::Lines),
        (Some("application/json"), Framing::Whole),
        (Some("text/event-streams"), Framing::Whole),
        (Some("text/html"), Framing::Whole),
        (Some("text/plain; charset=utf-8"), Framing::Sniffed),
        (Some(""), Framing::Sniffed),
        (None, Framing::Sniffed),
    ];
    for (content_type, framing) in cases {
        assert_eq!(Framing::of(content_type), framing, "{content_type:?}");
    }
}

#[test]
fn events_are_parsed_as_the_standard_defines() {
    let cases: [(&str, &[&str]); 21] = [
        ("data: a\n\ndata: b\n\n", &["a", "b"]),
        ("data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]),
        ("data: a\r\rdata: b\r\r", &["a", "b"]),
        ("data: a\r\n\ndata: b\n\r\ndata: c\r\r\n", &["a", "b", "c"]),
        ("data:a\n\n", &["a"]),
        ("data:  a\n\n", &[" a"]),
        ("data: a\ndata: b\ndata:c\n\n", &["a\nb\nc"]),
        (": comment\n\ndata: a\n: another\n\n", &["a"]),
        ("event: x\nid: 7\nretry: 10\ndata: a\n\n", &["a"]),
        ("event: ping\n\n", &[]),
        ("\u{feff}data: a\n\n", &["a"]),
        ("\u{feff}\u{feff}data: a\n\n", &[]),
        ("data: a\n\n\u{feff}data: b\n\n", &["a"]),
        ("\n\n\r\n\rdata: a\n\n\n\n", &["a"]),
        ("data: a", &["a"]),
        ("data: a\n", &["a"]),
        ("event: x\n", &[]),
        ("data\n\ndata\ndata\n\n", &["", "\n"]),
        ("data:\n\n", &[""]),
        ("datas: a\ndat: b\nDATA: c\n data: d\n\n", &[]),
        ("data: a: b\u{0}\u{1f600}\n\n", &["a: b\u{0}\u{1f600}"]),
    ];
    for (body, expected) in cases {
        assert_eq!(whole(Framing::Sse, body), expected, "{body:?}");
    }
}

#[test]
fn an_event_is_complete_at_the_first_byte_of_its_blank_line() {
    for (body, at) in [("data: a\n\n", 9), ("data: a\r\n\r\n", 10), ("data: a\r\r", 9)] {
        let before = frames(Framing::Sse, [&body.as_bytes()[..at - 1]], false);
        let then = frames(Framing::Sse, [&body.as_bytes()[..at]], false);
        assert_eq!((before.len(), then.len()), (0, 1), "{body:?}");
    }
}

#[test]
fn lines_that_are_not_empty_are_frames() {
    let body = "{\"a\":1}\n\n{\"b\":2}\r\n\r\n{\"c\":3}";
    assert_eq!(whole(Framing::Lines, body), ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"]);
    assert_eq!(frames(Framing::Lines, [body.as_bytes()], false).len(), 2);
}

#[test]
fn the_beginning_of_a_body_without_a_type_decides() {
    let streams =
        ["data: a\n\n", ": hi\n\ndata: a\n\n", "\n\nevent: x\ndata:a\n\n", "id:1\ndata: a\n\n"];
    for body in streams.iter().flat_map(|body| [(*body).to_owned(), format!("\u{feff}{body}")]) {
        for size in 1..body.len() {
            let parts = body.as_bytes().chunks(size);
            assert_eq!(frames(Framing::Sniffed, parts, false), [b"a"], "{body:?} by {size}");
        }
    }
    for body in ["{\"data: \": 1}", "dat", "database: a\n\n", " data: a\n\n", "\u{feff}{}"] {
        let whole = body.trim_start_matches('\u{feff}').as_bytes();
        for size in 1..=body.len() {
            let parts = body.as_bytes().chunks(size);
            assert_eq!(frames(Framing::Sniffed, parts, true), [whole], "{body:?} by {size}");
        }
    }
    assert_eq!(frames(Framing::Sniffed, [b"\n\r".as_slice()], true), [b"\n\r"]);
    // Blank lines in front are looked through as far as a bound.
    for (blank, expected) in
        [(64, b"a".to_vec()), (65, [[b'\n'; 65].as_slice(), b"data: a\n\n"].concat())]
    {
        let body = [vec![b'\n'; blank].as_slice(), b"data: a\n\n"].concat();
        assert_eq!(frames(Framing::Sniffed, body.chunks(1), true), [expected], "{blank}");
    }
}

#[test]
fn a_byte_order_mark_is_not_part_of_a_frame() {
    for (framing, body, expected) in [
        (Framing::Whole, "\u{feff}{}", vec!["{}"]),
        (Framing::Lines, "\u{feff}{}\n1\n", vec!["{}", "1"]),
        (Framing::Whole, "\u{feff}", vec![]),
    ] {
        assert_eq!(whole(framing, body), expected);
    }
}

#[test]
fn a_whole_body_is_one_frame_at_its_end() {
    let parts: [&[u8]; 2] = [b"{\n\n", b"}"];
    assert_eq!(frames(Framing::Whole, parts, false).len(), 0);
    assert_eq!(frames(Framing::Whole, parts, true), [b"{\n\n}"]);
    assert_eq!(frames(Framing::Whole, [], true).len(), 0);
}

#[test]
fn a_frame_over_the_limit_is_an_error_and_those_before_it_are_kept() {
    let bodies = [
        (Framing::Sse, "data: 12345678\n\ndata: 123456789\n\n"),
        (Framing::Sse, "data: 12345678\n\ndata: 1234\ndata: 5678\n\n"),
        (
            Framing::Sse,
            "data: 12345678\n\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n\n",
        ),
        (Framing::Lines, "12345678\n123456789\n"),
    ];
    for (framing, body) in bodies {
        for size in 1..body.len() {
            let mut framer = Framer::new(framing, false, 8);
            let mut frames = Vec::new();
            let failed = body
                .as_bytes()
                .chunks(size)
                .any(|part| feed(&mut framer, part, &mut frames).is_err());
            assert!(failed, "{body:?} by {size}");
            assert_eq!(frames, [b"12345678"], "{body:?} by {size}");
        }
    }
    let mut framer = Framer::new(Framing::Whole, false, 8);
    let error = feed(&mut framer, b"123456789", &mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "a frame of the reply is longer than 8 bytes");
}

#[test]
fn ignored_lines_take_no_memory() {
    let mut framer = Framer::new(Framing::Sse, false, 8);
    let mut frames = Vec::new();
    for _ in 0..1000 {
        feed(&mut framer, b": a comment that never ends", &mut frames).unwrap();
    }
    feed(&mut framer, b"\ndata: a\n\n", &mut frames).unwrap();
    assert_eq!(frames, [b"a"]);
}

/// A 10 MB event in reads of 1,000 bytes: were what is held copied at every read, that would be
/// 50 GB, and this test would not end. Its buffer grows by doubling alone.
#[test]
fn a_ten_megabyte_event_is_held_once() {
    let value = vec![b'x'; 10_000_000];
    let mut framer = Framer::new(Framing::Sse, false, NO_LIMIT);
    let mut frames = Vec::new();
    feed(&mut framer, b"data: ", &mut frames).unwrap();
    let mut growths = 0;
    let mut capacity = 0;
    for part in value.chunks(1000) {
        feed(&mut framer, part, &mut frames).unwrap();
        let State::Sse(events) = &framer.state else { panic!("the framer is for events") };
        growths += usize::from(events.capacity() != capacity);
        capacity = events.capacity();
    }
    assert!(frames.is_empty() && frames.capacity() == 0);
    assert!(growths <= 20, "{growths}");
    feed(&mut framer, b"\n\n", &mut frames).unwrap();
    assert_eq!(frames, [&value[..]]);
}

/// Bytes that mean something to an event stream are frequent in these.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => Just(&b"data: "[..]), 1 => Just(&b"data:"[..]), 1 => Just(&b"data"[..]),
        4 => Just(&b"\n"[..]), 3 => Just(&b"\r"[..]), 3 => Just(&b"\r\n"[..]), 2 => Just(&b"\n\n"[..]),
        1 => Just(&b": "[..]), 1 => Just(&b"event: x"[..]), 1 => Just(&b" "[..]), 1 => Just(&b"dat"[..]),
        1 => Just(&b"\xef\xbb\xbf"[..]), 1 => Just(&b"\xef\xbb"[..]), 2 => Just("{\"a\":\"é😀\"}".as_bytes()),
        1 => Just(&b"\xff\x00"[..]),
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

/// `body` in parts that end at `cuts`.
fn split<'a>(body: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    ends.extend([0, body.len()]);
    ends.sort_unstable();
    ends.windows(2).map(|pair| &body[pair[0]..pair[1]]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_split_gives_the_frames_of_the_reference(
        body in body(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        for ended in [false, true] {
            let expected = reference::events(&body, ended);
            prop_assert_eq!(&frames(Framing::Sse, split(&body, &cuts), ended), &expected);
            prop_assert_eq!(&frames(Framing::Sse, body.chunks(1), ended), &expected);
        }
    }

    #[test]
    fn frames_are_complete_at_the_earliest_byte(body in body()) {
        let mut framer = Framer::new(Framing::Sse, false, NO_LIMIT);
        let mut frames = Vec::new();
        for fed in 1..=body.len() {
            feed(&mut framer, &body[fed - 1..fed], &mut frames).unwrap();
            prop_assert_eq!(frames.len(), reference::events(&body[..fed], false).len());
        }
    }

    #[test]
    fn any_bytes_are_framed_the_same_for_any_split(
        body in prop::collection::vec(any::<u8>(), 0..200),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        for framing in [Framing::Sse, Framing::Lines, Framing::Whole, Framing::Sniffed, Framing::Elements] {
            prop_assert_eq!(
                frames(framing, split(&body, &cuts), true),
                frames(framing, [&body[..]], true)
            );
        }
    }

    #[test]
    fn lines_are_those_of_a_split(body in "[a\r\n]{0,40}") {
        let expected: Vec<&str> = body
            .split('\n')
            .map(|line| line.strip_suffix('\r').unwrap_or(line))
            .filter(|line| !line.is_empty())
            .collect();
        prop_assert_eq!(whole(Framing::Lines, &body), expected);
    }
}
