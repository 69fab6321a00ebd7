use super::*;
use crate::convert::Outbound;
use crate::formatted::Piece;
use crate::formatting::Formatting;
use bumpalo::Bump;
use loadwright_core::conversation::{Message, Prompt};
use loadwright_core::request::{self, Head};

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

#[test]
fn what_is_kept_is_bounded_in_bytes() {
    let formatted = |size: usize| {
        let head = Head { method: "POST".into(), path: None, headers: Vec::new() };
        Arc::new(Formatted { head, body: vec![Piece::Bytes(vec![0; size])] })
    };
    let shape = |number: usize| Shape(number.to_string());
    let mut shapes = Shapes::default();
    shapes.keep(shape(0), formatted(MOST));
    assert!(shapes.get(&shape(0)).is_none());
    for number in 0..9 {
        shapes.keep(shape(number), formatted(MOST / 8));
    }
    // The eighth did not fit beside the seven before it.
    let kept: Vec<bool> = (0..9).map(|number| shapes.get(&shape(number)).is_some()).collect();
    assert_eq!(kept, [false, false, false, false, false, false, false, true, true]);
}
