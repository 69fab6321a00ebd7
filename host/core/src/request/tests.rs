//! Templates filled with media.

use super::*;
use proptest::prelude::*;

fn template(body: Vec<Segment>) -> Template {
    let head = Head { method: "POST".into(), path: Some("/v1".into()), headers: Vec::new() };
    Template { head, body }
}

fn content(mime: &str, bytes: &[u8]) -> Content {
    Content { mime: mime.into(), bytes: Arc::from(bytes), extra: String::new() }
}

fn bytes(text: &str) -> Segment {
    Segment::Bytes(text.as_bytes().to_vec())
}

#[test]
fn each_encoding_writes_its_form() {
    let media = [content("image/png", b"\x00\xffab"), content("audio/wav", b"RIFF")];
    let segment = |index, encoding| Segment::Media { index, encoding };
    let body = vec![
        bytes("["),
        segment(1, Encoding::Raw),
        bytes(","),
        segment(0, Encoding::Base64),
        bytes(","),
        segment(0, Encoding::DataUrl),
        bytes("]"),
    ];
    let filled = template(body).fill(&media).unwrap();
    assert_eq!(filled.body, b"[RIFF,AP9hYg==,data:image/png;base64,AP9hYg==]");
    assert_eq!((filled.head.method.as_str(), filled.head.path.as_deref()), ("POST", Some("/v1")));
}

#[test]
fn a_slot_that_is_not_there_is_named() {
    let body = vec![bytes("x"), Segment::Media { index: 2, encoding: Encoding::Raw }];
    let missing = template(body).fill(&[content("a/b", b"1")]).unwrap_err();
    assert_eq!(missing, MissingMedia { index: 2, media: 1 });
    assert_eq!(
        missing.to_string(),
        "the formatted body names media 2, but the request has 1 media"
    );
}

#[test]
fn a_body_of_nothing_is_empty() {
    assert_eq!(template(Vec::new()).fill(&[]).unwrap().body, b"");
}

proptest! {
    #[test]
    fn bytes_are_kept_whatever_their_segments(
        parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..6),
    ) {
        let body = parts.iter().cloned().map(Segment::Bytes).collect();
        prop_assert_eq!(template(body).fill(&[]).unwrap().body, parts.concat());
    }
}
