//! Counts and ids compared with transformers' (fixtures/make.py) and with the tokenizers crate's own
//! reader, for small vocabularies of every common kind.

use super::Model;
use crate::template::tests::messages;
use crate::{builtin, file};
use loadwright_core::conversation::Message;
use loadwright_core::ports::{Fault, Synthesis, Tokenizer};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The real tokenizer, if it is next to this checkout.
pub(crate) fn qwen3() -> Option<Model> {
    qwen3_with_options(&json!({}))
}

/// The same, with options for its chat template.
fn qwen3_with_options(options: &Value) -> Option<Model> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/tokenizers/qwen3/tokenizer.json");
    path.is_file().then(|| Model::load(&path, options.as_object().unwrap()).unwrap())
}

/// SentencePiece's kind of BPE as Llama 2 ships it: no pre-tokenizer, spaces as `▁`, a BOS.
pub(crate) fn metaspace() -> Value {
    let words = ["▁time", "▁river", "▁stone", "▁quiet", "▁north"];
    let mut vocab = serde_json::Map::new();
    let mut merges = Vec::new();
    let add = |vocab: &mut serde_json::Map<String, Value>, entry: String| {
        let next = vocab.len();
        vocab.entry(entry).or_insert(json!(next));
    };
    for entry in ["<unk>", "<s>", "</s>", "▁", "▁▁", "[", "]", "/", "N", "S", "T", "I"] {
        add(&mut vocab, entry.to_owned());
    }
    merges.push("▁ ▁".to_owned());
    for letter in ('a'..='z').chain(['<', '>', '|', '\n']) {
        add(&mut vocab, letter.to_string());
    }
    for first in 'b'..='h' {
        for last in ["o", "u", "e"] {
            add(&mut vocab, format!("▁{first}"));
            add(&mut vocab, format!("▁{first}{last}"));
            merges.push(format!("▁ {first}"));
            merges.push(format!("▁{first} {last}"));
        }
    }
    for word in words {
        let mut grown = String::from("▁");
        for letter in word.chars().skip(1) {
            merges.push(format!("{grown} {letter}"));
            grown.push(letter);
            add(&mut vocab, grown.clone());
        }
    }
    merges.dedup();
    json!({
        "version": "1.0", "truncation": {"max_length": 8, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
        "padding": null,
        "added_tokens": [token(0, "<unk>"), token(1, "<s>"), token(2, "</s>")],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
        ]},
        "pre_tokenizer": null,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}
        },
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}
        ]},
        "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": false, "vocab": vocab, "merges": merges}
    })
}

/// As Bert ships it: plain words, split at spaces, with special tokens around a prompt.
pub(crate) fn word_piece() -> Value {
    let words = "time river stone quiet north the of and to in is that it was for on are with";
    let mut vocab = serde_json::Map::new();
    let letters = ('a'..='z').flat_map(|c| [c.to_string(), format!("##{c}")]);
    for entry in ["[UNK]", "[CLS]", "[SEP]"].map(String::from).into_iter().chain(letters) {
        vocab.insert(entry, json!(vocab.len()));
    }
    for word in words.split(' ') {
        vocab.insert(word.to_owned(), json!(vocab.len()));
    }
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [token(0, "[UNK]"), token(1, "[CLS]"), token(2, "[SEP]")],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocab}
    })
}

/// Single characters, and pairs that merge across any boundary: nothing is delimited.
pub(crate) fn undelimited() -> Value {
    let mut vocab = serde_json::Map::new();
    for c in ('a'..='z').chain(['<', '>', '|', '\n', ' ']) {
        vocab.insert(c.to_string(), json!(vocab.len()));
    }
    for pair in ["ab", "bc", "ca", "zz", "xy", "yx"] {
        vocab.insert(pair.to_owned(), json!(vocab.len()));
    }
    let merges = [["a", "b"], ["b", "c"], ["c", "a"], ["z", "z"], ["x", "y"], ["y", "x"]];
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "pre_tokenizer": null, "post_processor": null, "decoder": {"type": "Fuse"},
        "model": {"type": "BPE", "vocab": vocab, "merges": merges}
    })
}

fn token(id: u32, content: &str) -> Value {
    json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true})
}

