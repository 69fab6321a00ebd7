//! Text of an exact length, from pieces that keep to themselves. What stands around the pieces
//! (prefix, template, the first word) is counted, the rest is one token a piece, so the length
//! holds by construction and an encode of the whole only confirms it: for every prompt where the
//! vocabulary does not prove it, for every 64th where it does. Long texts are made in steps, between
//! which the work can be stopped. Stops at the port's `synthesize`.

mod faults;

use crate::count;
use crate::encoder::Encoder;
use crate::words::Words;
use faults::{too_long, too_short, unusable};
use loadwright_core::ports::{Fault, MAX_PROMPT_TOKENS, Synthesis, Synthesized};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// One prompt in so many is confirmed where the length is proven.
const CONFIRM_EVERY: u32 = 64;
/// Rounds of repair before a prompt is handed out with the count it has.
const REPAIRS: u32 = 32;
/// First words tried before one that opens with its space is taken.
const OPENINGS: u32 = 64;
/// Draws of a class without finding a good piece: then there is none to be had.
const DRAWS: u32 = 256;
/// Surroundings remembered; a run has as many as it has prefixes.
const SURROUNDINGS: usize = 4096;

/// What stands around the pieces: prefix and template.
#[derive(Debug, Clone, Copy)]
struct Surroundings {
    /// Tokens that it counts without any piece.
    alone: u32,
    /// Pieces behind it, and it behind them, add one token each: tried once.
    joins: bool,
}

/// Tokens of the longest text where the vocabulary proves nothing: it is encoded whole each time,
/// which cannot be stopped half-way.
const MAX_UNPROVEN: u32 = 1 << 20;

/// Pieces tried out between two looks at the stop flag.
const STEP: usize = 4096;

/// Makes text of a length for one tokenizer, on any thread.
#[derive(Debug)]
pub(crate) struct Writer {
    words: Words,
    /// Cleared for good when a confirmation fails: from then on every prompt is confirmed.
    trusted: AtomicBool,
    known: Mutex<HashMap<(u64, usize, bool), Surroundings>>,
    hasher: RandomState,
}

impl Writer {
    /// A writer over the vocabulary of `model`.
    pub(crate) fn new(encoder: &Encoder) -> Self {
        let words = Words::of(encoder);
        let trusted = AtomicBool::new(words.delimited());
        Self { words, trusted, known: Mutex::default(), hasher: RandomState::new() }
    }

    /// As the port's `synthesize`.
    pub(crate) fn write(
        &self,
        encoder: &Encoder,
        request: &Synthesis<'_>,
    ) -> Result<Synthesized, Fault> {
        let most = if self.trusted.load(Relaxed) { MAX_PROMPT_TOKENS } else { MAX_UNPROVEN };
        if request.tokens > most {
            return Err(too_long(request.tokens, most));
        }
        let around = self.surroundings(encoder, request)?;
        let Some(wanted) = request.tokens.checked_sub(around.alone) else {
            return Err(too_short(request, around.alone));
        };
        if wanted == 0 {
            return Ok(Synthesized { text: request.prefix.to_owned(), tokens: around.alone });
        }
        let mut draft = self.draft(encoder, request, around.alone)?;
        let confirmed = draft.opened && around.joins && self.trusted.load(Relaxed);
        if confirmed && !request.index.is_multiple_of(CONFIRM_EVERY) {
            return Ok(Synthesized { text: draft.text(&self.words), tokens: request.tokens });
        }
        let made = self.confirm(encoder, request, &mut draft)?;
        if confirmed && draft.repaired {
            self.trusted.store(false, Relaxed);
        }
        Ok(made)
    }

    /// The opening and as many pieces as are wanted behind it.
    fn draft(
        &self,
        encoder: &Encoder,
        request: &Synthesis<'_>,
        alone: u32,
    ) -> Result<Draft, Fault> {
        let mut rng = stream(request);
        let wanted = request.tokens - alone;
        let (opening, cost) = if request.prefix.is_empty() {
            self.opening(encoder, &mut rng, request, alone)?
        } else {
            (request.prefix.to_owned(), Some(0))
        };
        let pieces = self.draw(encoder, &mut rng, wanted - cost.unwrap_or(0), request)?;
        Ok(Draft { rng, opening, pieces, opened: cost.is_some(), repaired: false })
    }

    /// A first word without the space in front, which templates trim and servers may, and what it
    /// adds to the count; no word in front where none fits.
    fn opening(
        &self,
        encoder: &Encoder,
        rng: &mut ChaCha8Rng,
        request: &Synthesis<'_>,
        alone: u32,
    ) -> Result<(String, Option<u32>), Fault> {
        for _ in 0..OPENINGS {
            let word = self.words.get(self.draw(encoder, rng, 1, request)?[0]).trim_start();
            let count = encoder.count(word, request.in_chat)?;
            if let Some(cost) = count.checked_sub(alone)
                && (1..=request.tokens - alone).contains(&cost)
            {
                return Ok((word.to_owned(), Some(cost)));
            }
        }
        Ok((String::new(), None))
    }

