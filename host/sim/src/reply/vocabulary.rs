//! The words of replies, some of them beyond ASCII, chosen by a seed.

use crate::seed::mix;

/// The built-in words, one token each: no white space, nothing that JSON escapes.
const WORDS: [&str; 64] = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "that",
    "for",
    "it",
    "as",
    "was",
    "with",
    "be",
    "by",
    "on",
    "not",
    "he",
    "his",
    "but",
    "at",
    "are",
    "this",
    "have",
    "from",
    "which",
    "one",
    "you",
    "had",
    "her",
    "all",
    "they",
    "we",
    "river",
    "stone",
    "window",
    "garden",
    "letter",
    "summer",
    "market",
    "silver",
    "morning",
    "travel",
    "silence",
    "engine",
    "harbour",
    "copper",
    "meadow",
    "signal",
    "lantern",
    "paper",
    "naïve",
    "café",
    "Straße",
    "déjà",
    "jalapeño",
    "Ångström",
    "東京",
    "河流",
    "привет",
    "λόγος",
    "한국어",
    "naïveté",
    "🙂",
    "résumé",
];

/// The tokens that replies are made of, as text and as JSON text.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    tokens: Vec<TokenText>,
}

#[derive(Debug)]
struct TokenText {
    text: String,
    /// `text` as the inside of a JSON string.
    json: String,
    /// `json` as the inside of another: the arguments of a tool call are JSON in a string.
    nested: String,
}

impl Vocabulary {
    /// The given tokens, or the built-in words where there are none.
    pub(crate) fn new(given: &[String]) -> Self {
        let token = |text: String| {
            let json = escaped(&text);
            TokenText { nested: escaped(&json), json, text }
        };
        let tokens: Vec<TokenText> = if given.is_empty() {
            WORDS.iter().map(|word| token(format!(" {word}"))).collect()
        } else {
            given.iter().cloned().map(token).collect()
        };
        Self { tokens }
    }

    fn token(&self, text_seed: u64, token: u32) -> &TokenText {
        let at = mix(text_seed, u64::from(token)) % self.tokens.len() as u64;
        &self.tokens[usize::try_from(at).expect("an index into a slice fits usize")]
    }

    /// Appends token `token` of the text with this seed.
    pub(crate) fn text(&self, text_seed: u64, token: u32, to: &mut String) {
        to.push_str(&self.token(text_seed, token).text);
    }

    /// The same as the inside of a JSON string within a JSON string.
    pub(crate) fn nested_json(&self, text_seed: u64, token: u32, to: &mut Vec<u8>) {
        to.extend_from_slice(self.token(text_seed, token).nested.as_bytes());
    }

    /// The same as the inside of a JSON string.
    pub(crate) fn json(&self, text_seed: u64, token: u32, to: &mut Vec<u8>) {
        to.extend_from_slice(self.token(text_seed, token).json.as_bytes());
    }
}

/// `text` as the inside of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].into()
}
