//! A text counted in parts has the same count as the whole, and counting can be stopped.

use super::{PART, end_of_part, in_parts};
use crate::builtin;
use crate::model::Model;
use crate::model::tests::{metaspace, qwen3, word_piece};
use crate::{config, file, template::ChatTemplate};
use loadwright_core::ports::Fault;
use loadwright_core::stop::StopFlag;
use serde_json::{Value, json};

fn chatting(file: &Value) -> Model {
    let source = "{% for m in messages %}[INST] {{ m.content | trim }} [/INST]{% endfor %}";
    let config = config::parse(&json!({ "chat_template": source })).unwrap();
    Model::new(file::read(&file.to_string()).unwrap(), ChatTemplate::compile(config).unwrap())
}

/// Pieces for several parts, with numbers and line breaks in between.
fn long_text(words: &[&str]) -> String {
    let mut text = String::new();
    for n in 0_usize.. {
        let word = words[n * n % words.len()];
        text.push_str(if n % 97 == 5 { "\n\n" } else { " " });
        text.push_str(word);
        if n % 61 == 7 {
            text.push_str(", 42");
        }
        if text.len() > 4 * PART {
            return text;
        }
    }
    unreachable!("the text grows with each word")
}

#[test]
fn a_part_ends_between_characters() {
    // Letters of two bytes, at even distances from the end and at odd ones.
    for shift in ["", "x"] {
        let text = format!("{}{shift}", "вода ".repeat(PART / 4));
        let end = end_of_part(&text);
        assert!((PART..text.len()).contains(&end), "{end}");
        assert!(text[end..].starts_with(" вода"));
    }
    let unbroken = format!("{}x", "вода".repeat(PART / 2));
    assert_eq!(end_of_part(&unbroken), unbroken.len());
}

#[test]
fn the_counts_of_parts_add_up_to_that_of_the_whole() {
    let words = ["time", "river", "the", "stone", "quiet", "unheardof", "north"];
    let text = long_text(&words);
    let models = [builtin::model(), chatting(&metaspace()), chatting(&word_piece())];
    for model in models.into_iter().chain(qwen3()) {
        for in_chat in [false, true] {
            let parts = in_parts(model.encoder(), &text, in_chat, None).unwrap();
            assert_eq!(parts, model.encoder().count(&text, in_chat).unwrap());
        }
    }
}

#[test]
fn texts_are_cut_only_in_front_of_words() {
    let text = long_text(&["time", "river"]);
    let end = end_of_part(&text);
    assert!((PART..2 * PART).contains(&end), "{end}");
    let (before, behind) = text.split_at(end);
    assert!(before.ends_with(char::is_alphabetic));
    assert!(behind.starts_with(' ') && behind[1..].starts_with(char::is_alphabetic));
    let whole = "é".repeat(2 * PART);
    assert_eq!(end_of_part(&whole), whole.len(), "without a word there is no place to cut");
    assert_eq!(end_of_part("short text"), 10);
}

#[test]
fn counting_ends_when_the_run_stops() {
    let stop = StopFlag::default();
    let model = builtin::model();
    assert_eq!(in_parts(model.encoder(), " the time", false, Some(&stop)).unwrap(), 2);
    stop.raise();
    let stopped = Fault::Transient("the run was stopped".into());
    assert_eq!(in_parts(model.encoder(), " the time", false, Some(&stop)), Err(stopped));
}
