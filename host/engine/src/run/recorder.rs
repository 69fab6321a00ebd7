//! Gives records to the sinks, on the caller's thread, and a sample of the engine's gauges each second.

use crate::context::PointContext;
use crate::messages::ClaimedRecord;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use loadwright_core::Nanos;
use loadwright_core::SECOND;
use loadwright_core::ports::Sink;
use loadwright_core::sample::{EndReason, Sample};
use loadwright_timing::clock;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Gives records and samples to the sinks.
pub(crate) struct Recorder<'a, 'b> {
    point: &'a PointContext,
    sinks: &'a mut [&'b mut dyn Sink],
    /// The first failure of a sink; the others still get the rest.
    failure: Option<String>,
    sampled_at: Nanos,
    restarts: u32,
    inexact: u64,
}

impl<'a, 'b> Recorder<'a, 'b> {
    pub(crate) fn new(point: &'a PointContext, sinks: &'a mut [&'b mut dyn Sink]) -> Self {
        let sampled_at = clock::now();
        let mut recorder =
            Self { point, sinks, failure: None, sampled_at, restarts: 0, inexact: 0 };
        (recorder.restarts, recorder.inexact) = recorder.plugin_counts();
        recorder
    }

    /// Records until all interpreters have ended. Returns the first failure of a sink, in words.
    pub(crate) fn run(mut self, records: &Receiver<Vec<ClaimedRecord>>) -> Option<String> {
        loop {
            let next = self.sampled_at + SECOND;
            let wait = Duration::from_nanos(next.saturating_sub(clock::now()));
            match records.recv_timeout(wait) {
                Ok(batch) => self.give(batch),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if clock::now() >= next {
                self.sample();
            }
        }
        self.sample();
        self.failure
    }

    fn give(&mut self, batch: Vec<ClaimedRecord>) {
        for ClaimedRecord { record, claim } in batch {
            let record = Arc::new(record);
            self.each(|sink| sink.record(&record));
            drop(claim);
        }
    }

    /// Gives a sample, unless nothing is measured yet. The plugins' counts until then are kept for the
    /// first sample: plugins prepare ahead, so they belong to measured slots too.
    fn sample(&mut self) {
        let Some(from) = self.point.lifecycle.measured_from() else {
            self.sampled_at = clock::now();
            return;
        };
        let in_flight = self.point.control.progress.in_flight.load(Relaxed);
        let (restarts, inexact) = self.plugin_counts();
        let sample = Sample {
            plugin_restarts: restarts - self.restarts,
            inexact_prompts: inexact - self.inexact,
            ..self.point.gauges.sample(self.sampled_at.max(from), in_flight)
        };
        self.sampled_at = sample.at;
        (self.restarts, self.inexact) = (restarts, inexact);
        self.each(|sink| sink.sample(&sample));
    }

    fn plugin_counts(&self) -> (u32, u64) {
        let ports = &self.point.ports;
        let restarts = ports.dataset.restarts() + ports.api.restarts();
        (restarts, ports.dataset.inexact_prompts())
    }

    fn each(
        &mut self,
        mut give: impl FnMut(&mut dyn Sink) -> Result<(), loadwright_core::ports::SinkFailure>,
    ) {
        for sink in self.sinks.iter_mut() {
            if let Err(failure) = give(*sink)
                && self.failure.is_none()
            {
                self.failure = Some(failure.0);
                self.point.lifecycle.end(EndReason::OutputFailed);
            }
        }
    }
}
