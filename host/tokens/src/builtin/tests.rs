//! The vocabulary of the built-in tokenizer.

use super::{WORDS, builtin, model};
use std::collections::HashSet;

#[test]
fn every_word_with_its_space_is_one_token_and_decodes_to_itself() {
    let tokenizer = builtin();
    for word in WORDS.lines() {
        let text = format!(" {word}");
        let ids = tokenizer.encode(&text).unwrap();
        assert_eq!(ids.len(), 1, "{word}");
        assert_eq!(tokenizer.decode(&ids).unwrap(), text);
    }
}

#[test]
fn any_text_decodes_to_itself() {
    let tokenizer = builtin();
    for text in ["", "plain words", "naïve 北京 😀\n\t\"{}\"", "<|user|>\nhi<|end|>"] {
        let ids = tokenizer.encode(text).unwrap();
        assert_eq!(tokenizer.decode(&ids).unwrap(), text);
    }
}

#[test]
fn the_words_are_distinct_and_plain() {
    let words: Vec<&str> = WORDS.lines().collect();
    assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len());
    assert!(words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())));
    assert!(model().encoder().pipeline().get_vocab_size(true) > words.len());
}
