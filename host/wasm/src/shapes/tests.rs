use super::*;
use crate::convert::Outbound;
use crate::formatting::Formatting;
use bumpalo::Bump;
use loadwright_core::conversation::{Message, Prompt};
use loadwright_core::request;

fn shape(request: &request::PromptRequest) -> Option<Shape> {
    let arena = Bump::new();
    let formatting = Formatting { held_text: true, reuse_by_shape: true };
    let (param, _) = Outbound { arena: &arena, formatting }.request(request);
    Shape::of(&param)
}

fn chat(text: &str) -> request::PromptRequest {
    let messages = vec![Message::text("user", text)];
    request::PromptRequest::new(Prompt::Messages(messages))
}

#[test]
fn long_texts_and_names_make_no_difference() {
    let one = chat(&"a".repeat(600));
    let mut other = chat(&"b".repeat(700));
    other.index = 9;
    other.turn = 1;
    other.conversation = "c".into();
    assert_eq!(shape(&one), shape(&other));
}

#[test]
fn all_that_the_guest_sees_makes_a_difference() {
    let base = chat(&"a".repeat(600));
    let mut limit = base.clone();
    limit.max_tokens = Some(1);
    let mut extra = base.clone();
    extra.extra = "{}".into();
    let mut history = base.clone();
    history.history = vec![Message::text("system", "s")];
    for other in [limit, extra, history, chat("short")] {
        assert_ne!(shape(&base), shape(&other));
    }
    assert_ne!(shape(&chat("one")), shape(&chat("two")));
}

#[test]
fn a_long_shape_is_not_kept() {
    let tokens = request::PromptRequest::new(Prompt::Tokens(vec![1; 100_000]));
    assert_eq!(shape(&tokens), None);
}
