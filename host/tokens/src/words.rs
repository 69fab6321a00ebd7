//! The pieces that synthesized text is made of: vocabulary entries that are a space and letters,
//! each one token whatever stands beside it, because no entry reaches across the space in front.
//! Where a vocabulary has no such entries, any that decode to plain text, without that promise.
//! Stops at the pieces; putting them together is `synthesis`'s.

use crate::encoder::Encoder;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Below this many a class says too little about a vocabulary.
const FEWEST: usize = 16;
/// Words tried before a class is taken.
const SAMPLE: usize = 512;
/// Text in front when pieces are tried: some tokenizers treat the start of a text in a way of its
/// own.
const ANCHOR: &str = "a";

const UNKNOWN: u8 = 0;
const GOOD: u8 = 1;
const BAD: u8 = 2;

/// A class of pieces, held compactly, with what is known of each so far. A piece is good if it
/// encodes to its own id behind other text: a matter of the vocabulary alone, found out when the
/// piece is first drawn, because trying a large vocabulary at start would cost a third of a second.
#[derive(Debug, Default)]
pub(crate) struct Words {
    text: String,
    ends: Vec<u32>,
    ids: Vec<u32>,
    verdicts: Vec<AtomicU8>,
    delimited: bool,
}

impl Words {
    /// The best class that the vocabulary of `model` has; empty if it has none.
    pub(crate) fn of(encoder: &Encoder) -> Self {
        let (words, spanned) = spaced(encoder);
        if words.holds(encoder) {
            return Self { delimited: !spanned && words.independent(encoder), ..words };
        }
        loose(encoder)
    }

    /// How many there are, good or not.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The text of piece `at`.
    pub(crate) fn get(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.text[start as usize..self.ends[at] as usize]
    }

    /// Good pieces put together are known to stay one token each: no entry of the vocabulary
    /// reaches across a boundary, and samples confirm it.
    pub(crate) fn delimited(&self) -> bool {
        self.delimited
    }

    /// Whether piece `at` is good; it must have been tried.
    pub(crate) fn good(&self, at: usize) -> bool {
        self.verdicts[at].load(Relaxed) == GOOD
    }

    /// Tries those of `drawn` that are not known yet: all in one text, which is as good as one by
    /// one if it encodes as expected, else one by one.
    pub(crate) fn try_out(&self, encoder: &Encoder, drawn: &[usize]) {
        let unknown: Vec<usize> = drawn
            .iter()
            .copied()
            .filter(|at| self.verdicts[*at].load(Relaxed) == UNKNOWN)
            .collect();
        if unknown.is_empty() {
            return;
        }
        if self.delimited && self.keep_to_themselves(encoder, &unknown) {
            for at in unknown {
                self.verdicts[at].store(GOOD, Relaxed);
            }
            return;
        }
        for at in unknown {
            let good = self.keep_to_themselves(encoder, &[at]);
            self.verdicts[at].store(if good { GOOD } else { BAD }, Relaxed);
        }
    }

    fn keep_to_themselves(&self, encoder: &Encoder, pieces: &[usize]) -> bool {
        let mut text = String::from(ANCHOR);
        text.extend(pieces.iter().map(|at| self.get(*at)));
        let (Ok(anchor), Ok(ids)) = (encoder.encode(ANCHOR), encoder.encode(&text)) else {
            return false;
        };
        ids.strip_prefix(anchor.as_slice())
            .is_some_and(|rest| rest.iter().copied().eq(pieces.iter().map(|at| self.ids[*at])))
    }

    /// There are enough, and most of a sample is good.
    fn holds(&self, encoder: &Encoder) -> bool {
        let sample = self.sample();
        self.try_out(encoder, &sample);
        let good = sample.iter().filter(|at| self.good(**at)).count();
        self.len() >= FEWEST && 2 * good > sample.len()
    }

    /// The good ones of a sample keep to themselves in one text, in either order.
    fn independent(&self, encoder: &Encoder) -> bool {
        let mut good: Vec<usize> = self.sample().into_iter().filter(|at| self.good(*at)).collect();
        let forward = self.keep_to_themselves(encoder, &good);
        good.reverse();
        forward && self.keep_to_themselves(encoder, &good)
    }

    /// Spread over the class by the golden ratio, so that it holds short and long, early and late.
    fn sample(&self) -> Vec<usize> {
        let step = (self.len() as f64 * 0.618_033_988_749_895) as usize | 1;
        (0..SAMPLE.min(self.len())).map(|n| n * step % self.len()).collect()
    }

