//! The body of a response, as HTTP/1.1 delimits it. Takes what was read from the socket, and gives the
//! body's own bytes; what they mean is decided elsewhere.

/// How a body ends (RFC 9112, 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// There is none.
    Empty,
    /// After this many bytes.
    Length(u64),
    /// With the last chunk.
    Chunked,
    /// When the peer closes the connection, or over HTTP/2 the stream.
    Close,
}

/// Decodes the delimiting of a body, however its bytes are split.
#[derive(Debug, Clone)]
pub struct Body {
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// This many bytes are left.
    Length(u64),
    /// Everything until the peer closes.
    Close,
    /// In a chunk's size line: digits so far.
    Size { value: u64, digits: u8 },
    /// After a chunk's size, up to the end of the line.
    Extension { value: u64 },
    /// In a chunk, with this many bytes left.
    Chunk(u64),
    /// In the line end after a chunk.
    ChunkEnd,
    /// In the trailer, at the start of a line or within one.
    Trailer { empty: bool },
    /// After the body.
    Done,
}

/// A malformed chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the reply's chunks are malformed")]
pub struct BadChunk;

impl Body {
    /// A body that ends as `delimiter` says.
    pub fn new(delimiter: Delimiter) -> Self {
        let state = match delimiter {
            Delimiter::Empty => State::Done,
            Delimiter::Length(length) => State::Length(length),
            Delimiter::Chunked => State::Size { value: 0, digits: 0 },
            Delimiter::Close => State::Close,
        };
        Self { state }
    }

    /// Whether the last byte was seen.
    pub fn done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether the body is complete if the peer closes now.
    pub fn may_close(&self) -> bool {
        matches!(self.state, State::Done | State::Close)
    }

    /// Takes the next run of body bytes from the front of `input`, which is moved past them; `None`:
    /// nothing of the body is left in `input`. Bytes after the body's end stay.
    ///
    /// # Errors
    /// The chunks are malformed.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<&'a [u8]>, BadChunk> {
        while !input.is_empty() {
            match self.state {
                State::Done => return Ok(None),
                State::Close => return Ok(Some(std::mem::take(input))),
                State::Length(left) => return Ok(Some(self.take(input, left, State::Length))),
                State::Chunk(left) => return Ok(Some(self.take(input, left, State::Chunk))),
                State::ChunkEnd if input.starts_with(b"\r\n") => {
                    self.state = State::Size { value: 0, digits: 0 };
                    *input = &input[2..];
                }
                State::Size { digits: 0, .. } if let Some((value, behind)) = plain_size(input) => {
                    self.state = behind_size(value);
                    *input = behind;
                }
                _ => self.delimit(input)?,
            }
        }
        Ok(None)
    }

    /// Takes up to `left` bytes; `rest` is the state if some are still to come.
    fn take<'a>(&mut self, input: &mut &'a [u8], left: u64, rest: fn(u64) -> State) -> &'a [u8] {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
        let (bytes, behind) = input.split_at(here);
        *input = behind;
        self.state = match (left - here as u64, self.state) {
            (0, State::Chunk(_)) => State::ChunkEnd,
            (0, _) => State::Done,
            (left, _) => rest(left),
        };
        bytes
    }

    /// Takes one byte of what delimits chunks.
    fn delimit(&mut self, input: &mut &[u8]) -> Result<(), BadChunk> {
        let byte = input[0];
        *input = &input[1..];
        self.state = match self.state {
            State::Size { value, digits } => size(value, digits, byte)?,
            State::Extension { value } if byte == b'\n' => behind_size(value),
            State::ChunkEnd if byte == b'\n' => State::Size { value: 0, digits: 0 },
            State::ChunkEnd if byte != b'\r' => return Err(BadChunk),
            State::Trailer { empty: true } if byte == b'\n' => State::Done,
            State::Trailer { .. } if byte == b'\n' => State::Trailer { empty: true },
            State::Trailer { empty } => State::Trailer { empty: empty && byte == b'\r' },
            same => same,
        };
        Ok(())
    }
}

/// A chunk's size and what follows it, if the whole line is at the front of `input` and has no
/// extension, as nearly always. Other lines are read byte by byte.
fn plain_size(input: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (index, &byte) in input.iter().enumerate().take(8) {
        match char::from(byte).to_digit(16) {
            Some(digit) => value = value * 16 + u64::from(digit),
            None if index == 0 => return None,
            None => return Some((value, input[index..].strip_prefix(b"\r\n")?)),
        }
    }
    None
}

/// The state after one byte of a chunk's size line.
fn size(value: u64, digits: u8, byte: u8) -> Result<State, BadChunk> {
    match (char::from(byte).to_digit(16), byte) {
        // Fifteen digits are more than any body and cannot overflow.
        (Some(digit), _) if digits < 15 => {
            Ok(State::Size { value: value * 16 + u64::from(digit), digits: digits + 1 })
        }
        (None, b'\n') if digits > 0 => Ok(behind_size(value)),
        (None, b'\r' | b';' | b' ' | b'\t') if digits > 0 => Ok(State::Extension { value }),
        _ => Err(BadChunk),
    }
}

fn behind_size(value: u64) -> State {
    if value == 0 { State::Trailer { empty: true } } else { State::Chunk(value) }
}

#[cfg(test)]
mod tests;
