//! The small built-in tokenizer: byte-level BPE over a list of about two thousand English words. For
//! the simulated server and for tests. Stops at the vocabulary.

use crate::config;
use crate::model::Model;
use crate::template::ChatTemplate;
use ahash::AHashMap;
use loadwright_core::ports::Tokenizer;
use serde_json::json;
use std::sync::Arc;
use tokenizers::models::bpe::BPE;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, DecoderWrapper, PreTokenizerWrapper};

const WORDS: &str = include_str!("builtin_words.txt");

const TEMPLATE: &str = "{% for message in messages %}\
    <|{{ message.role }}|>\n{{ message.content }}<|end|>\n\
    {% endfor %}\
    {% if add_generation_prompt %}<|assistant|>\n{% endif %}";

/// The small tokenizer, with a chat template. Each call builds it anew, in a few milliseconds.
pub fn builtin() -> Arc<dyn Tokenizer> {
    Arc::new(model())
}

/// As `builtin`, as the type itself.
pub(crate) fn model() -> Model {
    let (vocabulary, merges) = vocabulary();
    let pairs = BPE::builder()
        .vocab_and_merges(vocabulary, merges)
        .build()
        .expect("each merge joins two entries of the vocabulary to a third");
    let bytes = ByteLevel::new(false, true, true);
    let mut pipeline = tokenizers::Tokenizer::new(pairs);
    pipeline
        .with_pre_tokenizer(Some(PreTokenizerWrapper::ByteLevel(bytes)))
        .with_decoder(Some(DecoderWrapper::ByteLevel(bytes)));
    let special = ["<|system|>", "<|user|>", "<|assistant|>", "<|tool|>", "<|end|>"];
    pipeline.add_special_tokens(&special.map(|name| AddedToken::from(name, true)));
    let config = config::parse(&json!({ "eos_token": "<|end|>", "chat_template": TEMPLATE }))
        .expect("the configuration above is valid");
    let template = ChatTemplate::compile(config).expect("the template above is valid");
    Model::new(pipeline, template)
}

/// Every byte, and every prefix of a space and a word: with no other merges, a word with its space
/// always becomes one token, whatever its length.
fn vocabulary() -> (AHashMap<String, u32>, Vec<(String, String)>) {
    let mut bytes: Vec<String> = ByteLevel::alphabet().into_iter().map(String::from).collect();
    bytes.sort_unstable();
    let mut ids: AHashMap<String, u32> = (0..).zip(bytes).map(|(id, byte)| (byte, id)).collect();
    let mut merges = Vec::new();
    let mut next = 256;
    for word in WORDS.lines() {
        let mut grown = String::from("\u{120}");
        for letter in word.chars() {
            let before = grown.clone();
            grown.push(letter);
            if !ids.contains_key(&grown) {
                ids.insert(grown.clone(), next);
                merges.push((before, letter.to_string()));
                next += 1;
            }
        }
    }
    (ids, merges)
}

#[cfg(test)]
mod tests;