    fn push(&mut self, space: &str, word: &str, id: u32) {
        self.text.push_str(space);
        self.text.push_str(word);
        // A vocabulary's text is far below 4 GB; a piece that did not fit would be left out.
        if let Ok(end) = u32::try_from(self.text.len()) {
            self.ends.push(end);
            self.ids.push(id);
            self.verdicts.push(AtomicU8::new(UNKNOWN));
        }
    }

    fn fit(mut self) -> Self {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.ids.shrink_to_fit();
        self.verdicts.shrink_to_fit();
        self
    }
}

/// Entries of the model itself: added tokens are commands, not text.
fn entries(encoder: &Encoder) -> impl Iterator<Item = (u32, String)> {
    let pipeline = encoder.pipeline();
    let added = pipeline.get_added_vocabulary().get_added_tokens_decoder();
    // Not `get_vocab_size(true)`, which copies the vocabulary to count it.
    let size = pipeline.get_vocab_size(false) + added.len();
    let size = u32::try_from(size).unwrap_or(u32::MAX);
    (0..size)
        .filter(move |id| !added.contains_key(id))
        .filter_map(move |id| pipeline.id_to_token(id).map(|entry| (id, entry)))
}

/// The space in front, as byte-level vocabularies and as SentencePiece write it.
const BYTE_LEVEL_SPACE: char = '\u{120}';
const METASPACE: char = '\u{2581}';

/// Entries that are a space and letters, in the notation that most of them use; where entries
/// write no space (`WordPiece`), bare words, which their pre-tokenizers split at spaces. And
/// whether an entry reaches across the space behind a letter.
fn spaced(encoder: &Encoder) -> (Words, bool) {
    let bytes = byte_alphabet();
    let mut classes: [(Words, bool); 3] = Default::default();
    for (id, entry) in entries(encoder) {
        let plain = |text: &str| Some(text.to_owned());
        classes[0].1 |= spans(&entry, BYTE_LEVEL_SPACE, |text| from_byte_level(text, &bytes));
        classes[1].1 |= spans(&entry, METASPACE, plain);
        classes[2].1 |= spans(&entry, ' ', plain);
        let (class, word) = match entry.strip_prefix(BYTE_LEVEL_SPACE) {
            Some(rest) => (0, from_byte_level(rest, &bytes)),
            None => match entry.strip_prefix(METASPACE) {
                Some(rest) => (1, Some(rest.to_owned())),
                None => (2, Some(entry)),
            },
        };
        if let Some(word) = word.filter(|word| is_word(word)) {
            classes[class].0.push(" ", &word, id);
        }
    }
    let [bytes, metaspace, bare] = classes;
    let marked = if bytes.0.len() >= metaspace.0.len() { bytes } else { metaspace };
    let (words, spans) = if marked.0.len() >= FEWEST { marked } else { bare };
    (words.fit(), spans)
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(char::is_alphabetic)
}

/// Whether `entry` holds `marker` directly behind a letter or digit. `read` turns what stands in
/// front into text; what is no text alone may be the end of a letter.
fn spans(entry: &str, marker: char, read: impl Fn(&str) -> Option<String>) -> bool {
    entry.match_indices(marker).any(|(at, _)| {
        at > 0 && read(&entry[..at]).is_none_or(|text| text.ends_with(char::is_alphanumeric))
    })
}

/// GPT-2's `bytes_to_unicode`: printable bytes stand for themselves, the others are counted on
/// from U+0100. Indexed by character.
fn byte_alphabet() -> Vec<Option<u8>> {
    let printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let mut alphabet = vec![None; 0x144];
    let mut next = 0x100;
    for byte in 0..=u8::MAX {
        let at = if printable(byte) { usize::from(byte) } else { next };
        alphabet[at] = Some(byte);
        next += usize::from(!printable(byte));
    }
    alphabet
}

fn from_byte_level(entry: &str, alphabet: &[Option<u8>]) -> Option<String> {
    let bytes = entry.chars().map(|c| alphabet.get(c as usize).copied().flatten());
    String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()
}

/// Entries that decode to visible text: every prompt made of them has to be confirmed.
fn loose(encoder: &Encoder) -> Words {
    let mut words = Words::default();
    for (id, _) in entries(encoder) {
        let text = encoder.decode(&[id]).unwrap_or_default();
        if !text.trim().is_empty() && !text.chars().any(|c| c.is_control() || c == '\u{FFFD}') {
            words.push("", &text, id);
        }
    }
    words.fit()
}

#[cfg(test)]
mod tests;
