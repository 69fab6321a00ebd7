//! Lines, filters and indices, with a host whose file is a list and whose tokens are words.

use super::*;
use loadwright_plugin::{Message, Part, Prompt};

struct File {
    lines: Vec<Vec<u8>>,
    tokenizer: bool,
    /// Bytes that an answer may have.
    room: usize,
}

impl Host for File {
    fn count(&self, text: &str, in_chat: bool) -> Result<u32, Fault> {
        assert!(!in_chat);
        let words = text.split_whitespace().count() as u32;
        self.tokenizer.then_some(words).ok_or_else(|| Fault::Fatal("no tokenizer".into()))
    }

    fn lines(&self, name: &str, first: u32, count: u32) -> Result<Vec<Vec<u8>>, Fault> {
        assert_eq!(name, "dataset-path");
        if self.lines.is_empty() {
            return Err(fault("dataset-path", "give --dataset-path"));
        }
        let mut left = self.room;
        let mut lines = Vec::new();
        for line in self.lines.iter().skip(first as usize).take(count as usize) {
            match left.checked_sub(line.len()) {
                Some(rest) => left = rest,
                None if lines.is_empty() => return Err(too_long(first + 1)),
                None => break,
            }
            lines.push(line.clone());
        }
        Ok(lines)
    }
}

fn too_long(line: u32) -> Fault {
    Fault::Input(format!("line {line} is too long"))
}

fn file(lines: &[&str]) -> File {
    let lines = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    File { lines, tokenizer: true, room: 1 << 20 }
}

/// What each item is, or its fault.
fn results(host: File, json: &str, first: u32, count: u32) -> Vec<Result<Prompt, Fault>> {
    let items = LineByLine::new(host, json).unwrap().items(first, count);
    items.into_iter().map(|item| Ok(item?.turns.remove(0).prompt)).collect()
}

fn prompts(host: File, json: &str, first: u32, count: u32) -> Vec<Prompt> {
    results(host, json, first, count).into_iter().map(Result::unwrap).collect()
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

fn messages(line: &str, json: &str) -> Vec<Message> {
    match prompts(file(&[line]), json, 0, 1).pop() {
        Some(Prompt::Messages(messages)) => messages,
        other => panic!("not messages: {other:?}"),
    }
}

#[test]
fn an_array_is_messages_with_all_their_members() {
    let list = r#"{"name":"n","content":[{"type":"text","text":"t"},{"type":"image_url","image_url":{"url":"u"}}]}"#;
    let line = format!(r#"[{{"role":"system","content":"s"}},{{"role":"user",{}]"#, &list[1..]);
    let messages = messages(&line, "{}");
    assert_eq!(messages[0].parts, [Part::Text("s".into())]);
    assert_eq!(messages[0].extra, "");
    assert!(messages[1].parts.is_empty());
    assert_eq!(messages[1].extra, list);
}

#[test]
fn a_list_of_texts_is_text_and_any_other_is_kept_as_written() {
    let of = |content: &str| {
        messages(&format!(r#"[{{"role":"user","content":{content}}}]"#), "{}").remove(0)
    };
    let texts = of(r#"[{"type":"text","text":"a"},{"text":"b","type":"text"}]"#);
    assert_eq!(texts.parts, [Part::Text("a".into()), Part::Text("b".into())]);
    assert_eq!(texts.extra, "");
    for kept in ["[]", r#"[{"type":"text","text":"a","cache_control":{}}]"#, "null"] {
        let message = of(kept);
        assert!(message.parts.is_empty());
        assert_eq!(message.extra, format!(r#"{{"content":{kept}}}"#));
    }
}

#[test]
fn texts_between_images_have_a_length() {
    let line = r#"[{"role":"user","content":[{"type":"text","text":"a b"},{"type":"image_url"}]}]"#;
    let json = r#"{"min_prompt_length":2,"max_prompt_length":2}"#;
    assert_eq!(messages(line, json).len(), 1);
}

#[test]
fn an_object_is_a_body_as_written() {
    let body = r#"{"n": 1.50,  "a":[]}"#;
    assert_eq!(prompts(file(&[body]), "{}", 0, 1), [Prompt::Body(body.into())]);
}

#[test]
fn an_array_of_anything_else_is_a_fault_with_its_line() {
    let items = results(file(&["x", "[1]"]), "{}", 0, 2);
    let Err(Fault::Input(text)) = &items[1] else { panic!("it was taken") };
    assert!(text.starts_with("line 2 "), "{text}");
}

#[test]
fn a_line_that_is_not_utf_8_is_a_fault_with_its_line() {
    let host = File { lines: vec![vec![0xff]], ..file(&[]) };
    let items = results(host, "{}", 0, 1);
    let Err(Fault::Input(text)) = &items[0] else { panic!("it was taken") };
    assert!(text.starts_with("line 1 "), "{text}");
}

#[test]
fn a_line_that_cannot_be_read_fails_its_own_item_alone() {
    let bounds = r#"{"apply_chat_template":false,"min_prompt_length":1,"max_prompt_length":9}"#;
    for json in [BARE, bounds] {
        let mut host = file(&["a", "?", "b", "[1]", "c", "long", "d"]);
        host.lines[1] = vec![0xff];
        host.lines[5] = vec![b'x'; 99];
        host.room = 50;
        let items = results(host, json, 0, 20);
        assert_eq!(items.len(), 7, "{json}");
        for (index, wanted) in [(0, "a"), (2, "b"), (4, "c"), (6, "d")] {
            assert_eq!(items[index], Ok(text(wanted)), "{json}");
        }
        assert!(matches!(&items[1], Err(Fault::Input(text)) if text.starts_with("line 2 ")));
        assert!(matches!(&items[3], Err(Fault::Input(text)) if text.starts_with("line 4 ")));
        assert_eq!(items[5], Err(too_long(6)));
    }
}

#[test]
fn what_comes_in_many_answers_is_the_same() {
    let lines: Vec<String> = (0..600).map(|n| format!("{n:>7}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let whole = prompts(file(&lines), BARE, 0, 700);
    assert_eq!(whole.len(), 600);
    for room in [7, 20, 1000] {
        assert_eq!(prompts(File { room, ..file(&lines) }, BARE, 0, 700), whole);
        assert_eq!(prompts(File { room, ..file(&lines) }, BARE, 300, 9), whole[300..309]);
    }
}

#[test]
fn white_space_of_any_script_is_blank() {
    let lines = ["a", "\u{3000}", "\u{a0} \t", "\u{2003}", "b"];
    assert_eq!(prompts(file(&lines), BARE, 0, 9), [text("a"), text("b")]);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_line() {
    let body = r#"{"model":"m"}"#;
    let lines = [format!("\u{feff}{body}"), "\u{feff}x".into()];
    let lines = lines.each_ref().map(String::as_str);
    let wanted = [Prompt::Body(body.into()), text("\u{feff}x")];
    assert_eq!(prompts(file(&lines), BARE, 0, 9), wanted);
    assert_eq!(prompts(file(&["\u{feff}", "y"]), BARE, 0, 9), [text("y")]);
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
    assert!(matches!(missing, Some(Fault::Settings(fault)) if fault.name == "dataset-path"));
    let json = r#"{"min_prompt_length":3,"max_prompt_length":2}"#;
    assert!(matches!(LineByLine::new(file(&["x"]), json), Err(Fault::Settings(_))));
}
