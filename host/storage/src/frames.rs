//! The `frame` table's blob: every output frame of a request, delta-encoded.
//!
//! Per frame, in order:
//!
//! 1. one byte of flags: bits 0 and 1 the channel (0 output, 1 reasoning, 2 tool call), bit 2
//!    `shared`, bit 3 "a token count follows"; the other bits are 0;
//! 2. `at` less the previous frame's `at` (the first: less 0), as a signed varint;
//! 3. `user - at`, as a signed varint;
//! 4. the token count as a plain varint, where bit 3 is set.
//!
//! A varint is LEB128: seven bits a byte, lowest first, the high bit set on all but the last. A
//! signed one is zigzag first: n becomes `2n`, or `-2n - 1` where n is negative. Times are in
//! nanoseconds, differences modulo 2^64. A token of a paced stream takes 8 or 9 bytes.

use loadwright_core::reading::Channel;
use loadwright_core::timeline::OutputFrame;

const CHANNEL: u8 = 0b0011;
const SHARED: u8 = 0b0100;
const TOKENS: u8 = 0b1000;

/// Why a blob could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// It ends inside a frame.
    #[error("the frames end in the middle of one")]
    Cut,
    /// A varint is longer than its type.
    #[error("a number among the frames is too large")]
    TooLarge,
    /// Flags that this version does not know.
    #[error("a frame has the unknown flags {0:#04x}")]
    Flags(u8),
}

/// Appends `frames` to `blob`.
pub fn encode(frames: &[OutputFrame], blob: &mut Vec<u8>) {
    let mut previous = 0u64;
    for frame in frames {
        let shared = if frame.shared { SHARED } else { 0 };
        let tokens = if frame.tokens.is_some() { TOKENS } else { 0 };
        blob.push(channel_code(frame.channel) | shared | tokens);
        put(blob, zigzag(frame.at.wrapping_sub(previous)));
        put(blob, zigzag(frame.user.wrapping_sub(frame.at)));
        if let Some(tokens) = frame.tokens {
            put(blob, u64::from(tokens));
        }
        previous = frame.at;
    }
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// The blob is not whole, or not of this format.
pub fn decode(mut blob: &[u8]) -> Result<Vec<OutputFrame>, FrameError> {
    let mut frames = Vec::new();
    let mut previous = 0u64;
    while let Some((&flags, rest)) = blob.split_first() {
        blob = rest;
        let channel = channel_of(flags)?;
        let at = previous.wrapping_add(unzigzag(take(&mut blob)?));
        let user = at.wrapping_add(unzigzag(take(&mut blob)?));
        let tokens = match flags & TOKENS {
            0 => None,
            _ => Some(u32::try_from(take(&mut blob)?).map_err(|_| FrameError::TooLarge)?),
        };
        frames.push(OutputFrame { at, user, tokens, channel, shared: flags & SHARED != 0 });
        previous = at;
    }
    Ok(frames)
}

fn channel_code(channel: Channel) -> u8 {
    match channel {
        Channel::Output => 0,
        Channel::Reasoning => 1,
        Channel::ToolCall => 2,
        Channel::Result => 3,
    }
}

fn channel_of(flags: u8) -> Result<Channel, FrameError> {
    match (flags & CHANNEL, flags & !(CHANNEL | SHARED | TOKENS)) {
        (0, 0) => Ok(Channel::Output),
        (1, 0) => Ok(Channel::Reasoning),
        (2, 0) => Ok(Channel::ToolCall),
        (3, 0) => Ok(Channel::Result),
        _ => Err(FrameError::Flags(flags)),
    }
}

/// A difference modulo 2^64 as a number that is small where the difference is, in either direction.
fn zigzag(difference: u64) -> u64 {
    let signed = difference.cast_signed();
    ((signed << 1) ^ (signed >> 63)).cast_unsigned()
}

fn unzigzag(number: u64) -> u64 {
    (number >> 1) ^ (number & 1).wrapping_neg()
}

fn put(blob: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        blob.push(number as u8 | 0x80);
        number >>= 7;
    }
    blob.push(number as u8);
}

fn take(blob: &mut &[u8]) -> Result<u64, FrameError> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = blob.split_first().ok_or(FrameError::Cut)?;
        *blob = rest;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            return Err(FrameError::TooLarge);
        }
        number |= bits << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(FrameError::TooLarge)
}

#[cfg(test)]
mod tests;
