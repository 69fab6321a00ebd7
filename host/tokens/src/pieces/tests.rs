//! The classes of pieces in small vocabularies.

use super::{Pieces, byte_alphabet, from_byte_level, spans};
use crate::builtin;
use crate::model::tests::{metaspace, undelimited, without_template, word_piece};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

impl Pieces {
    /// As if the vocabulary had proved it.
    pub(crate) fn assume_delimited(self) -> Self {
        Self { delimited: true, ..self }
    }
}

fn all(pieces: &Pieces) -> Vec<&str> {
    (0..pieces.len()).map(|at| pieces.get(at)).collect()
}

#[test]
fn words_with_their_space_are_delimited() {
    let model = builtin::model();
    let pieces = Pieces::of(model.encoder());
    assert!(pieces.delimited());
    assert!(all(&pieces).contains(&" mountain"));
    assert!(
        all(&pieces)
            .iter()
            .all(|word| word.starts_with(' ') && word.trim().len() + 1 == word.len())
    );
    let every: Vec<usize> = (0..pieces.len()).collect();
    pieces.probe(model.encoder(), &every);
    assert!(every.iter().all(|at| pieces.is_stable(*at)));
}

#[test]
fn marked_and_bare_words_become_spaced_words() {
    for file in [metaspace(), word_piece()] {
        let pieces = Pieces::of(without_template(&file).encoder());
        assert!(pieces.delimited());
        assert!(all(&pieces).contains(&" river"));
    }
}

#[test]
fn a_vocabulary_without_spaced_words_gives_any_text_without_a_guarantee() {
    let pieces = Pieces::of(without_template(&undelimited()).encoder());
    assert!(!pieces.delimited());
    assert!(all(&pieces).contains(&"zz"));
    assert!(!all(&pieces).contains(&"\n"));
}

#[test]
fn an_entry_that_reaches_across_a_space_is_detected() {
    let plain = |text: &str| Some(text.to_owned());
    for (entry, reaches) in
        [("▁the", false), ("▁▁", false), ("of▁the", true), (".▁", false), ("é▁", true)]
    {
        assert_eq!(spans(entry, '\u{2581}', plain), reaches, "{entry}");
    }
    let alphabet = byte_alphabet();
    let bytes = |text: &str| from_byte_level(text, &alphabet);
    for (entry, reaches) in [
        ("Ġthe", false),
        ("ĊĠĠ", false),
        ("ĠÂłĠÂł", false),
        ("aĠb", true),
        ("Ã©Ġ", true),
        ("©Ġ", true),
    ] {
        assert_eq!(spans(entry, '\u{120}', bytes), reaches, "{entry}");
    }
}

#[test]
fn the_byte_alphabet_is_that_of_byte_level_tokenizers() {
    let ours = byte_alphabet();
    let theirs = ByteLevel::alphabet();
    assert_eq!(ours.iter().flatten().count(), 256);
    for (at, byte) in ours.iter().enumerate() {
        let c = char::from_u32(u32::try_from(at).unwrap()).unwrap();
        assert_eq!(byte.is_some(), theirs.contains(&c), "{c}");
    }
    assert_eq!(from_byte_level("ĠÃ©t", &ours).unwrap(), " ét");
    assert_eq!(from_byte_level("Ã", &ours), None);
}
