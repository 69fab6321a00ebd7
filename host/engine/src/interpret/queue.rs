//! Sends messages from an engine thread to the interpreters, in batches, so that a thread is woken
//! once for many attempts.

use crate::context::gauges::Gauges;
use crate::messages::InterpreterMessage;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// Messages and bytes after which a batch is sent.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 256 * 1024;

/// One engine thread's queue to the interpreters.
pub(crate) struct InterpreterQueue {
    shards: Vec<Shard>,
    gauges: Arc<Gauges>,
}

/// The queue to one interpreter. All messages of an attempt go to the same one, in order.
struct Shard {
    batch: Mutex<Batch>,
    sender: mpsc::Sender<Vec<InterpreterMessage>>,
}

#[derive(Default)]
struct Batch {
    messages: Vec<InterpreterMessage>,
    bytes: usize,
}

impl InterpreterQueue {
    /// A queue to the interpreters behind `senders`. With none, messages are discarded.
    pub(crate) fn new(
        senders: &[mpsc::Sender<Vec<InterpreterMessage>>],
        gauges: Arc<Gauges>,
    ) -> Self {
        let shard =
            |sender: &mpsc::Sender<_>| Shard { batch: Mutex::default(), sender: sender.clone() };
        Self { shards: senders.iter().map(shard).collect(), gauges }
    }

    /// Adds a message of the attempt with `number`; `urgent`: a slot waits for it to be interpreted.
    pub(crate) fn push(&self, number: u64, message: InterpreterMessage, urgent: bool) {
        let Some(index) = number.checked_rem(self.shards.len() as u64) else { return };
        let shard = &self.shards[index as usize];
        let bytes = message.bytes();
        self.gauges.backlog.fetch_add(bytes as u64, Relaxed);
        let mut batch = shard.lock();
        batch.messages.push(message);
        batch.bytes += bytes;
        if urgent || batch.messages.len() >= BATCH || batch.bytes >= BATCH_BYTES {
            shard.send(&mut batch);
        }
    }

    /// Sends what there is.
    pub(crate) fn flush(&self) {
        for shard in &self.shards {
            shard.send(&mut shard.lock());
        }
    }

    /// Sends what there is and waits until there is room for it: the thread is about to end.
    pub(crate) fn close(self) {
        for shard in self.shards {
            let messages = std::mem::take(&mut shard.lock().messages);
            if !messages.is_empty() {
                // Interpreters outlive the engine threads. If one has panicked, that is reported
                // where it is joined.
                let _ = shard.sender.blocking_send(messages);
            }
        }
    }
}

impl Shard {
    /// Sends the batch if there is room. Otherwise it grows, within the limit on the backlog.
    fn send(&self, batch: &mut Batch) {
        if batch.messages.is_empty() {
            return;
        }
        if let Ok(permit) = self.sender.try_reserve() {
            // As large as this one became: batches of one load are much alike.
            let next = Vec::with_capacity(batch.messages.len());
            permit.send(std::mem::replace(&mut batch.messages, next));
            batch.bytes = 0;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Batch> {
        self.batch.lock().expect("no code panics while it holds a batch")
    }
}

#[cfg(test)]
mod tests;
