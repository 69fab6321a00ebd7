//! Synthesizes text of an exact length from pieces that are one token each in any surroundings.
//! Prefix, template and first word are counted, each further piece adds one token, so the length is
//! exact by construction and encoding the whole text only confirms it: for every 64th prompt if the
//! vocabulary proves it, otherwise for every prompt. Long texts are made in steps, between which the
//! work can be stopped. Stops at the port's `synthesize`.

mod faults;
mod stream;

use crate::count;
use crate::encoder::Encoder;
use crate::pieces::Pieces;
use faults::{too_long, too_short, unusable};
use loadwright_core::ports::{Fault, MAX_PROMPT_TOKENS, Synthesis, Synthesized};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use stream::stream;

/// One of this many prompts is confirmed if the vocabulary proves their lengths.
const CONFIRM_EVERY: u32 = 64;
/// Rounds of repair before a prompt is returned with the count it has.
const REPAIRS: u32 = 32;
/// First words tried before the text starts with a space instead.
const OPENINGS: u32 = 64;
/// Draws without finding a stable piece before the vocabulary counts as unusable.
const DRAWS: u32 = 256;
/// Maximum number of cached surroundings; a run has one for each prefix.
const SURROUNDINGS: usize = 4096;

/// The text around the pieces: prefix and template.
#[derive(Debug, Clone, Copy)]
struct Surroundings {
    /// Its tokens without any piece.
    alone: u32,
    /// Whether pieces in it add one token each: tried once.
    additive: bool,
}

/// Maximum tokens of a text if the vocabulary proves nothing: it is encoded whole each time, which
/// cannot be interrupted.
const MAX_UNPROVEN: u32 = 1 << 20;

/// Pieces probed between two checks of the stop flag.
const STEP: usize = 4096;

/// Synthesizes text for one tokenizer, on any thread.
#[derive(Debug)]
pub(crate) struct Synthesizer {
    pieces: Pieces,
    /// Cleared once a confirmation fails: from then on every prompt is confirmed.
    trusted: AtomicBool,
    known: Mutex<HashMap<(u64, usize, bool), Surroundings>>,
    hasher: RandomState,
}

impl Synthesizer {
    /// A synthesizer over the vocabulary of `encoder`.
    pub(crate) fn new(encoder: &Encoder) -> Self {
        let pieces = Pieces::of(encoder);
        let trusted = AtomicBool::new(pieces.delimited());
        Self { pieces, trusted, known: Mutex::default(), hasher: RandomState::new() }
    }

    /// Whether the vocabulary proves that texts can be counted part by part.
    pub(crate) fn is_trusted(&self) -> bool {
        self.trusted.load(Relaxed)
    }

    /// As the port's `synthesize`.
    pub(crate) fn synthesize(
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
        let proven = draft.opened && around.additive && self.trusted.load(Relaxed);
        if proven && !request.index.is_multiple_of(CONFIRM_EVERY) {
            return Ok(Synthesized { text: draft.text(&self.pieces), tokens: request.tokens });
        }
        let made = self.confirm(encoder, request, &mut draft)?;
        if proven && draft.repaired {
            self.trusted.store(false, Relaxed);
        }
        Ok(made)
    }

    /// The opening, followed by the wanted number of pieces.
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

    /// A first word without its leading space, which templates and servers may trim, and what it adds
    /// to the count; empty if no word fits.
    fn opening(
        &self,
        encoder: &Encoder,
        rng: &mut ChaCha8Rng,
        request: &Synthesis<'_>,
        alone: u32,
    ) -> Result<(String, Option<u32>), Fault> {
        for _ in 0..OPENINGS {
            let word = self.pieces.get(self.draw(encoder, rng, 1, request)?[0]).trim_start();
            let count = encoder.count(word, request.in_chat)?;
            if let Some(cost) = count.checked_sub(alone)
                && (1..=request.tokens - alone).contains(&cost)
            {
                return Ok((word.to_owned(), Some(cost)));
            }
        }
        Ok((String::new(), None))
    }

