//! What the interpreters of a point share.

use crate::context::PointContext;
use crate::messages::TurnBuilderFactory;
use crate::messages::capture::CapturePool;
use loadwright_core::record::Record;
use loadwright_core::secret::Secrets;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// What the interpreters of a point share.
pub(crate) struct InterpreterContext {
    pub(crate) point: Arc<PointContext>,
    pub(crate) captures: Arc<CapturePool>,
    /// What records must not contain.
    pub(crate) secrets: Secrets,
    pub(crate) turn_builders: Box<TurnBuilderFactory>,
    /// Whether an event stream came whose content type does not say so.
    pub(crate) untyped_stream: AtomicBool,
}

impl InterpreterContext {
    /// Whether the text of every reply is needed, to count its tokens.
    pub(super) fn counts_text(&self) -> bool {
        self.point.ports.tokenizer.is_some()
    }

    /// Tells the user about the first event stream whose content type does not say so.
    pub(super) fn notice_untyped_stream(&self) {
        if !self.untyped_stream.swap(true, Relaxed) {
            let text = "the server sends event streams as plain text or without a content type; they \
                        are read as `text/event-stream`, because they begin like it";
            (self.point.control.notice)(text);
        }
    }

    /// Adds a record to the progress.
    pub(super) fn add_to_progress(&self, record: &Record) {
        if record.warmup || !record.last_attempt {
            return;
        }
        let progress = &self.point.control.progress;
        if record.outcome.is_beside() {
            progress.dropped.fetch_add(1, Relaxed);
            return;
        }
        progress.done.fetch_add(1, Relaxed);
        progress.failed.fetch_add(u64::from(!record.outcome.is_ok()), Relaxed);
        let tokens = record.usage.output_tokens.unwrap_or(0);
        progress.output_tokens.fetch_add(u64::from(tokens), Relaxed);
    }
}
