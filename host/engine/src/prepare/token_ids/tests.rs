//! The ids of `--tokenize-prompt`, by a tokenizer whose ids are a mark and the text's characters.

use super::*;
use loadwright_core::conversation::Media;
use loadwright_core::ports::{Synthesis, Synthesized};

const MARK: u32 = 1;

struct Letters;

impl Tokenizer for Letters {
    fn encode(&self, text: &str) -> Result<Vec<u32>, Fault> {
        Ok(text.chars().map(u32::from).collect())
    }

    fn encode_prompt(&self, text: &str) -> Result<Vec<u32>, Fault> {
        Ok([vec![MARK], self.encode(text)?].concat())
    }

    fn decode(&self, _: &[u32]) -> Result<String, Fault> {
        panic!("these tests decode nothing")
    }

    fn count_text(&self, text: &str) -> Result<u32, Fault> {
        Ok(self.encode_prompt(text)?.len() as u32)
    }

    fn count_chat(&self, _: &[Message]) -> Result<u32, Fault> {
        panic!("these tests count no chat")
    }

    fn truncate(&self, _: &str, _: u32) -> Result<String, Fault> {
        panic!("these tests truncate nothing")
    }

    fn synthesize(&self, _: &Synthesis<'_>) -> Result<Synthesized, Fault> {
        panic!("these tests synthesize nothing")
    }
}

fn sent(history: &[Message], prompt: Prompt) -> Result<Prompt, Fault> {
    of(Some(&Letters), history, prompt)
}

fn ids(text: &str) -> Result<Prompt, Fault> {
    let letters = text.chars().map(u32::from);
    Ok(Prompt::Tokens(std::iter::once(MARK).chain(letters).collect()))
}

#[test]
fn special_tokens_are_where_the_text_endpoint_would_put_them() {
    let text = Prompt::Text("time".into());
    assert_eq!(sent(&[], text), ids("time"));
    let messages = vec![Message::text("system", "be"), Message::text("user", "so")];
    assert_eq!(sent(&[], Prompt::Messages(messages)), ids("be\nso"));
    assert_eq!(sent(&[], Prompt::Tokens(vec![7])), Ok(Prompt::Tokens(vec![7])));
}

#[test]
fn a_later_turn_includes_its_history() {
    let said = [Message::text("user", "a"), Message::text("assistant", "b")];
    assert_eq!(sent(&said, Prompt::Text("c".into())), ids("a\nb\nc"));
}

#[test]
fn anything_but_text_is_refused_with_the_flag_named() {
    let mut picture = Message::text("user", "look");
    let media = Media { index: 0, mime: "image/png".into(), size: 9, extra: String::new() };
    picture.parts.push(Part::Media(media));
    let mut call = Message::text("assistant", "");
    call.extra = r#"{"tool_calls": []}"#.into();
    for (history, prompt, what) in [
        (vec![], Prompt::Messages(vec![picture.clone()]), "a prompt with image/png"),
        (vec![picture], Prompt::Text("so?".into()), "a prompt with image/png"),
        (vec![call], Prompt::Text("so?".into()), "a message that is more than text"),
        (vec![], Prompt::Body("{}".into()), "a recorded whole body"),
        (vec![], Prompt::Inputs(vec![]), "a request of several inputs"),
    ] {
        let error = sent(&history, prompt).expect_err(what).to_string();
        let wanted =
            format!("{what} cannot be converted to token ids; leave out --tokenize-prompt");
        assert_eq!(error, wanted);
    }
    let error = of(None, &[], Prompt::Text("x".into())).expect_err("no tokenizer").to_string();
    assert!(error.contains("--tokenizer-path"), "{error}");
}
