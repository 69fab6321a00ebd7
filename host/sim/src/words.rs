//! What replies say: plain words, some of them beyond ASCII, chosen by the seed.

/// Words of the built-in vocabulary, one token each: no white space, nothing that JSON escapes.
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

/// The pieces that replies are made of, each one token, as text and as JSON text.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    text: String,
    /// `text` inside a JSON string, without the quotes.
    json: String,
    /// `json` inside a JSON string once more: a tool call's arguments are JSON in a string.
    nested: String,
}

impl Vocabulary {
    /// The given pieces, or the built-in words where there are none.
    pub(crate) fn new(given: &[String]) -> Self {
        let piece = |text: String| {
            let json = escaped(&text);
            Piece { nested: escaped(&json), json, text }
        };
        let pieces: Vec<Piece> = if given.is_empty() {
            WORDS.iter().map(|word| piece(format!(" {word}"))).collect()
        } else {
            given.iter().cloned().map(piece).collect()
        };
        Self { pieces }
    }

    fn piece(&self, voice: u64, token: u32) -> &Piece {
        let at = mix(voice, u64::from(token)) % self.pieces.len() as u64;
        &self.pieces[usize::try_from(at).expect("an index into a slice fits usize")]
    }

    /// Appends token `token` of the text that `voice` chooses.
    pub(crate) fn text(&self, voice: u64, token: u32, to: &mut String) {
        to.push_str(&self.piece(voice, token).text);
    }

    /// The same inside a JSON string inside a JSON string.
    pub(crate) fn nested_json(&self, voice: u64, token: u32, to: &mut Vec<u8>) {
        to.extend_from_slice(self.piece(voice, token).nested.as_bytes());
    }

    /// The same inside a JSON string.
    pub(crate) fn json(&self, voice: u64, token: u32, to: &mut Vec<u8>) {
        to.extend_from_slice(self.piece(voice, token).json.as_bytes());
    }
}

/// `text` inside a JSON string, without the quotes.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].into()
}

/// A well-mixed number of both (SplitMix64's finaliser, Steele et al. 2014, over a Weyl step).
pub(crate) fn mix(seed: u64, n: u64) -> u64 {
    let mut z = seed ^ n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
