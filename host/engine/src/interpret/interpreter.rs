//! Frames to replies, replies to records: on threads of their own, after every stamp was taken.
//!
//! An interpreter reads by the protocol's plan where there is one, and calls `decode` where not. It
//! tells a worker that waits what comes next: another attempt, the next turn, nothing.

mod counting;
mod partial;
mod talking;

use crate::context::budget::WHOLE;
use crate::context::gauges::Gauges;
use crate::context::point::Point;
use crate::context::reachability::{Contact, Wait};
use crate::error::EngineError;
use crate::interpret::classify;
use crate::interpret::reading::{Reader, Reading, Seen};
use crate::messages::capture::{Capture, FrameStamp};
use crate::messages::{Attempt, Landed, Made, Parcel};
use crate::prepare::request_builder::Former;
use crossbeam_channel::Sender;
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::FailurePolicy;
use loadwright_core::ports::Protocol;
use loadwright_core::record::Record;
use loadwright_core::sample::EndReason;
use loadwright_core::timeline::OutputFrame;
use loadwright_timing::clock;
use partial::Partial;
use std::collections::HashMap;
use std::sync::atomic::Ordering::Relaxed;
use tokio::sync::mpsc;

/// Reads exchanges and makes records of them, on one thread.
pub(crate) struct Interpreter<'a> {
    point: &'a Point,
    /// How frames are read; none: `decoder` reads whole exchanges.
    reader: Option<Reader>,
    decoder: Option<Box<dyn Protocol>>,
    /// Formats later turns; made when the first one is wanted.
    former: Option<Former<'a>>,
    /// Exchanges of which parts have come.
    open: HashMap<u64, Partial>,
    /// Readings to use again.
    spare: Vec<Partial>,
    /// When it first saw that everything is to end at once.
    aborted: Option<Nanos>,
    records: Sender<Vec<Made>>,
}

/// How long what had come is still read once everything is to end at once.
const GRACE: Nanos = 300_000_000;

/// Bytes of a finish reason that are kept.
const REASON: usize = 256;

impl<'a> Interpreter<'a> {
    /// An interpreter whose records go to `records`.
    ///
    /// # Errors
    /// The protocol's plan is malformed, or it could not be set up for decoding.
    pub(crate) fn new(point: &'a Point, records: Sender<Vec<Made>>) -> Result<Self, EngineError> {
        let protocol = &point.ports.protocol;
        let reader = protocol.plan().map(Reader::new).transpose()?;
        let decoder = if reader.is_none() { Some(protocol.instance()?) } else { None };
        let (open, spare) = (HashMap::new(), Vec::new());
        Ok(Self { point, reader, decoder, former: None, open, spare, aborted: None, records })
    }

    /// Interprets until the engine threads are gone.
    pub(crate) fn run(mut self, mut parcels: mpsc::Receiver<Vec<Parcel>>) {
        while let Some(batch) = parcels.blocking_recv() {
            let start = clock::now();
            let records = self.batch(batch);
            Gauges::spent(&self.point.gauges.interpret, start);
            // Without a recorder there is nobody to tell; its end is reported where it failed.
            let _ = self.records.send(records);
        }
    }

    fn batch(&mut self, batch: Vec<Parcel>) -> Vec<Made> {
        let bytes: usize = batch.iter().map(Parcel::bytes).sum();
        let mut records = Vec::with_capacity(batch.len());
        let mut undecoded = Vec::new();
        let mut undecoded_bytes = 0;
        for mut parcel in batch {
            if self.gives_up() {
                parcel.cancel();
            }
            match parcel {
                Parcel::Part { flight, capture, claim } => {
                    let mut partial = self.open.remove(&flight).unwrap_or_else(|| self.fresh());
                    self.read(&capture, &mut partial);
                    partial.claim.resize(partial.held());
                    self.point.captures.give(capture);
                    drop(claim);
                    self.open.insert(flight, partial);
                }
                Parcel::Landed(exchange) if self.reader.is_some() => {
                    records.push(self.read_whole(exchange));
                }
                Parcel::Landed(exchange) => {
                    undecoded_bytes += exchange.capture.len();
                    undecoded.push(exchange);
                    // Each is copied for the plugin: no more at once than the largest of them.
                    if undecoded_bytes > WHOLE {
                        undecoded_bytes = 0;
                        records.extend(self.decode(std::mem::take(&mut undecoded)));
                    }
                }
            }
        }
        if !undecoded.is_empty() {
            records.extend(self.decode(undecoded));
        }
        self.point.gauges.backlog.fetch_sub(bytes as u64, Relaxed);
        records
    }

    /// Whether what waits is not read any more, since everything is to end at once.
    fn gives_up(&mut self) -> bool {
        if !self.point.control.stop.aborting() {
            return false;
        }
        let now = clock::now();
        now - *self.aborted.get_or_insert(now) > GRACE
    }

    /// Reads frames by the plan.
    fn read(&self, capture: &Capture, partial: &mut Partial) {
        let reader = self.reader.as_ref().expect("parts are only sent where there is a plan");
        for (frame, stamp) in capture.iter() {
            if let Seen::Output { channel, tokens } = reader.read(frame, &mut partial.reading) {
                let FrameStamp { at, user } = stamp;
                let shared = partial.last.is_some_and(|last| last.user == user);
                partial.frames.push(OutputFrame { at, user, tokens, channel, shared });
            }
            partial.last = Some(stamp);
        }
    }

