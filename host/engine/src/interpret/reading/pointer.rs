//! JSON pointers of a reading plan (RFC 6901), in which `*` is every element of an array.

use crate::error::InvalidRule;

/// Steps of a pointer at most, which bounds the recursion over a frame.
const MAX_DEPTH: usize = 64;

/// One step of a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Every element of an array.
    Each,
    /// A member of an object or, if it is an index, an element of an array.
    Key(String),
}

impl Step {
    /// The index that the step names: digits without a leading zero.
    pub(super) fn index(&self) -> Option<usize> {
        let Self::Key(key) = self else { return None };
        let canonical = key == "0" || !key.starts_with(['0', '+']);
        key.parse().ok().filter(|_| canonical)
    }
}

/// The steps of a pointer.
pub(super) fn steps(pointer: &str) -> Result<Vec<Step>, InvalidRule> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let path = pointer.strip_prefix('/').ok_or_else(|| InvalidRule::NoSlash(pointer.into()))?;
    let steps: Vec<Step> = path
        .split('/')
        .map(|step| match step {
            "*" => Ok(Step::Each),
            key => unescape(key).map(Step::Key).ok_or_else(|| InvalidRule::Escape(pointer.into())),
        })
        .collect::<Result<_, _>>()?;
    if steps.len() > MAX_DEPTH {
        return Err(InvalidRule::TooDeep { pointer: pointer.into(), limit: MAX_DEPTH });
    }
    Ok(steps)
}

fn unescape(key: &str) -> Option<String> {
    let mut pieces = key.split('~');
    let mut text = String::from(pieces.next().unwrap_or_default());
    for piece in pieces {
        let rest = piece.strip_prefix('0').map(|rest| ('~', rest));
        let (escaped, rest) = rest.or_else(|| piece.strip_prefix('1').map(|rest| ('/', rest)))?;
        text.push(escaped);
        text.push_str(rest);
    }
    Some(text)
}

/// The number of a place within its pointer, from the number of the place around it: the indices of
/// all arrays on the way to it. Only places of an absurdly large frame share one.
pub(super) fn element_place(around: u64, index: usize) -> u64 {
    around.wrapping_mul(0x0001_0000_01b3).wrapping_add(index as u64 + 1)
}
