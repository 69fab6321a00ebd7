//! Messages as JSON written out by hand.

use super::*;
use crate::body::shown;
use crate::{HeldText, message, request};
use serde_json::{Value, json};

fn written(request: &PromptRequest) -> Result<Value, Fault> {
    let mut body = Body::default();
    messages(&mut body, request)?;
    Ok(serde_json::from_str(&shown(&body.finish())).unwrap())
}

fn text(text: &str) -> Part {
    Part::Text(text.into())
}

#[test]
fn the_history_comes_before_the_prompt() {
    let mut later = request(Prompt::Text("b\"".into()));
    later.history = vec![message("user", vec![text("a")])];
    let wanted = json!([{"role": "user", "content": "a"}, {"role": "user", "content": "b\""}]);
    assert_eq!(written(&later), Ok(wanted));
    assert_eq!(written(&request(Prompt::Messages(vec![]))), Ok(json!([])));
}

#[test]
fn parts_are_a_list() {
    let extra = r#"{"detail":"low"}"#.into();
    let media = Media { index: 2, mime: "image/png".into(), size: 9, extra };
    let link = Link { mime: String::new(), url: "http://h/c.png".into() };
    let held = HeldText { index: 0, size: 600 };
    let parts = vec![text("a"), Part::HeldText(held), Part::Media(media), Part::Link(link)];
    let wanted = json!([{"role": "user", "content": [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "<text 0 Encoding::JsonString>"},
        {"type": "image_url", "image_url": {"url": "<media 2 Encoding::DataUrl>", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "http://h/c.png"}},
    ]}]);
    assert_eq!(written(&request(Prompt::Messages(vec![message("user", parts)]))), Ok(wanted));
}

#[test]
fn further_members_are_kept() {
    let extra = r#" {"content":null,"tool_calls":[1]} "#.to_string();
    let calls = Message { extra, ..message("assistant", vec![]) };
    let wanted = json!([{"role": "assistant", "content": null, "tool_calls": [1]}]);
    assert_eq!(written(&request(Prompt::Messages(vec![calls]))), Ok(wanted));
    let broken = Message { extra: "[]".into(), ..message("user", vec![text("a")]) };
    assert!(matches!(written(&request(Prompt::Messages(vec![broken]))), Err(Fault::Input(_))));
}

#[test]
fn what_is_no_chat_is_refused() {
    let audio = Media { index: 0, mime: "audio/wav".into(), size: 1, extra: String::new() };
    let audio = Prompt::Messages(vec![message("user", vec![Part::Media(audio)])]);
    for prompt in [audio, Prompt::Tokens(vec![1]), Prompt::Inputs(vec![])] {
        assert!(matches!(written(&request(prompt)), Err(Fault::Unsupported(_))));
    }
}
