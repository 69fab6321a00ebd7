//! Bodies, as bytes and as segments.

use super::*;
use crate::HeldText;

#[test]
fn insertions_break_the_bytes() {
    let mut body = Body::default();
    body.raw(b"{\"a\":");
    let held = HeldText { index: 3, size: 600 };
    body.texts(&[Item::Text("q\"".into()), Item::Held(&held), Item::Text("z".into())]);
    body.comma();
    body.string("u");
    body.raw(b":\"");
    let media = Media { index: 1, mime: "image/png".into(), size: 9, extra: String::new() };
    body.media(&media, Encoding::Base64);
    body.placeholder("turn");
    body.raw(b"\"}");
    let segments = body.finish();
    assert_eq!(segments.len(), 6);
    assert_eq!(
        shown(&segments),
        concat!(
            r#"{"a":"q\"\n<text 3 Encoding::JsonString>\nz","u":"#,
            r#""<media 1 Encoding::Base64><turn>"}"#
        )
    );
}

#[test]
fn nothing_stands_before_a_first_member() {
    let mut body = Body::default();
    body.raw(b"[");
    for number in [1, 20] {
        body.comma();
        body.number(number);
    }
    body.raw(b"]");
    assert_eq!(shown(&body.finish()), "[1,20]");
}
