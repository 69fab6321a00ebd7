//! The number types of flags. Parsing one never fails the command line: a text that is not a number
//! is kept as an [`InvalidNumber`], so that it can be reported together with every other error.
//!
//! Numbers are read as Python's `int` and `float` read them, because scripts written for EvalScope,
//! whose flags these are, rely on it.

use clap::builder::ValueParser;
use serde_json::{Value, json};
use std::any::TypeId;
use std::convert::Infallible;
use std::str::FromStr;

/// What a text should have been that is not a [`Whole`].
const WHOLE: &str = "a whole number";

/// A value, or the text that should have been one.
pub type Parsed<T> = Result<T, InvalidNumber>;

/// A text that is not a number of the kind that a flag takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct InvalidNumber {
    /// What was typed.
    pub text: String,
    /// What it should have been, e.g. `a whole number`.
    pub wanted: &'static str,
}

impl InvalidNumber {
    /// The same in a list: if it was written with commas, with how to write the list.
    #[must_use]
    pub fn in_list(self) -> Self {
        let wanted = match self.wanted {
            WHOLE => "a whole number; separate several with spaces",
            _ => "a number; separate several with spaces",
        };
        if self.text.contains(',') { Self { wanted, ..self } } else { self }
    }
}

/// A whole number as Python's `int` reads it: blanks around it, a sign, `_` between digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole(pub Parsed<i64>);

impl FromStr for Whole {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let parsed = without_separators(text).and_then(|digits| digits.parse().ok());
        Ok(Self(parsed.ok_or_else(|| InvalidNumber { text: text.into(), wanted: WHOLE })))
    }
}

impl Whole {
    /// The same as a number of a list; see [`InvalidNumber::in_list`].
    #[must_use]
    pub fn in_list(self) -> Self {
        Self(self.0.map_err(InvalidNumber::in_list))
    }
}

impl From<i64> for Whole {
    fn from(number: i64) -> Self {
        Self(Ok(number))
    }
}

/// A number as Python's `float` reads it, but finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Decimal(pub Parsed<f64>);

impl FromStr for Decimal {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let parsed = without_separators(text).and_then(|digits| digits.parse().ok());
        let finite = parsed.filter(|value: &f64| value.is_finite());
        Ok(Self(finite.ok_or_else(|| InvalidNumber { text: text.into(), wanted: "a number" })))
    }
}

impl Decimal {
    /// The same as a number of a list; see [`InvalidNumber::in_list`].
    #[must_use]
    pub fn in_list(self) -> Self {
        Self(self.0.map_err(InvalidNumber::in_list))
    }
}

impl From<f64> for Decimal {
    fn from(number: f64) -> Self {
        Self(Ok(number))
    }
}

/// Lets `arg` take negative numbers if it takes numbers: they are refused as such, not as flags.
pub(super) fn allow_negative(arg: clap::Arg) -> clap::Arg {
    let is_number = as_json(arg.get_value_parser(), "0").is_some();
    if is_number { arg.allow_negative_numbers(true) } else { arg }
}

/// The number in `text` if `parser` reads numbers and it is one.
pub(crate) fn as_json(parser: &ValueParser, text: &str) -> Option<Value> {
    let reads = |kind: TypeId| parser.type_id() == kind;
    if reads(TypeId::of::<Whole>()) {
        let Ok(Whole(number)) = text.parse();
        number.ok().map(|number| json!(number))
    } else if reads(TypeId::of::<Decimal>()) {
        let Ok(Decimal(number)) = text.parse();
        number.ok().map(|number| json!(number))
    } else {
        None
    }
}

/// The number's text without the `_` that may separate two digits.
fn without_separators(text: &str) -> Option<String> {
    let bytes = text.trim().as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let misplaced =
        |at: &usize| bytes[*at] == b'_' && !(at.checked_sub(1).is_some_and(digit) && digit(at + 1));
    if (0..bytes.len()).any(|at| misplaced(&at)) {
        return None;
    }
    Some(text.trim().replace('_', ""))
}
