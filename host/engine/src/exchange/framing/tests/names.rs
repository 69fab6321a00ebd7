//! Names of server-sent events, against the naive reader of the whole body.

use super::*;

/// Names and payloads.
fn named<'a>(
    framing: Framing,
    parts: impl IntoIterator<Item = &'a [u8]>,
    ended: bool,
) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut framer = Framer::new(framing, true, NO_LIMIT);
    let mut frames = Vec::new();
    let mut take = |frame: Frame<'_>| frames.push((frame.event.to_vec(), frame.payload.to_vec()));
    for part in parts {
        framer.feed(part, &mut take).unwrap();
    }
    if ended {
        framer.finish(&mut take);
    }
    frames
}

#[test]
fn an_event_has_the_last_name_before_its_end() {
    let cases: [(&str, &[(&str, &str)]); 10] = [
        ("event: x\ndata: a\n\ndata: b\n\n", &[("x", "a"), ("", "b")]),
        ("data: a\nevent:x\n\n", &[("x", "a")]),
        ("event: x\nevent: y\ndata: a\n\n", &[("y", "a")]),
        ("event: x\nevent\ndata: a\n\n", &[("", "a")]),
        ("event: x\n\ndata: a\n\n", &[("", "a")]),
        ("event: x\r\ndata: a\r\n\r\n", &[("x", "a")]),
        ("event:  x y \ndata: a\n\n", &[(" x y ", "a")]),
        ("event: x\ndata: a\ndata: b\n\n", &[("x", "a\nb")]),
        ("id: x\nevents: x\neven: y\nEVENT: z\ndata: a\n\n", &[("", "a")]),
        ("event: x\ndata: a", &[("x", "a")]),
    ];
    for (body, expected) in cases {
        let expected: Vec<(Vec<u8>, Vec<u8>)> = expected
            .iter()
            .map(|(name, data)| (name.as_bytes().into(), data.as_bytes().into()))
            .collect();
        for framing in [Framing::Sse, Framing::Sniffed] {
            for size in 1..=body.len() {
                let frames = named(framing, body.as_bytes().chunks(size), true);
                assert_eq!(frames, expected, "{body:?} by {size}");
            }
        }
    }
}

#[test]
fn a_name_without_end_is_bounded() {
    for (keeps_names, fails) in [(true, true), (false, false)] {
        let mut framer = Framer::new(Framing::Sse, keeps_names, 100);
        let mut frames = Vec::new();
        let mut is_error = feed(&mut framer, b"event: ", &mut frames).is_err();
        for _ in 0..20 {
            is_error |= feed(&mut framer, b"0123456789", &mut frames).is_err();
            if is_error {
                break;
            }
        }
        assert_eq!(is_error, fails);
        assert!(framer.held() <= 256, "{}", framer.held());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_split_gives_the_names_of_the_reference(
        words in prop::collection::vec(prop::sample::select(vec![
            "data: a", "data", "event: x", "event:", "event", "even", "\n", "\n", "\r", "\r\n", "\n\n",
            "y", ": ", "\u{feff}",
        ]), 0..40),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ended in any::<bool>(),
    ) {
        let body = words.concat().into_bytes();
        let expected = reference::named_events(&body, ended);
        prop_assert_eq!(&named(Framing::Sse, split(&body, &cuts), ended), &expected);
        prop_assert_eq!(&named(Framing::Sse, body.chunks(1), ended), &expected);
        // Without names, the frames are the same.
        let payloads: Vec<_> = expected.into_iter().map(|(_, payload)| payload).collect();
        prop_assert_eq!(frames(Framing::Sse, split(&body, &cuts), ended), payloads);
    }
}
