//! Lines, filters and indices, with a host whose file is a list and whose tokens are words.

use super::*;
use loadwright_plugin::host::{Synthesis, Synthesized};
use loadwright_plugin::{Part, Prompt};

struct File {
    lines: Vec<Vec<u8>>,
    tokenizer: bool,
}

impl Host for File {
    fn random(&self, _: &str, _: u32, _: u32) -> Vec<u8> {
        unreachable!("lines are not random")
    }

    fn count(&self, text: &str, in_chat: bool) -> Result<u32, Fault> {
        assert!(!in_chat);
        let words = text.split_whitespace().count() as u32;
        self.tokenizer.then_some(words).ok_or_else(|| Fault::Fatal("no tokenizer".into()))
    }

    fn synthesize(&self, _: &Synthesis<'_>) -> Result<Synthesized, Fault> {
        unreachable!("lines are not made")
    }

    fn lines(&self, name: &str, first: u32, count: u32) -> Result<Vec<Vec<u8>>, Fault> {
        assert_eq!(name, "dataset-path");
        if self.lines.is_empty() {
            return Err(Fault::Settings("dataset-path: give --dataset-path".into()));
        }
        let lines = self.lines.iter().skip(first as usize).take(count as usize);
        Ok(lines.cloned().collect())
    }
}

fn file(lines: &[&str]) -> File {
    let lines = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    File { lines, tokenizer: true }
}

fn prompts(host: File, json: &str, first: u32, count: u32) -> Vec<Prompt> {
    let dataset = LineByLine::new(host, json).unwrap();
    let items = dataset.items(first, count).unwrap();
    items.into_iter().map(|mut item| item.turns.remove(0).prompt).collect()
}

fn text(text: &str) -> Prompt {
    Prompt::Text(text.into())
}

const BARE: &str = r#"{"apply_chat_template":false}"#;

#[test]
fn text_is_text_or_a_user_message() {
    let bare = prompts(file(&["one", " [two] three ", "", "{four"]), BARE, 0, 9);
    assert_eq!(bare, [text("one"), text("[two] three"), text("{four")]);
    let chat = prompts(file(&["one"]), "{}", 0, 1);
    assert!(matches!(&chat[0], Prompt::Messages(m) if m[0].parts == [Part::Text("one".into())]));
}

#[test]
fn an_array_is_messages_with_all_their_members() {
    let line = r#"[{"role":"system","content":"s"},
        {"role":"user","name":"n","content":[{"type":"text","text":"t"}]}]"#;
    let line = line.replace('\n', " ");
    let Prompt::Messages(messages) = prompts(file(&[&line]), "{}", 0, 1).remove(0) else {
        panic!("not messages")
    };
    assert_eq!(messages[0].parts, [Part::Text("s".into())]);
    assert_eq!(messages[0].extra, "");
    assert!(messages[1].parts.is_empty());
    assert_eq!(messages[1].extra, r#"{"name":"n","content":[{"type":"text","text":"t"}]}"#);
}

#[test]
fn an_object_is_a_body_as_written() {
    let body = r#"{"n": 1.50,  "a":[]}"#;
    assert_eq!(prompts(file(&[body]), "{}", 0, 1), [Prompt::Body(body.into())]);
}

#[test]
fn an_array_of_anything_else_is_a_fault_with_its_line() {
    let dataset = LineByLine::new(file(&["x", "[1]"]), "{}").unwrap();
    let Err(Fault::Input(text)) = dataset.items(0, 2) else { panic!("it was taken") };
    assert!(text.starts_with("line 2 "), "{text}");
}

#[test]
fn a_line_that_is_not_utf_8_is_a_fault_with_its_line() {
    let host = File { lines: vec![vec![0xff]], tokenizer: true };
    let Err(Fault::Input(text)) = LineByLine::new(host, "{}").unwrap().items(0, 1) else {
        panic!("it was taken")
    };
    assert!(text.starts_with("line 1 "), "{text}");
}

#[test]
fn lengths_are_tokens_and_bodies_have_none() {
    let lines = ["a", "a b", "a b c", r#"{"x":1}"#, r#"[{"role":"user","content":"a b"}]"#];
    let json = r#"{"apply_chat_template":false,"min_prompt_length":2,"max_prompt_length":2}"#;
    let kept = prompts(file(&lines), json, 0, 9);
    assert_eq!(kept.len(), 3);
    assert_eq!(kept[0], text("a b"));
    assert_eq!(kept[1], Prompt::Body(lines[3].into()));
}

#[test]
fn without_a_tokenizer_lengths_are_characters() {
    let json = r#"{"apply_chat_template":false,"max_prompt_length":3}"#;
    let mut host = file(&["a b c", "äöü"]);
    host.tokenizer = false;
    assert_eq!(prompts(host, json, 0, 9), [text("äöü")]);
}

#[test]
fn an_item_depends_on_its_index_alone_and_the_end_is_short() {
    let lines: Vec<String> =
        (0..1000).map(|n| if n % 3 == 0 { String::new() } else { n.to_string() }).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let all = prompts(file(&lines), BARE, 0, 2000);
    assert_eq!(all.len(), 666);
    assert_eq!(prompts(file(&lines), BARE, 600, 10), all[600..610]);
    assert_eq!(prompts(file(&lines), BARE, 660, 10), all[660..]);
    assert_eq!(prompts(file(&lines), BARE, 700, 10), []);
}

#[test]
fn settings_that_cannot_be_are_faults() {
    let missing = LineByLine::new(file(&[]), "{}").err();
    assert!(matches!(missing, Some(Fault::Settings(text)) if text.contains("--dataset-path")));
    let json = r#"{"min_prompt_length":3,"max_prompt_length":2}"#;
    assert!(matches!(LineByLine::new(file(&["x"]), json), Err(Fault::Settings(_))));
}
