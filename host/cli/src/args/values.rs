//! Values as they were typed. Reading one never fails the parser: a text that cannot be read is
//! kept as a [`Misread`], so that the converter can report it beside every other mistake.
//!
//! Numbers are read as Python's `int` and `float` read them, because scripts written for the tool
//! whose flags these are rely on it.

use std::convert::Infallible;

/// A value, or the text that should have been one.
pub type Typed<T> = Result<T, Misread>;

/// A text that is not the number it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct Misread {
    /// What was typed.
    pub text: String,
    /// What it should have been, e.g. `a whole number`.
    pub wanted: &'static str,
}

/// A whole number as Python's `int` reads it: blanks around it, a sign, `_` between digits.
///
/// # Errors
/// Never: see [`Typed`].
pub fn whole(text: &str) -> Result<Typed<i64>, Infallible> {
    let parsed = digits_joined(text).and_then(|digits| digits.parse().ok());
    Ok(parsed.ok_or_else(|| Misread { text: text.into(), wanted: "a whole number" }))
}

/// A number as Python's `float` reads it, but finite.
///
/// # Errors
/// Never: see [`Typed`].
pub fn decimal(text: &str) -> Result<Typed<f64>, Infallible> {
    let parsed = digits_joined(text).and_then(|digits| digits.parse().ok());
    let finite = parsed.filter(|value: &f64| value.is_finite());
    Ok(finite.ok_or_else(|| Misread { text: text.into(), wanted: "a number" }))
}

/// [`whole`], for a flag that takes several: says how where they were written with commas.
///
/// # Errors
/// Never: see [`Typed`].
pub fn wholes(text: &str) -> Result<Typed<i64>, Infallible> {
    let wanted = "a whole number; write several with spaces between them";
    whole(text).map(|typed| typed.map_err(|misread| misread.one_of_several(wanted)))
}

/// [`decimal`], for a flag that takes several.
///
/// # Errors
/// Never: see [`Typed`].
pub fn decimals(text: &str) -> Result<Typed<f64>, Infallible> {
    let wanted = "a number; write several with spaces between them";
    decimal(text).map(|typed| typed.map_err(|misread| misread.one_of_several(wanted)))
}

impl Misread {
    fn one_of_several(self, wanted: &'static str) -> Self {
        if self.text.contains(',') { Self { wanted, ..self } } else { self }
    }
}

/// The number's text without the `_` that may stand between two digits.
fn digits_joined(text: &str) -> Option<String> {
    let bytes = text.trim().as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let misplaced =
        |at: &usize| bytes[*at] == b'_' && !(at.checked_sub(1).is_some_and(digit) && digit(at + 1));
    if (0..bytes.len()).any(|at| misplaced(&at)) {
        return None;
    }
    Some(text.trim().replace('_', ""))
}
