//! `{{secret:NAME}}`, `{{basic:USER:NAME}}` and `{{kept:NAME}}` in URLs and headers.

use loadwright_core::ports::Fault;

/// The most placeholders of one text.
const MOST: usize = 16;

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    Secret(&'a str),
    Basic { user: &'a str, name: &'a str },
    Kept(&'a str),
}

/// The parts of `text`, in order.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Fault> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((inner, after)) = behind.split_once("}}") else {
            return Err(Fault::Fatal("placeholder is not closed; write }} behind it".into()));
        };
        if pieces.len() >= 2 * MOST {
            return Err(Fault::Fatal(format!("more than {MOST} placeholders in one text")));
        }
        pieces.extend([Piece::Text(before), piece(inner)?]);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    Ok(pieces)
}

fn piece(inner: &str) -> Result<Piece<'_>, Fault> {
    let named = |name: &str| !name.is_empty() && !name.contains(['{', '}', ':']);
    let found = match inner.split_once(':') {
        Some(("secret", name)) if named(name) => Some(Piece::Secret(name)),
        Some(("kept", name)) if named(name) => Some(Piece::Kept(name)),
        Some(("basic", rest)) => rest
            .split_once(':')
            .filter(|(_, name)| named(name))
            .map(|(user, name)| Piece::Basic { user, name }),
        _ => None,
    };
    found.ok_or_else(|| {
        let shown: String = inner.chars().filter(|c| !c.is_control()).take(64).collect();
        Fault::Fatal(format!(
            "{{{{{shown}}}}} is no placeholder; there are {{{{secret:NAME}}}}, \
             {{{{basic:USER:NAME}}}} and {{{{kept:NAME}}}}"
        ))
    })
}

/// The name, where the whole of `text` is one kept value.
pub(crate) fn whole_kept(text: &str) -> Option<&str> {
    match pieces(text).ok()?.as_slice() {
        [Piece::Kept(name)] => Some(name),
        _ => None,
    }
}
