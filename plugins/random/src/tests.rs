//! Lengths and prefixes, with a host whose tokens are words.

use super::*;
use loadwright_plugin::{Part, Prompt};

/// A chat template of five tokens; a text of n tokens is n words.
#[derive(Debug, Clone, Copy)]
struct Words;

const TEMPLATE: u32 = 5;

impl Host for Words {
    fn random(&self, label: &str, index: u32, count: u32) -> Vec<u8> {
        assert_eq!((label, count), ("length", 8));
        // Spread evenly over all 64 bits.
        u64::from(index).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes().into()
    }

    fn count(&self, text: &str, in_chat: bool) -> Result<u32, Fault> {
        let words = text.split_whitespace().count() as u32;
        Ok(words + if in_chat { TEMPLATE } else { 0 })
    }

    fn synthesize(&self, it: &Synthesis<'_>) -> Result<Synthesized, Fault> {
        let before = self.count(it.prefix, it.in_chat)?;
        let words = (before..it.tokens).map(|n| format!("{}{}.{n} ", it.label, it.index));
        let text = it.prefix.to_string() + &words.collect::<String>();
        Ok(Synthesized { text, tokens: it.tokens })
    }
}

fn texts(json: &str, count: u32) -> Vec<(String, u32)> {
    let random = Random::new(Words, json).unwrap();
    (0..count)
        .map(|index| {
            let turn = random.item(index).unwrap().turns.remove(0);
            let tokens = turn.input_tokens.unwrap();
            match turn.prompt {
                Prompt::Text(text) => (text, tokens),
                Prompt::Messages(mut messages) => match messages.remove(0).parts.remove(0) {
                    Part::Text(text) => (text, tokens),
                    other => panic!("not text: {other:?}"),
                },
                _ => panic!("another prompt"),
            }
        })
        .collect()
}

#[test]
fn lengths_fill_the_range_evenly_and_hold_both_ends() {
    let json = r#"{"min_prompt_length":10,"max_prompt_length":19,"apply_chat_template":false}"#;
    let mut seen = [0_u32; 20];
    for (text, tokens) in texts(json, 10_000) {
        assert_eq!(text.split_whitespace().count() as u32, tokens);
        seen[tokens as usize] += 1;
    }
    assert!(seen[..10].iter().all(|count| *count == 0));
    assert!(seen[10..].iter().all(|count| (950..=1050).contains(count)), "{seen:?}");
}

#[test]
fn in_chat_the_template_is_part_of_the_length() {
    let json = r#"{"min_prompt_length":12,"max_prompt_length":12,"apply_chat_template":true}"#;
    let (text, tokens) = texts(json, 1).remove(0);
    assert_eq!(tokens, 12);
    assert_eq!(text.split_whitespace().count() as u32, 12 - TEMPLATE);
}

#[test]
fn prefixes_are_shared_in_turn_and_come_on_top() {
    let json = r#"{"min_prompt_length":8,"max_prompt_length":8,"prefix_length":3,
        "prefix_count":2,"apply_chat_template":false}"#;
    let texts = texts(json, 4);
    let start = |at: usize| texts[at].0.split_whitespace().take(3).collect::<Vec<_>>();
    assert_eq!(start(0), ["prefix0.0", "prefix0.1", "prefix0.2"]);
    assert_eq!(start(0), start(2));
    assert_eq!(start(1), start(3));
    assert_ne!(start(0), start(1));
    assert!(
        texts
            .iter()
            .all(|(text, tokens)| { *tokens == 11 && text.split_whitespace().count() == 11 })
    );
}

#[test]
fn an_item_depends_on_its_index_alone() {
    let json = r#"{"max_prompt_length":30,"prefix_length":2,"prefix_count":3}"#;
    let forward = texts(json, 6);
    let random = Random::new(Words, json).unwrap();
    for index in [5, 0, 3] {
        let turn = random.item(index).unwrap().turns.remove(0);
        assert_eq!(turn.input_tokens, Some(forward[index as usize].1));
    }
}

#[test]
fn without_a_minimum_prompts_begin_at_the_shortest() {
    let tokens: Vec<u32> =
        texts(r#"{"max_prompt_length":7}"#, 200).into_iter().map(|(_, tokens)| tokens).collect();
    assert_eq!((tokens.iter().min(), tokens.iter().max()), (Some(&6), Some(&7)));
}

#[test]
fn lengths_that_cannot_be_are_faults_that_name_the_setting() {
    for (json, name) in [
        ("{}", "max_prompt_length"),
        (r#"{"max_prompt_length":5}"#, "max_prompt_length"),
        (r#"{"min_prompt_length":2,"max_prompt_length":50}"#, "min_prompt_length"),
        (r#"{"min_prompt_length":9,"max_prompt_length":8}"#, "min_prompt_length"),
        (r#"{"max_prompt_length":9,"prefix_count":0}"#, "prefix_count"),
        (r#"{"max_prompt_length":4294967295,"prefix_length":1}"#, "prefix_length"),
        (r#"{"max_prompt_length":9,"settings":{"x":1}}"#, "x"),
    ] {
        let Err(Fault::Settings(fault)) = Random::new(Words, json) else {
            panic!("{json} was taken")
        };
        assert_eq!(fault.name, name, "{json}: {}", fault.text);
    }
}
