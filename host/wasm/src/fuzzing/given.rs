//! Reads values of the contract's types from any bytes. Behind their end everything is zero or empty,
//! so that each input is a value.

/// Texts that parsers and tables of words know.
const TEXTS: [&str; 36] = [
    "",
    "{}",
    "{\"a\":1}",
    "{\"class\":\"a\",\"tenant\":2.5}",
    "[]",
    "null",
    "{{conversation}}",
    "{{index}}",
    "{{",
    "conversation",
    "index",
    "turn",
    "by-type",
    "sse",
    "lines",
    "json-array",
    "whole",
    "json",
    "text",
    "opaque",
    "decode",
    "output",
    "reasoning",
    "tool-call",
    "result",
    "tokens",
    "end",
    "error",
    "input",
    "cached",
    "count:output",
    "metric:queue",
    "/choices/*/text",
    "so-far",
    "sum-frames",
    "dataset-path",
];

/// Numbers at which checks of times, counts and positions change their answer.
const NUMBERS: [f64; 14] = [
    0.0,
    -0.0,
    0.5,
    1.0,
    7.0,
    -1.0,
    315_360_000.0,
    315_360_000.1,
    4_294_967_295.0,
    4_294_967_296.0,
    9_007_199_254_740_994.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// The rest of an input.
pub(super) struct Given<'a>(&'a [u8]);

impl<'a> Given<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(super) fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }

    fn eight(&mut self) -> [u8; 8] {
        std::array::from_fn(|_| self.byte())
    }

    /// Mostly small.
    pub(super) fn count(&mut self) -> u32 {
        match self.byte() {
            small @ 0..=239 => u32::from(small % 8),
            _ => u64::from_le_bytes(self.eight()) as u32,
        }
    }

    pub(super) fn number(&mut self) -> f64 {
        match self.byte() {
            known @ 0..=199 => NUMBERS[usize::from(known) % NUMBERS.len()],
            _ => f64::from_le_bytes(self.eight()),
        }
    }

    /// A text that is known, any text, or a long one.
    pub(super) fn text(&mut self) -> String {
        self.among(&TEXTS)
    }

    /// The same with other texts that are known.
    pub(super) fn among(&mut self, texts: &[&str]) -> String {
        match self.byte() {
            known @ 0..=199 => texts[usize::from(known) % texts.len()].to_owned(),
            200..=249 => String::from_utf8_lossy(self.bytes()).into_owned(),
            _ => String::from_utf8_lossy(self.bytes()).repeat(20),
        }
    }

    pub(super) fn option<T>(&mut self, one: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.byte() % 2 == 1).then(|| one(self))
    }

    /// A short list.
    pub(super) fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let length = self.byte() % 5;
        (0..length).map(|_| one(self)).collect()
    }
}
