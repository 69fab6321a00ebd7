//! The way from an engine thread to the interpreters: batches, so that a thread is woken for many
//! exchanges at once and not for each.

use crate::context::gauges::Gauges;
use crate::messages::Parcel;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// Exchanges and bytes after which a batch is sent on at once.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 256 * 1024;

/// One engine thread's way to the interpreters.
pub(crate) struct Outbox {
    lanes: Vec<Lane>,
    gauges: Arc<Gauges>,
}

/// The way to one interpreter. All parcels of an exchange take the same one, in order.
struct Lane {
    batch: Mutex<Batch>,
    to: mpsc::Sender<Vec<Parcel>>,
}

#[derive(Default)]
struct Batch {
    parcels: Vec<Parcel>,
    bytes: usize,
}

impl Outbox {
    /// A way to the interpreters behind `to`; without any, parcels are thrown away.
    pub(crate) fn new(to: &[mpsc::Sender<Vec<Parcel>>], gauges: Arc<Gauges>) -> Self {
        let lane = |to: &mpsc::Sender<_>| Lane { batch: Mutex::default(), to: to.clone() };
        Self { lanes: to.iter().map(lane).collect(), gauges }
    }

    /// Adds a parcel of exchange `flight`; `urgent`: somebody waits for its reading.
    pub(crate) fn push(&self, flight: u64, parcel: Parcel, urgent: bool) {
        let Some(index) = flight.checked_rem(self.lanes.len() as u64) else { return };
        let lane = &self.lanes[index as usize];
        let bytes = parcel.bytes();
        self.gauges.backlog.fetch_add(bytes as u64, Relaxed);
        let mut batch = lane.lock();
        batch.parcels.push(parcel);
        batch.bytes += bytes;
        if urgent || batch.parcels.len() >= BATCH || batch.bytes >= BATCH_BYTES {
            lane.send(&mut batch);
        }
    }

    /// Sends on what there is.
    pub(crate) fn flush(&self) {
        for lane in &self.lanes {
            lane.send(&mut lane.lock());
        }
    }

    /// Sends on what there is, waiting for room: the thread's last words.
    pub(crate) fn close(self) {
        for lane in self.lanes {
            let parcels = std::mem::take(&mut lane.lock().parcels);
            if !parcels.is_empty() {
                // Interpreters outlive the engine threads; should one have died, that is reported
                // where it is joined.
                let _ = lane.to.blocking_send(parcels);
            }
        }
    }
}

impl Lane {
    /// Sends the batch where there is room; else it grows, which the backlog's limit bounds.
    fn send(&self, batch: &mut Batch) {
        if batch.parcels.is_empty() {
            return;
        }
        if let Ok(permit) = self.to.try_reserve() {
            // As much room as this one came to need: batches of one load are much alike.
            let next = Vec::with_capacity(batch.parcels.len());
            permit.send(std::mem::replace(&mut batch.parcels, next));
            batch.bytes = 0;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Batch> {
        self.batch.lock().expect("nothing panics while it holds a batch")
    }
}

#[cfg(test)]
mod tests;