    /// Good pieces, independent and uniform. Drawn first and tried after, so that what is drawn
    /// does not depend on what was known before.
    fn draw(
        &self,
        encoder: &Encoder,
        rng: &mut ChaCha8Rng,
        count: u32,
        request: &Synthesis<'_>,
    ) -> Result<Vec<usize>, Fault> {
        let size = self.words.len();
        if size == 0 {
            return Err(unusable());
        }
        let wanted = count as usize;
        let mut drawn = Vec::with_capacity(wanted);
        while drawn.len() < wanted {
            count::check_stop(request.stop)?;
            let step = STEP.min(wanted - drawn.len());
            drawn.extend((0..step).map(|_| rng.random_range(0..size)));
        }
        self.try_out(encoder, &drawn, request)?;
        let mut bad: Vec<usize> =
            (0..drawn.len()).filter(|at| !self.words.good(drawn[*at])).collect();
        let mut rounds = 0;
        while !bad.is_empty() {
            rounds += 1;
            if rounds > DRAWS {
                return Err(unusable());
            }
            let again: Vec<usize> = bad.iter().map(|_| rng.random_range(0..size)).collect();
            self.try_out(encoder, &again, request)?;
            for (at, piece) in bad.iter().zip(again) {
                drawn[*at] = piece;
            }
            bad.retain(|at| !self.words.good(drawn[*at]));
        }
        Ok(drawn)
    }

    fn try_out(
        &self,
        encoder: &Encoder,
        drawn: &[usize],
        request: &Synthesis<'_>,
    ) -> Result<(), Fault> {
        for step in drawn.chunks(STEP) {
            count::check_stop(request.stop)?;
            self.words.try_out(encoder, step);
        }
        Ok(())
    }

    /// What a server counts for `text`, in the surroundings of `request`. Where the vocabulary
    /// proves that no token reaches across words, a long text is counted part by part.
    fn count(&self, encoder: &Encoder, text: &str, request: &Synthesis<'_>) -> Result<u32, Fault> {
        if self.trusted.load(Relaxed) {
            return count::in_parts(encoder, text, request.in_chat, request.stop);
        }
        count::check_stop(request.stop)?;
        encoder.count(text, request.in_chat)
    }

    /// Encodes the whole and, where it does not count what it should, drops or adds pieces. What
    /// is still off after all rounds is handed out with its own count.
    fn confirm(
        &self,
        encoder: &Encoder,
        request: &Synthesis<'_>,
        draft: &mut Draft,
    ) -> Result<Synthesized, Fault> {
        let mut best: Option<Synthesized> = None;
        for _ in 0..REPAIRS {
            let text = draft.text(&self.words);
            let tokens = self.count(encoder, &text, request)?;
            let off = tokens.abs_diff(request.tokens);
            if best.as_ref().is_none_or(|best| off < best.tokens.abs_diff(request.tokens)) {
                best = Some(Synthesized { text, tokens });
            }
            if off == 0 {
                break;
            }
            draft.repaired = true;
            if tokens > request.tokens {
                // At least one piece goes each time, so that another can take its place.
                let keep = draft.pieces.len().saturating_sub(off as usize);
                draft.pieces.truncate(keep);
            } else {
                let more = self.draw(encoder, &mut draft.rng, off, request)?;
                draft.pieces.extend(more);
            }
        }
        best.ok_or_else(unusable)
    }

    /// Counted once for a prefix: encoding a long one for every prompt would cost more than the
    /// prompt.
    fn surroundings(
        &self,
        encoder: &Encoder,
        request: &Synthesis<'_>,
    ) -> Result<Surroundings, Fault> {
        let key = (self.hasher.hash_one(request.prefix), request.prefix.len(), request.in_chat);
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(&key) {
            return Ok(*found);
        }
        let alone = self.count(encoder, request.prefix, request)?;
        let joins = self.joins(encoder, request, alone)?;
        let mut known = known();
        if known.len() >= SURROUNDINGS {
            known.clear();
        }
        Ok(*known.entry(key).or_insert(Surroundings { alone, joins }))
    }

    /// A sample of three pieces, set into these surroundings, counts three more.
    fn joins(&self, encoder: &Encoder, request: &Synthesis<'_>, alone: u32) -> Result<bool, Fault> {
        if !self.words.delimited() {
            return Ok(false);
        }
        let sample =
            Synthesis { label: "joins", index: 0, tokens: alone.saturating_add(64), ..*request };
        let draft = self.draft(encoder, &sample, alone)?;
        let tokens = self.count(encoder, &draft.text(&self.words), request)?;
        Ok(draft.opened && tokens == sample.tokens)
    }
}

/// A text in the making.
#[derive(Debug)]
struct Draft {
    rng: ChaCha8Rng,
    opening: String,
    pieces: Vec<usize>,
    /// What the opening counts is known.
    opened: bool,
    repaired: bool,
}

impl Draft {
    fn text(&self, words: &Words) -> String {
        // Room for words of usual length: adding up the lengths would read the table twice.
        let mut text = String::with_capacity(self.opening.len() + 8 * self.pieces.len());
        text.push_str(&self.opening);
        text.extend(self.pieces.iter().map(|at| words.get(*at)));
        text
    }
}

/// Randomness of one text: keyed by seed, label and index, so that it is the same on any thread
/// and in any order.
fn stream(request: &Synthesis<'_>) -> ChaCha8Rng {
    let mut key = Sha256::new();
    key.update(request.seed.to_le_bytes());
    key.update(request.index.to_le_bytes());
    key.update(request.label.as_bytes());
    ChaCha8Rng::from_seed(key.finalize().into())
}

#[cfg(test)]
mod tests;