pub(crate) fn without_template(file: &Value) -> Model {
    Model::new(file::read(&file.to_string()).unwrap(), None)
}

#[test]
fn the_real_tokenizer_renders_and_encodes_as_transformers_does() {
    let Some(model) = qwen3() else { return };
    let fixture: Value = serde_json::from_str(include_str!("../../fixtures/qwen3.json")).unwrap();
    for case in fixture["chat"].as_array().unwrap() {
        let messages = messages(&case["messages"]);
        let text = model.encoder().render_chat(&messages).unwrap();
        assert_eq!(text, case["text"].as_str().unwrap());
        assert_eq!(json!(model.encode(&text).unwrap()), case["ids"]);
        let counted = model.count_chat(&messages).unwrap() as usize;
        assert_eq!(counted, case["ids"].as_array().unwrap().len());
    }
    for case in fixture["plain"].as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        assert_eq!(json!(model.encode(text).unwrap()), case["ids"]);
        assert_eq!(model.count_text(text).unwrap() as usize, case["ids"].as_array().unwrap().len());
    }
}

#[test]
fn ids_are_those_of_the_general_reader() {
    let text = "the quiet river  of stone\nabcab zzz xyxy";
    for file in [metaspace(), word_piece(), undelimited()] {
        let mut general: tokenizers::Tokenizer = file.to_string().parse().unwrap();
        general.with_truncation(None).unwrap();
        let ours = without_template(&file);
        for special in [false, true] {
            let expected = general.encode(text, special).unwrap();
            assert!(expected.len() > 8);
            assert_eq!(ours.encoder().ids(text, special).unwrap().get_ids(), expected.get_ids());
        }
    }
}

#[test]
fn a_plain_prompt_counts_its_special_tokens_and_a_chat_does_not() {
    let model = without_template(&metaspace());
    assert_eq!(model.encode("river stone").unwrap().len(), 2);
    assert_eq!(model.count_text("river stone").unwrap(), 3);
    assert_eq!(without_template(&word_piece()).count_text("the river").unwrap(), 4);
    // A prompt of ids includes the special token too, so that its length is the count of its text.
    let ids = model.encode_prompt("river stone").unwrap();
    assert_eq!((ids[0], &ids[1..]), (1, model.encode("river stone").unwrap().as_slice()));
    let builtin = builtin::model();
    // <|user|>, a line break, three letters without their space, <|end|>, line break, <|assistant|>, line break
    assert_eq!(builtin.count_chat(&[Message::text("user", "the")]).unwrap(), 9);
}

#[test]
fn without_a_chat_template_a_chat_is_rejected_with_the_remedy() {
    let fault = without_template(&word_piece()).count_chat(&[]).unwrap_err();
    assert!(
        matches!(&fault, Fault::Unsupported(text) if text.contains("--no-apply-chat-template"))
    );
}

#[test]
fn ids_outside_the_vocabulary_are_rejected() {
    let model = without_template(&word_piece());
    assert_eq!(model.decode(&[55, 56]).unwrap(), "time river");
    assert!(model.decode(&[9999]).unwrap_err().to_string().contains("9999"));
}

#[test]
fn invalid_tokenizer_files() {
    for (json, what) in [
        ("{", "it is truncated after 1 byte"),
        (r#"{"added_tokens": []}"#, "model"),
        (
            r#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["ab"]}}"#,
            "`ab` is not a pair",
        ),
        (r#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}"#, "its model"),
    ] {
        let error = file::read(json).unwrap_err();
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn template_options_of_requests_are_counted() {
    let Some(thinking) = qwen3() else { return };
    let silent = qwen3_with_options(&json!({"enable_thinking": false})).unwrap();
    let count = |model: &Model| model.count_chat(&[Message::text("user", "river stone")]).unwrap();
    // `<think>`, a blank line, `</think>`, a blank line, begun by the server itself.
    assert_eq!(count(&silent), count(&thinking) + 4);
    let request = Synthesis {
        seed: 1,
        label: "options",
        index: 0,
        prefix: "",
        tokens: 64,
        in_chat: true,
        stop: None,
    };
    let made = silent.synthesize(&request).unwrap();
    let served = silent.count_chat(&[Message::text("user", made.text)]).unwrap();
    assert_eq!((made.tokens, served), (64, 64));
}
