//! The pieces that synthesized text is made of: vocabulary entries of a space and letters, each one
//! token in any surroundings, because no entry reaches across the space in front. If a vocabulary
//! has no such entries: any that decode to plain text, without that guarantee. `synthesis` joins
//! pieces to texts.

use crate::encoder::Encoder;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Minimum size of a class: a smaller one says too little about a vocabulary.
const MIN_CLASS: usize = 16;
/// Pieces probed before a class is chosen.
const SAMPLE: usize = 512;
/// Text in front of probed pieces: some tokenizers treat the start of a text specially.
const ANCHOR: &str = "a";

const UNKNOWN: u8 = 0;
const STABLE: u8 = 1;
const UNSTABLE: u8 = 2;

/// A class of pieces, stored compactly, with what is known about each. A piece is stable if it
/// encodes to its own id behind other text. That depends on the vocabulary alone and is probed when
/// the piece is first drawn, because probing a large vocabulary at start would take a third of a
/// second.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    text: String,
    ends: Vec<u32>,
    ids: Vec<u32>,
    states: Vec<AtomicU8>,
    delimited: bool,
}

impl Pieces {
    /// The best class of pieces in the vocabulary of `encoder`; empty if it has none.
    pub(crate) fn of(encoder: &Encoder) -> Self {
        let (pieces, spanned) = spaced(encoder);
        if pieces.is_usable(encoder) {
            return Self { delimited: !spanned && pieces.independent(encoder), ..pieces };
        }
        unproven(encoder)
    }

    /// How many there are, stable or not.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The text of piece `at`.
    pub(crate) fn get(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.text[start as usize..self.ends[at] as usize]
    }

    /// Whether stable pieces stay one token each when joined: no entry of the vocabulary reaches
    /// across a boundary, and samples confirm it.
    pub(crate) fn delimited(&self) -> bool {
        self.delimited
    }

    /// Whether piece `at` is stable; it must have been probed.
    pub(crate) fn is_stable(&self, at: usize) -> bool {
        self.states[at].load(Relaxed) == STABLE
    }

    /// Probes those of `drawn` that are not known yet: all in one text, which settles all of them if
    /// it encodes as expected, otherwise one by one.
    pub(crate) fn probe(&self, encoder: &Encoder, drawn: &[usize]) {
        let unknown: Vec<usize> =
            drawn.iter().copied().filter(|at| self.states[*at].load(Relaxed) == UNKNOWN).collect();
        if unknown.is_empty() {
            return;
        }
        if self.delimited && self.encode_to_own_ids(encoder, &unknown) {
            for at in unknown {
                self.states[at].store(STABLE, Relaxed);
            }
            return;
        }
        for at in unknown {
            let stable = self.encode_to_own_ids(encoder, &[at]);
            self.states[at].store(if stable { STABLE } else { UNSTABLE }, Relaxed);
        }
    }

    fn encode_to_own_ids(&self, encoder: &Encoder, pieces: &[usize]) -> bool {
        let mut text = String::from(ANCHOR);
        text.extend(pieces.iter().map(|at| self.get(*at)));
        let (Ok(anchor), Ok(ids)) = (encoder.encode(ANCHOR), encoder.encode(&text)) else {
            return false;
        };
        ids.strip_prefix(anchor.as_slice())
            .is_some_and(|rest| rest.iter().copied().eq(pieces.iter().map(|at| self.ids[*at])))
    }

    /// Whether there are enough pieces and most of a sample are stable.
    fn is_usable(&self, encoder: &Encoder) -> bool {
        let sample = self.sample();
        self.probe(encoder, &sample);
        let good = sample.iter().filter(|at| self.is_stable(**at)).count();
        self.len() >= MIN_CLASS && 2 * good > sample.len()
    }

    /// Whether the stable pieces of a sample encode to their own ids in one text, in either order.
    fn independent(&self, encoder: &Encoder) -> bool {
        let mut good: Vec<usize> =
            self.sample().into_iter().filter(|at| self.is_stable(*at)).collect();
        let forward = self.encode_to_own_ids(encoder, &good);
        good.reverse();
        forward && self.encode_to_own_ids(encoder, &good)
    }

    /// Spread over the class by the golden ratio, so that it includes short and long pieces, early and
    /// late ones.
    fn sample(&self) -> Vec<usize> {
        let step = (self.len() as f64 * 0.618_033_988_749_895) as usize | 1;
        (0..SAMPLE.min(self.len())).map(|n| n * step % self.len()).collect()
    }

    fn push(&mut self, space: &str, word: &str, id: u32) {
        self.text.push_str(space);
        self.text.push_str(word);
        // A vocabulary's text is far below 4 GB; a piece that did not fit would be dropped.
        if let Ok(end) = u32::try_from(self.text.len()) {
            self.ends.push(end);
            self.ids.push(id);
            self.states.push(AtomicU8::new(UNKNOWN));
        }
    }

    fn fit(mut self) -> Self {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.ids.shrink_to_fit();
        self.states.shrink_to_fit();
        self
    }
}

/// Entries of the model itself, without added tokens, which are not text.
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

/// Entries that are a space and letters, in the notation that most of them use; if entries have no
/// spaces (`WordPiece`), plain words, which pre-tokenizers split at spaces. And whether an entry
/// reaches across the space behind a letter.
fn spaced(encoder: &Encoder) -> (Pieces, bool) {
    let bytes = byte_alphabet();
    let mut classes: [(Pieces, bool); 3] = Default::default();
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
    let (pieces, spans) = if marked.0.len() >= MIN_CLASS { marked } else { bare };
    (pieces.fit(), spans)
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.chars().all(char::is_alphabetic)
}

/// Whether `entry` contains `marker` directly behind a letter or digit. `read` decodes what is in
/// front; bytes that are not text on their own may be the end of a letter.
fn spans(entry: &str, marker: char, read: impl Fn(&str) -> Option<String>) -> bool {
    entry.match_indices(marker).any(|(at, _)| {
        at > 0 && read(&entry[..at]).is_none_or(|text| text.ends_with(char::is_alphanumeric))
    })
}

/// GPT-2's `bytes_to_unicode`: printable bytes map to themselves, the others to consecutive
/// characters from U+0100. Indexed by character.
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

/// Entries that decode to visible text: every prompt made of them must be confirmed.
fn unproven(encoder: &Encoder) -> Pieces {
    let mut pieces = Pieces::default();
    for (id, _) in entries(encoder) {
        let text = encoder.decode(&[id]).unwrap_or_default();
        if !text.trim().is_empty() && !text.chars().any(|c| c.is_control() || c == '\u{FFFD}') {
            pieces.push("", &text, id);
        }
    }
    pieces.fit()
}

#[cfg(test)]
mod tests;
