use super::*;

fn message(parts: Vec<Part>, extra: &str) -> Message {
    Message { role: "user".into(), parts, extra: extra.into() }
}

#[test]
fn parts_and_written_content_are_listed_in_order() {
    let text = |text: &'static str| Item::Text(Cow::Borrowed(text));
    let parts = message(vec![Part::Text("a".into()), Part::Text("b".into())], r#"{"name":"n"}"#);
    assert_eq!(items(&parts).unwrap(), [text("a"), text("b")]);
    let list = r#"{"content":[{"type":"text","text":"a","cache":1},{"type":"image_url"},7]}"#;
    let other = |kind: &str| Item::Other(kind.into());
    assert_eq!(
        items(&message(vec![], list)).unwrap(),
        [text("a"), other("image_url"), other("an item without a type")]
    );
    for nothing in ["", r#"{"content":null,"tool_calls":[]}"#, r#"{"content":[]}"#] {
        assert_eq!(items(&message(vec![], nothing)).unwrap(), []);
    }
    assert!(matches!(items(&message(vec![], "[]")), Err(Fault::Input(_))));
}
