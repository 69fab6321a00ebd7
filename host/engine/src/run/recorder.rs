//! Records to the sinks, on the caller's thread, and a sample of the engine's own state each second.

use crate::context::gauges::Gauges;
use crate::context::point::Point;
use crate::messages::Made;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use loadwright_core::Nanos;
use loadwright_core::SECOND;
use loadwright_core::ports::Sink;
use loadwright_core::sample::{EndReason, Sample};
use loadwright_timing::clock;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Gives records to sinks until the interpreters are gone.
pub(crate) struct Recorder<'a, 'b> {
    point: &'a Point,
    sinks: &'a mut [&'b mut dyn Sink],
    /// What the first sink to lose its destination says; the others are given the rest.
    lost: Option<String>,
    sampled: Nanos,
    restarts: u32,
    inexact: u64,
}

impl<'a, 'b> Recorder<'a, 'b> {
    pub(crate) fn new(point: &'a Point, sinks: &'a mut [&'b mut dyn Sink]) -> Self {
        let mut recorder =
            Self { point, sinks, lost: None, sampled: clock::now(), restarts: 0, inexact: 0 };
        (recorder.restarts, recorder.inexact) = recorder.plugin_counts();
        recorder
    }

    /// Records until all senders are gone; what a sink lost, in words, is given back.
    pub(crate) fn run(mut self, records: &Receiver<Vec<Made>>) -> Option<String> {
        loop {
            let next = self.sampled + SECOND;
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
        self.lost
    }

    fn give(&mut self, batch: Vec<Made>) {
        for Made { record, claim } in batch {
            let record = Arc::new(record);
            self.each(|sink| sink.record(&record));
            drop(claim);
        }
    }

    /// Gives a sample, unless nothing is measured yet. What plugins threw away or could not make exact
    /// by then stays for the first one: it was made ahead, for measured slots, too.
    fn sample(&mut self) {
        let Some(from) = self.point.measured_from() else {
            self.sampled = clock::now();
            return;
        };
        let in_flight = self.point.control.progress.in_flight.load(Relaxed);
        let gauges: &Gauges = &self.point.gauges;
        let (restarts, inexact) = self.plugin_counts();
        let sample = Sample {
            plugin_restarts: restarts - self.restarts,
            inexact_prompts: inexact - self.inexact,
            ..gauges.sample(self.sampled.max(from), in_flight)
        };
        self.sampled = sample.at;
        (self.restarts, self.inexact) = (restarts, inexact);
        self.each(|sink| sink.sample(&sample));
    }

    fn plugin_counts(&self) -> (u32, u64) {
        let ports = &self.point.ports;
        let restarts = ports.dataset.restarts() + ports.protocol.restarts();
        (restarts, ports.dataset.inexact_prompts())
    }

    fn each(
        &mut self,
        mut give: impl FnMut(&mut dyn Sink) -> Result<(), loadwright_core::ports::SinkFailure>,
    ) {
        for sink in self.sinks.iter_mut() {
            if let Err(failure) = give(*sink)
                && self.lost.is_none()
            {
                self.lost = Some(failure.0);
                self.point.end(EndReason::OutputFailed);
            }
        }
    }
}