    fn read_whole(&mut self, landed: Landed) -> Made {
        let mut partial = self.open.remove(&landed.flight).unwrap_or_else(|| self.fresh());
        partial.frames.reserve_exact(landed.capture.frames());
        self.read(&landed.capture, &mut partial);
        let frames = std::mem::take(&mut partial.frames);
        let made = self.record(landed, &partial.reading, frames, None);
        self.spare(partial);
        made
    }

    /// Has the plugin read whole exchanges.
    fn decode(&mut self, landed: Vec<Landed>) -> Vec<Made> {
        let wanted = |exchange: &Landed| {
            let status = exchange.head.as_ref().map(|head| head.status);
            exchange.end.is_ok() && status.is_some_and(|status| (200..300).contains(&status))
        };
        let exchanges: Vec<_> =
            landed.iter().filter(|it| wanted(it)).map(crate::interpret::decode::exchange).collect();
        let decoder = self.decoder.as_mut().expect("a protocol without a plan decodes");
        let mut replies =
            if exchanges.is_empty() { Vec::new() } else { decoder.decode(&exchanges) }.into_iter();
        let mut records = Vec::with_capacity(landed.len());
        for exchange in landed {
            let reply = if wanted(&exchange) { replies.next() } else { None };
            let (reading, frames, failure) = crate::interpret::decode::reading(&exchange, reply);
            records.push(self.record(exchange, &reading, frames, failure));
        }
        records
    }

    /// The record of an exchange that was read; tells who waits for it.
    fn record(
        &mut self,
        mut landed: Landed,
        reading: &Reading,
        frames: Vec<OutputFrame>,
        plugin: Option<String>,
    ) -> Made {
        let (outcome, error) = self.outcome(&landed, reading, plugin);
        let tokens = if outcome.is_ok() {
            self.tokens(&landed, reading)
        } else {
            classify::tokens(reading, landed.job.input_tokens, || None, || None)
        };
        let tokenizer_output_tokens = self.counted(&landed, reading, &tokens);
        let kept = |text: &str| self.point.secrets.masked(text).into_owned();
        let finish_reason = reading.finish_reason.as_deref().map(|text| kept(reason(text)));
        let error = kept(&error);
        let attempt = landed.attempt;
        let again = self.again(&landed, outcome);
        let mut record = Record {
            seq: attempt.seq,
            turn: attempt.turn,
            attempt: attempt.attempt,
            last_attempt: again.is_none(),
            warmup: attempt.warmup,
            conversation: landed.job.conversation.clone(),
            timeline: landed.timeline,
            frames,
            streamed: landed.streamed,
            status: landed.status(),
            outcome,
            error,
            usage: tokens.usage,
            input_source: tokens.input_source,
            output_source: tokens.output_source,
            tokenizer_output_tokens,
            dataset_input_tokens: landed.job.input_tokens,
            finish_reason,
            connection: landed.connection,
            reopened: landed.reopened,
            bytes_sent: landed.bytes_sent,
            bytes_received: landed.bytes_received,
        };
        if let Some(waiting) = landed.verdict.take() {
            let verdict = self.verdict(&mut landed, reading, outcome, again);
            if waiting.send(verdict).is_err() {
                // A worker that is gone was stopped: it makes no other attempt.
                record.last_attempt = true;
            }
        }
        self.point.captures.give(landed.capture);
        self.point.count(&record);
        let claim = landed.claim.beside(record.frames.capacity() * size_of::<OutputFrame>());
        Made { record, claim }
    }

    /// How an exchange ended that was read, and what went wrong in words; `plugin` failed on it.
    fn outcome(
        &self,
        landed: &Landed,
        reading: &Reading,
        plugin: Option<String>,
    ) -> (Outcome, String) {
        if landed.untyped_stream() {
            self.point.untyped_stream();
        }
        let facts = classify::Facts {
            end: &landed.end,
            status: landed.status(),
            error_body: &landed.error_body,
            heard_before_sent: landed.heard_before_sent(),
            marked_end: landed.streamed && self.reader.as_ref().is_some_and(Reader::knows_the_end),
        };
        let (outcome, error) = match plugin {
            Some(text) => (Outcome::Plugin, text),
            None => classify::outcome(&facts, reading),
        };
        let fatal = self.point.plan.engine.on_plugin_failure == FailurePolicy::FailRun;
        if outcome == Outcome::Plugin && fatal {
            self.point.end(EndReason::PluginFailed);
        }
        (outcome, error)
    }

    /// Whether a failed attempt is made again, and the nanoseconds to wait before.
    fn again(&self, landed: &Landed, outcome: Outcome) -> Option<Nanos> {
        let failed = !outcome.is_ok() && !outcome.is_beside() && outcome != Outcome::Plugin;
        let Attempt { seq, turn, attempt, .. } = landed.attempt;
        if !failed || attempt >= self.point.plan.request.retries {
            return None;
        }
        let refusal = Contact::refusal(landed.head.as_ref(), clock::wall());
        let wait = Wait { seed: self.point.plan.seed, seq, turn, failures: attempt };
        let pause = wait.span(refusal.and_then(Contact::asks));
        self.point.has_time_for_another(pause).then_some(pause)
    }
}

/// A finish reason as it is recorded: a service may send any text in its place.
fn reason(text: &str) -> &str {
    &text[..text.floor_char_boundary(REASON)]
}
