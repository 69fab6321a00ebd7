use super::*;
use loadwright_core::conversation::Prompt;

fn request() -> PromptRequest {
    PromptRequest {
        index: 7,
        turn: 2,
        conversation: "a \"b\"/{{index}}".into(),
        ..PromptRequest::new(Prompt::Text(String::new()))
    }
}

fn formatted(path: &str, header: &str, body: Vec<Piece>) -> Formatted {
    let headers = vec![("x".into(), header.into())];
    Formatted { head: Head { method: "POST".into(), path: Some(path.into()), headers }, body }
}

#[test]
fn placeholders_are_filled_in_once_and_encoded_for_their_place() {
    let body = vec![
        Piece::Bytes(b"{\"id\":\"{{index}}".to_vec()),
        Piece::Placeholder(Placeholder::Conversation),
        Piece::Placeholder(Placeholder::Turn),
        Piece::Bytes(b"\"}".to_vec()),
    ];
    let filled =
        formatted("/s/{{conversation}}/{{turn}}", "{{{conversation}}}{{x}}{{index}}", body)
            .fill(&request(), &HeldTexts::default())
            .unwrap();
    assert_eq!(filled.head.path.as_deref(), Some("/s/a%20%22b%22%2F%7B%7Bindex%7D%7D/2"));
    assert_eq!(filled.head.headers[0].1, "{{{conversation}}}{{x}}7");
    let expected = br#"{"id":"{{index}}a \"b\"/{{index}}2"}"#.to_vec();
    assert_eq!(filled.body, [Segment::Bytes(expected)]);
}

#[test]
fn media_split_the_body_and_bytes_are_joined() {
    let media = Piece::Media { index: 3, encoding: Encoding::Raw };
    let bytes = |text: &str| Piece::Bytes(text.as_bytes().to_vec());
    let body = vec![bytes("a"), bytes("b"), media, bytes("c")];
    let filled = formatted("/", "", body).fill(&request(), &HeldTexts::default()).unwrap();
    let segments = [
        Segment::Bytes(b"ab".to_vec()),
        Segment::Media { index: 3, encoding: Encoding::Raw },
        Segment::Bytes(b"c".to_vec()),
    ];
    assert_eq!(filled.body, segments);
}

#[test]
fn a_text_that_is_not_there_is_an_error() {
    let body = vec![Piece::Text { index: 0, encoding: TextEncoding::Raw }];
    let error = formatted("/", "", body).fill(&request(), &HeldTexts::default()).unwrap_err();
    assert_eq!(error.to_string(), "the body inserts held text 0, which is not there");
    let error = Placeholder::named("slot").unwrap_err();
    assert!(error.to_string().contains("unknown placeholder `slot`"), "{error}");
}

#[test]
fn texts_are_escaped_as_json_does() {
    let text = "line\n\"quoted\" \\ \u{1} é😀";
    let mut body = b"[\"".to_vec();
    write_text(&mut body, text, TextEncoding::JsonString);
    body.extend_from_slice(b"\"]");
    assert_eq!(serde_json::from_slice::<[String; 1]>(&body).unwrap(), [text]);
    let mut body = Vec::new();
    write_text(&mut body, "hi", TextEncoding::Base64);
    write_text(&mut body, "hi", TextEncoding::Raw);
    assert_eq!(body, b"aGk=hi");
}
