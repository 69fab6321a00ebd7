//! Leads a cursor to the array that a JSON pointer names, past everything before it.

use crate::cursor::{Cursor, ReadAt};
use crate::rows_error::RowsError;

/// Longest form of a character in a string: `\u0061`.
const ESCAPED: usize = 6;

/// Leads `cursor` to behind the `[` of the array at `pointer`. Of members of one name, the first is
/// taken.
pub(crate) fn enter_array<S: ReadAt + ?Sized>(
    cursor: &mut Cursor<'_, S>,
    pointer: &str,
) -> Result<(), RowsError> {
    let mut walked = String::new();
    let mut tokens = pointer.split('/');
    if tokens.next() != Some("") {
        return Err(no_array(pointer, "a JSON pointer begins with `/`".into()));
    }
    for token in tokens {
        cursor.blanks()?;
        let missing = || no_array(pointer, format!("`{walked}` has no `{token}`"));
        let found = match cursor.peek()? {
            Some(b'{') => member(cursor, &token.replace("~1", "/").replace("~0", "~"))?,
            Some(b'[') => element(cursor, token)?,
            Some(_) => false,
            None => return Err(cursor.unexpected(None, "a value")),
        };
        if !found {
            return Err(missing());
        }
        walked.push('/');
        walked.push_str(token);
    }
    cursor.blanks()?;
    match cursor.peek()? {
        Some(b'[') => {
            cursor.pass(1);
            Ok(())
        }
        None => Err(cursor.unexpected(None, "an array")),
        Some(b'{') => Err(no_array(pointer, "there is an object".into())),
        Some(_) if pointer.is_empty() => Err(cursor_at(cursor, "an array")?),
        Some(_) => Err(no_array(pointer, "there is another value".into())),
    }
}

fn cursor_at<S: ReadAt + ?Sized>(
    cursor: &mut Cursor<'_, S>,
    wanted: &'static str,
) -> Result<RowsError, RowsError> {
    let found = cursor.peek()?;
    Ok(cursor.unexpected(found, wanted))
}

fn no_array(pointer: &str, why: String) -> RowsError {
    RowsError::NoArray { pointer: pointer.into(), why }
}

/// Leads the cursor to the value of the member `name` of the object it is at; false: there is none.
fn member<S: ReadAt + ?Sized>(cursor: &mut Cursor<'_, S>, name: &str) -> Result<bool, RowsError> {
    cursor.pass(1);
    cursor.blanks()?;
    if cursor.peek()? == Some(b'}') {
        return Ok(false);
    }
    loop {
        cursor.blanks()?;
        let found = cursor.peek()?;
        if found != Some(b'"') {
            return Err(cursor.unexpected(found, "a name of a member"));
        }
        cursor.keep((name.len() * ESCAPED + 2) as u64);
        cursor.string()?;
        let key = cursor.kept();
        cursor.mark(b":", "`:`")?;
        cursor.blanks()?;
        // What is no valid string has no name either.
        let key = key.and_then(|key| serde_json::from_slice::<String>(&key).ok());
        if key.is_some_and(|key| key == name) {
            return Ok(true);
        }
        cursor.value()?;
        if cursor.mark(b",}", "`,` or `}`")? == b'}' {
            return Ok(false);
        }
    }
}

/// Leads the cursor to an element of the array it is at; false: there is none.
fn element<S: ReadAt + ?Sized>(cursor: &mut Cursor<'_, S>, token: &str) -> Result<bool, RowsError> {
    let plain = token == "0" || !token.starts_with(['0', '+']);
    let Some(index) = token.parse::<u64>().ok().filter(|_| plain) else { return Ok(false) };
    cursor.pass(1);
    cursor.blanks()?;
    if cursor.peek()? == Some(b']') {
        return Ok(false);
    }
    for _ in 0..index {
        cursor.blanks()?;
        cursor.value()?;
        if cursor.mark(b",]", "`,` or `]`")? == b']' {
            return Ok(false);
        }
    }
    cursor.blanks()?;
    Ok(true)
}
