//! An interpreter thread: reads the frames of attempts and makes a record of each.
//!
//! Frames are read by the API plugin's reading plan if it has one, otherwise whole replies go to its
//! `decode`. A slot that waits is told what comes next.

pub(crate) mod context;
mod metrics;
mod next_step;
mod partial;
mod token_counts;

use crate::context::budget::MAX_WHOLE;
use crate::context::gauges::Gauges;
use crate::error::EngineError;
use crate::interpret::classify::{self, ExchangeFacts};
use crate::interpret::decode::{self, Decoded};
use crate::interpret::reading::{FrameKind, Reader, Reading};
use crate::messages::capture::{Capture, FrameStamp};
use crate::messages::{ClaimedRecord, FinishedAttempt, InterpreterMessage, TurnBuilder};
use context::InterpreterContext;
use crossbeam_channel::Sender;
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::FailurePolicy;
use loadwright_core::ports::Api;
use loadwright_core::reading::NextMessage;
use loadwright_core::record::Record;
use loadwright_core::sample::EndReason;
use loadwright_core::timeline::OutputFrame;
use loadwright_timing::clock;
use partial::Partial;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::sync::mpsc;

/// Interprets attempts on one thread.
pub(crate) struct Interpreter {
    context: Arc<InterpreterContext>,
    /// Reads frames; `None`: `decoder` reads whole exchanges.
    reader: Option<Reader>,
    decoder: Option<Box<dyn Api>>,
    /// The reading plan leaves the message that a conversation continues with to `decode`.
    decodes_next: bool,
    /// Builds later turns; created when the first one is needed.
    turn_builder: Option<Box<dyn TurnBuilder>>,
    /// Attempts in flight of which frames were read, by number.
    open: HashMap<u64, Partial>,
    /// Memory to be reused.
    pool: Vec<Partial>,
    /// When it first saw that everything is to end immediately.
    aborted_at: Option<Nanos>,
    records: Sender<Vec<ClaimedRecord>>,
}

/// How long queued messages are still interpreted once everything is to end immediately.
const GRACE: Nanos = 300_000_000;

/// Bytes of a finish reason that are recorded: a service may send any text in its place.
const MAX_FINISH_REASON: usize = 256;

impl Interpreter {
    /// An interpreter that sends its records to `records`.
    ///
    /// # Errors
    /// The API plugin's reading plan is invalid, or the API plugin could not be set up for decoding.
    pub(crate) fn new(
        context: &Arc<InterpreterContext>,
        records: Sender<Vec<ClaimedRecord>>,
    ) -> Result<Self, EngineError> {
        let api = &context.point.ports.api;
        let reader = api.plan().map(Reader::new).transpose()?;
        let decodes_next = api.plan().is_some_and(|plan| plan.next == NextMessage::Decode);
        let decoder = if reader.is_none() { Some(api.instance()?) } else { None };
        Ok(Self {
            context: Arc::clone(context),
            reader,
            decoder,
            decodes_next,
            turn_builder: None,
            open: HashMap::new(),
            pool: Vec::new(),
            aborted_at: None,
            records,
        })
    }

    /// Interprets until all engine threads have ended.
    pub(crate) fn run(mut self, mut messages: mpsc::Receiver<Vec<InterpreterMessage>>) {
        while let Some(batch) = messages.blocking_recv() {
            let start = clock::now();
            let records = self.interpret_batch(batch);
            Gauges::add_since(&self.context.point.gauges.interpret, start);
            // If the recorder is gone, its failure is reported where it failed.
            let _ = self.records.send(records);
        }
    }

    fn interpret_batch(&mut self, batch: Vec<InterpreterMessage>) -> Vec<ClaimedRecord> {
        let bytes: usize = batch.iter().map(InterpreterMessage::bytes).sum();
        let mut records = Vec::with_capacity(batch.len());
        let mut undecoded = Vec::new();
        let mut undecoded_bytes = 0;
        for mut message in batch {
            if self.gives_up() {
                message.cancel();
            }
            match message {
                InterpreterMessage::Frames { attempt, capture, needs_reply, claim } => {
                    let mut partial = self.partial(attempt, needs_reply);
                    self.read_frames(&capture, &mut partial);
                    partial.claim.resize(partial.held());
                    self.context.captures.put_back(capture);
                    drop(claim);
                    self.open.insert(attempt, partial);
                }
                InterpreterMessage::Finished(finished) if self.reader.is_some() => {
                    records.push(self.read_rest(finished));
                }
                InterpreterMessage::Finished(finished) => {
                    undecoded_bytes += finished.capture.len();
                    undecoded.push(finished);
                    // Each is copied for the plugin: at most as much at once as one may be large.
                    if undecoded_bytes > MAX_WHOLE {
                        undecoded_bytes = 0;
                        records.extend(self.decode(std::mem::take(&mut undecoded)));
                    }
                }
            }
        }
        if !undecoded.is_empty() {
            records.extend(self.decode(undecoded));
        }
        self.context.point.gauges.backlog.fetch_sub(bytes as u64, Relaxed);
        records
    }

    /// Whether queued messages are no longer read, since everything is to end immediately.
    fn gives_up(&mut self) -> bool {
        if !self.context.point.control.stop.aborting() {
            return false;
        }
        let now = clock::now();
        now - *self.aborted_at.get_or_insert(now) > GRACE
    }

    /// What was read of the attempt with `number`, which it takes out of `open`; `needs_reply`: a later
    /// turn repeats the reply.
    fn partial(&mut self, number: u64, needs_reply: bool) -> Partial {
        self.open.remove(&number).unwrap_or_else(|| self.new_partial(needs_reply))
    }

