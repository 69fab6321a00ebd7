//! Passes JSON values without holding them: as much of the grammar as tells where a value ends. What
//! is within a value is checked by whoever parses it.

use crate::cursor::{Cursor, ReadAt};
use crate::rows_error::RowsError;

impl<S: ReadAt + ?Sized> Cursor<'_, S> {
    /// Passes one value; no blanks before it.
    pub(crate) fn value(&mut self) -> Result<(), RowsError> {
        match self.peek()? {
            Some(b'"') => self.string(),
            Some(b'{' | b'[') => self.container(),
            _ => self.scalar(),
        }
    }

    /// Passes blanks and one of `wanted`, which is returned.
    pub(crate) fn mark(&mut self, wanted: &[u8], said: &'static str) -> Result<u8, RowsError> {
        self.blanks()?;
        match self.peek()? {
            Some(found) if wanted.contains(&found) => {
                self.pass(1);
                Ok(found)
            }
            found => Err(self.unexpected(found, said)),
        }
    }

    /// A byte that is not what the grammar wants here.
    pub(crate) fn unexpected(&self, found: Option<u8>, wanted: &'static str) -> RowsError {
        match found {
            None => RowsError::Truncated { wanted },
            Some(found) => RowsError::Damaged { at: self.position(), found, wanted },
        }
    }

    /// Passes a string, its quotes included.
    pub(crate) fn string(&mut self) -> Result<(), RowsError> {
        self.pass(1);
        loop {
            let rest = self.rest()?;
            let (end, length) = (memchr::memchr2(b'"', b'\\', rest), rest.len());
            let escape = end.is_some_and(|end| rest[end] == b'\\');
            self.pass(end.map_or(length, |end| end + 1));
            if length == 0 {
                return Err(self.unexpected(None, "the end of a string"));
            }
            if escape {
                let escaped = self.rest()?.len().min(1);
                self.pass(escaped);
            } else if end.is_some() {
                return Ok(());
            }
        }
    }

    /// Passes an object or an array. Brackets are counted, not paired: a pair that does not match is
    /// found when the value is parsed.
    fn container(&mut self) -> Result<(), RowsError> {
        let mut depth = 0u64;
        loop {
            let rest = self.rest()?;
            if rest.is_empty() {
                return Err(self.unexpected(None, "the end of an object or array"));
            }
            let mut passed = rest.len();
            let mut string = false;
            for (at, byte) in rest.iter().enumerate() {
                match byte {
                    b'[' | b'{' => depth += 1,
                    b']' | b'}' => depth -= 1,
                    b'"' => string = true,
                    _ => continue,
                }
                if string || depth == 0 {
                    passed = at + usize::from(!string);
                    break;
                }
            }
            self.pass(passed);
            if string {
                self.string()?;
            } else if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Passes a number, true, false or null, or whatever stands in its place.
    fn scalar(&mut self) -> Result<(), RowsError> {
        let mut any = false;
        loop {
            let rest = self.rest()?;
            let ends = |byte: &u8| b",:]}[{\" \t\r\n".contains(byte);
            let count = rest.iter().position(ends).unwrap_or(rest.len());
            let ended = count < rest.len() || rest.is_empty();
            any |= count > 0;
            self.pass(count);
            if ended {
                let found = self.peek()?;
                return if any { Ok(()) } else { Err(self.unexpected(found, "a value")) };
            }
        }
    }
}