    /// Stable pieces, independent and uniform. They are drawn first and probed afterwards, so that
    /// the draw does not depend on earlier probes.
    fn draw(
        &self,
        encoder: &Encoder,
        rng: &mut ChaCha8Rng,
        count: u32,
        request: &Synthesis<'_>,
    ) -> Result<Vec<usize>, Fault> {
        let size = self.pieces.len();
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
        self.probe(encoder, &drawn, request)?;
        let mut bad: Vec<usize> =
            (0..drawn.len()).filter(|at| !self.pieces.is_stable(drawn[*at])).collect();
        let mut rounds = 0;
        while !bad.is_empty() {
            rounds += 1;
            if rounds > DRAWS {
                return Err(unusable());
            }
            let again: Vec<usize> = bad.iter().map(|_| rng.random_range(0..size)).collect();
            self.probe(encoder, &again, request)?;
            for (at, piece) in bad.iter().zip(again) {
                drawn[*at] = piece;
            }
            bad.retain(|at| !self.pieces.is_stable(drawn[*at]));
        }
        Ok(drawn)
    }

    fn probe(
        &self,
        encoder: &Encoder,
        drawn: &[usize],
        request: &Synthesis<'_>,
    ) -> Result<(), Fault> {
        for step in drawn.chunks(STEP) {
            count::check_stop(request.stop)?;
            self.pieces.probe(encoder, step);
        }
        Ok(())
    }

    /// A server's count of `text` in the surroundings of `request`. If the vocabulary proves that no
    /// token reaches across words, a long text is counted part by part.
    fn count(&self, encoder: &Encoder, text: &str, request: &Synthesis<'_>) -> Result<u32, Fault> {
        if self.trusted.load(Relaxed) {
            return count::in_parts(encoder, text, request.in_chat, request.stop);
        }
        count::check_stop(request.stop)?;
        encoder.count(text, request.in_chat)
    }

    /// Encodes the whole text and drops or adds pieces until its count is right. A text that is still
    /// off after all rounds is returned with its own count.
    fn confirm(
        &self,
        encoder: &Encoder,
        request: &Synthesis<'_>,
        draft: &mut Draft,
    ) -> Result<Synthesized, Fault> {
        let mut best: Option<Synthesized> = None;
        for _ in 0..REPAIRS {
            let text = draft.text(&self.pieces);
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
                // At least one piece is dropped each time, so that another can take its place.
                let keep = draft.pieces.len().saturating_sub(off as usize);
                draft.pieces.truncate(keep);
            } else {
                let more = self.draw(encoder, &mut draft.rng, off, request)?;
                draft.pieces.extend(more);
            }
        }
        best.ok_or_else(unusable)
    }

    /// Counted once per prefix: encoding a long one for every prompt would cost more than the prompt.
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
        let additive = self.is_additive(encoder, request, alone)?;
        let mut known = known();
        if known.len() >= SURROUNDINGS {
            known.clear();
        }
        Ok(*known.entry(key).or_insert(Surroundings { alone, additive }))
    }

    /// Whether a sample text in these surroundings has the expected count.
    fn is_additive(
        &self,
        encoder: &Encoder,
        request: &Synthesis<'_>,
        alone: u32,
    ) -> Result<bool, Fault> {
        if !self.pieces.delimited() {
            return Ok(false);
        }
        let sample =
            Synthesis { label: "joins", index: 0, tokens: alone.saturating_add(64), ..*request };
        let draft = self.draft(encoder, &sample, alone)?;
        let tokens = self.count(encoder, &draft.text(&self.pieces), request)?;
        Ok(draft.opened && tokens == sample.tokens)
    }
}

/// A text under construction.
#[derive(Debug)]
struct Draft {
    rng: ChaCha8Rng,
    opening: String,
    pieces: Vec<usize>,
    /// Whether the count of the opening is known.
    opened: bool,
    repaired: bool,
}

impl Draft {
    fn text(&self, pieces: &Pieces) -> String {
        // Capacity for words of usual length: adding up the lengths would read the table twice.
        let mut text = String::with_capacity(self.opening.len() + 8 * self.pieces.len());
        text.push_str(&self.opening);
        text.extend(self.pieces.iter().map(|at| pieces.get(*at)));
        text
    }
}

#[cfg(test)]
mod tests;
