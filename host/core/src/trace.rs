//! Trace ids of requests, found from a key: neither stored nor drawn while requests are sent.
//!
//! - trace-id: SipHash-2-4 with 128 bits of (point, seq, turn);
//! - span-id: SipHash-2-4 with 64 bits of (point, seq, turn, attempt);
//! - both over the numbers in little-endian bytes (`seq` takes 8 of them, the others 4), under the
//!   16 bytes of the [`TraceKey`]; an id that comes out as zero, which W3C Trace Context forbids,
//!   ends in 1 instead;
//! - sampled: by consistent probability sampling of OpenTelemetry, so that a service which samples by
//!   the same ratio keeps the same traces: the last 56 bits of the trace-id, as a number, are at least
//!   (1 − ratio) · 2⁵⁶.
//!
//! Stored runs depend on all of it, so it never changes.

use crate::record::Record;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use siphasher::sip::SipHasher24;
use siphasher::sip128;

#[cfg(test)]
mod tests;

/// The key from which a point's trace ids are made: 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TraceKey(pub [u8; 16]);

/// Text that is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a trace key has 32 hexadecimal digits")]
pub struct BadTraceKey;

impl std::fmt::Display for TraceKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl std::str::FromStr for TraceKey {
    type Err = BadTraceKey;

    fn from_str(text: &str) -> Result<Self, BadTraceKey> {
        let plain = text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| plain);
        number.map(|number| Self(number.to_be_bytes())).ok_or(BadTraceKey)
    }
}

impl Serialize for TraceKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What the requests of a point carry in the header `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Traceparent {
    /// From which ids are made.
    pub key: TraceKey,
    /// Share of the traces that are sampled, 0 to 1.
    pub ratio: f64,
}

/// The ids that `traceparent` carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceIds {
    /// Of the request's trace.
    pub trace: [u8; 16],
    /// Of the attempt's span.
    pub span: [u8; 8],
    /// With the sampled flag.
    pub sampled: bool,
}

/// Names an attempt in the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptKey {
    /// The point's position in the sweep.
    pub point: u32,
    /// Its slot.
    pub seq: u64,
    /// Turn of the slot's conversation.
    pub turn: u32,
    /// Attempt at the turn.
    pub attempt: u32,
}

impl AttemptKey {
    /// The attempt that `record` of the point `point` is of.
    pub fn of(point: u32, record: &Record) -> Self {
        Self { point, seq: record.seq, turn: record.turn, attempt: record.attempt }
    }

    fn bytes(self) -> [u8; 20] {
        let mut bytes = [0; 20];
        bytes[..4].copy_from_slice(&self.point.to_le_bytes());
        bytes[4..12].copy_from_slice(&self.seq.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.turn.to_le_bytes());
        bytes[16..].copy_from_slice(&self.attempt.to_le_bytes());
        bytes
    }
}

impl Traceparent {
    /// The ids of an attempt.
    pub fn ids(&self, attempt: AttemptKey) -> TraceIds {
        let bytes = attempt.bytes();
        let trace = self.key.trace_id(&bytes[..16]);
        TraceIds { trace, span: self.key.span_id(&bytes), sampled: sampled(trace, self.ratio) }
    }
}

impl TraceKey {
    fn trace_id(self, turn: &[u8]) -> [u8; 16] {
        let hash = sip128::SipHasher24::new_with_key(&self.0).hash(turn);
        let mut id = [0; 16];
        id[..8].copy_from_slice(&hash.h1.to_le_bytes());
        id[8..].copy_from_slice(&hash.h2.to_le_bytes());
        not_zero(id)
    }

    fn span_id(self, attempt: &[u8]) -> [u8; 8] {
        not_zero(SipHasher24::new_with_key(&self.0).hash(attempt).to_le_bytes())
    }
}

/// The same id, but for one of zeros, which ends in 1.
fn not_zero<const N: usize>(mut id: [u8; N]) -> [u8; N] {
    id[N - 1] |= u8::from(id == [0; N]);
    id
}

/// Whether the trace `id` is among the share `ratio` of all.
pub fn sampled(id: [u8; 16], ratio: f64) -> bool {
    const ALL: u64 = 1 << 56;
    let [.., a, b, c, d, e, f, g] = id;
    let randomness = u64::from_be_bytes([0, a, b, c, d, e, f, g]);
    // Not a number: none.
    let rejected = ALL - (ratio.clamp(0.0, 1.0) * ALL as f64).round() as u64;
    randomness >= rejected
}

impl TraceIds {
    /// The value of `traceparent`, of version 00.
    pub fn traceparent(&self) -> [u8; 55] {
        let mut text = *b"00-________________________________-________________-00";
        write_hex(&mut text[3..35], &self.trace);
        write_hex(&mut text[36..52], &self.span);
        text[54] = if self.sampled { b'1' } else { b'0' };
        text
    }
}

fn write_hex(digits: &mut [u8], bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}