    /// Reads frames by the reading plan.
    fn read_frames(&self, capture: &Capture, partial: &mut Partial) {
        let reader = self.reader.as_ref().expect("frames come early only if there is a plan");
        for frame in capture.iter() {
            let kind = reader.read_event(&frame.event(), frame.payload, &mut partial.reading);
            let stamp = frame.stamp;
            if let FrameKind::Output { channel, tokens } = kind {
                let FrameStamp { at, user } = stamp;
                let shared = partial.last.is_some_and(|last| last.user == user);
                partial.frames.push(OutputFrame { at, user, tokens, channel, shared });
            }
            partial.last = Some(stamp);
        }
    }

    fn read_rest(&mut self, finished: FinishedAttempt) -> ClaimedRecord {
        let mut partial = self.partial(finished.number, finished.turn.needs_reply);
        partial.frames.reserve_exact(finished.capture.frames());
        self.read_frames(&finished.capture, &mut partial);
        let frames = std::mem::take(&mut partial.frames);
        let record = self.record(finished, &partial.reading, frames, None);
        self.reuse(partial);
        record
    }

    /// Has the plugin decode whole exchanges.
    fn decode(&mut self, batch: Vec<FinishedAttempt>) -> Vec<ClaimedRecord> {
        let is_good = |finished: &FinishedAttempt| {
            finished.end.is_ok() && finished.status.is_some_and(|it| (200..300).contains(&it))
        };
        let exchanges: Vec<_> =
            batch.iter().filter(|finished| is_good(finished)).map(decode::exchange).collect();
        let plan = Arc::clone(&self.context.point.plan);
        let decoder = self.decoder.as_mut().expect("an API plugin without a plan decodes");
        let mut replies =
            if exchanges.is_empty() { Vec::new() } else { decoder.decode(&exchanges) }.into_iter();
        let mut records = Vec::with_capacity(batch.len());
        for finished in batch {
            let reply = if is_good(&finished) { replies.next() } else { None };
            let Decoded { reading, frames, failure } = Decoded::of(&finished, reply, &plan.request);
            records.push(self.record(finished, &reading, frames, failure));
        }
        records
    }

    /// The record of an attempt that was read. Tells the slot what comes next, if it waits for that.
    fn record(
        &mut self,
        mut finished: FinishedAttempt,
        reading: &Reading,
        frames: Vec<OutputFrame>,
        plugin_failure: Option<String>,
    ) -> ClaimedRecord {
        let (outcome, error) = self.outcome(&finished, reading, plugin_failure);
        let counts = if outcome.is_ok() {
            self.token_counts(&finished, reading)
        } else {
            classify::token_counts(reading, finished.turn.input_tokens, || None, || None)
        };
        let tokenizer_output_tokens = self.sampled_output_count(&finished, reading, &counts);
        let masked = |text: &str| self.context.secrets.masked(text).into_owned();
        let finish_reason = reading.finish_reason.as_deref().map(|text| masked(shortened(text)));
        let error = masked(&error);
        let id = finished.id;
        let retry_delay = self.retry_delay(&finished, outcome);
        let mut record = Record {
            seq: id.seq,
            turn: id.turn,
            attempt: id.attempt,
            last_attempt: retry_delay.is_none(),
            warmup: id.warmup,
            conversation: finished.turn.conversation.clone(),
            labels: finished.turn.labels.clone(),
            timeline: finished.timeline,
            frames,
            streamed: finished.streamed,
            status: finished.status,
            outcome,
            error,
            usage: counts.usage,
            input_source: counts.input_source,
            output_source: counts.output_source,
            tokenizer_output_tokens,
            dataset_input_tokens: finished.turn.input_tokens,
            finish_reason,
            metrics: metrics::told(reading),
            connection: finished.connection,
            reopened: finished.reopened,
            bytes_sent: finished.bytes_sent,
            bytes_received: finished.bytes_received,
        };
        if let Some(slot) = finished.next_step.take() {
            let next_step = self.next_step(&mut finished, reading, outcome, retry_delay);
            if slot.send(next_step).is_err() {
                // The slot was stopped: it makes no further attempt.
                record.last_attempt = true;
            }
        }
        self.context.captures.put_back(finished.capture);
        self.context.add_to_progress(&record);
        let held = record.frames.capacity() * size_of::<OutputFrame>();
        ClaimedRecord { record, claim: finished.claim.another(held) }
    }

    /// How an attempt ended that was read, and what went wrong in words.
    fn outcome(
        &self,
        finished: &FinishedAttempt,
        reading: &Reading,
        plugin_failure: Option<String>,
    ) -> (Outcome, String) {
        if finished.untyped_stream {
            self.context.notice_untyped_stream();
        }
        let knows_end = self.reader.as_ref().is_some_and(Reader::knows_the_end);
        let facts = ExchangeFacts {
            end: &finished.end,
            status: finished.status,
            error_body: &finished.error_body,
            replied_before_sent: finished.replied_before_sent,
            needs_end_mark: finished.streamed && knows_end,
        };
        let (outcome, error) = match plugin_failure {
            Some(text) => (Outcome::Plugin, text),
            None => classify::outcome(&facts, reading),
        };
        let point = &self.context.point;
        if outcome == Outcome::Plugin
            && point.plan.engine.on_plugin_failure == FailurePolicy::FailRun
        {
            point.lifecycle.end(EndReason::PluginFailed);
        }
        (outcome, error)
    }
}

/// A finish reason as it is recorded.
fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_FINISH_REASON)]
}
