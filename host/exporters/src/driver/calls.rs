//! Calls of an exporter: tried again where that may help, and what it tells in return kept.

use super::watch::RunWatch;
use super::{Notice, Tell};
use crate::deadline::Over;
use loadwright_core::export::{Ack, ExportEnd, ExportPoint, ExportRun};
use loadwright_core::ports::{Cause, Exporter, Fault, Ledger, PluginFailure, Progress};
use std::sync::Arc;
use std::time::Duration;

/// New instances in a row, without a call that succeeds.
const RESTARTS: u32 = 3;

/// The pause before a call is tried again: doubled each time, from the first to the last.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(30)];

/// Losses and links that are kept of one exporter.
const KEPT: usize = 64;

/// Why an exporter is not called any more, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GivenUp(pub(super) String);

impl GivenUp {
    /// There is no time left for what failed so the last time.
    fn over(over: Over, last: Option<&str>) -> Self {
        match (over, last) {
            (Over::Passed, Some(last)) => Self(format!("{last}; {over}")),
            (Over::Passed, None) | (Over::Cancelled, _) => Self(over.to_string()),
        }
    }
}

/// An exporter with what is kept for it.
pub(super) struct Calls {
    pub(super) name: String,
    pub(super) exporter: Box<dyn Exporter>,
    pub(super) ledger: Box<dyn Ledger>,
    pub(super) progress: Progress,
    pub(super) run: ExportRun,
    /// The point that it is in: a new instance is told of it again.
    pub(super) point: Option<ExportPoint>,
    pub(super) may_stop: bool,
    pub(super) watch: Arc<RunWatch>,
    pub(super) tell: Tell,
}

impl Calls {
    /// The first call, tried once.
    ///
    /// # Errors
    /// The exporter's own.
    pub(super) fn begin(&mut self) -> Result<(), PluginFailure> {
        self.run.resume.clone_from(&self.progress.state);
        let ack = self.exporter.begin(&self.run)?;
        self.take(ack);
        // Nothing is lost where this cannot be stored: a later call stores it again.
        let _ = self.ledger.save(&self.progress);
        Ok(())
    }

    /// A point begins.
    ///
    /// # Errors
    /// The exporter is given up.
    pub(super) fn begin_point(&mut self, point: &ExportPoint) -> Result<(), GivenUp> {
        self.point = None;
        self.call(|exporter| exporter.begin_point(point), |_| {})?;
        self.point = Some(point.clone());
        Ok(())
    }

    /// The run has ended.
    ///
    /// # Errors
    /// The exporter is given up.
    pub(super) fn end(&mut self, end: ExportEnd) -> Result<(), GivenUp> {
        let ending = match end {
            ExportEnd::Completed => "completed",
            ExportEnd::Failed => "failed",
            ExportEnd::Interrupted => "interrupted",
        };
        self.call(|exporter| exporter.end(end), |progress| progress.ending = ending.into())
    }

    /// Makes `call` until it succeeds, then stores what `sent` says of it.
    ///
    /// # Errors
    /// The exporter is given up.
    pub(super) fn call(
        &mut self,
        mut call: impl FnMut(&mut dyn Exporter) -> Result<Ack, PluginFailure>,
        sent: impl FnOnce(&mut Progress),
    ) -> Result<(), GivenUp> {
        let (mut restarts, mut pause, mut last) = (0, PAUSES[0], None);
        loop {
            self.watch.deadline().left().map_err(|over| GivenUp::over(over, last.as_deref()))?;
            let failure = match call(self.exporter.as_mut()) {
                Ok(ack) => {
                    self.take(ack);
                    sent(&mut self.progress);
                    return self.save();
                }
                Err(failure) => failure,
            };
            match failure.cause {
                Cause::Fault(Fault::Transient(_)) => {
                    self.notice(Notice::Retried(failure.to_string()));
                    // A call that the deadline cut says less than the one before it.
                    if last.is_none() || self.watch.deadline().left().is_ok() {
                        last = Some(failure.to_string());
                    }
                    self.watch.pause(pause).map_err(|over| GivenUp::over(over, last.as_deref()))?;
                    pause = (pause * 2).min(PAUSES[1]);
                }
                Cause::Trap(_) | Cause::System(_) | Cause::Contract(_) if restarts < RESTARTS => {
                    restarts += 1;
                    self.notice(Notice::Retried(failure.to_string()));
                    self.restart()?;
                }
                ref cause if cause.is_limit() && restarts < RESTARTS => {
                    restarts += 1;
                    self.notice(Notice::Retried(failure.to_string()));
                    self.restart()?;
                }
                _ => return Err(GivenUp(failure.to_string())),
            }
        }
    }

    /// Begins anew with a new instance, from the state that was stored last.
    fn restart(&mut self) -> Result<(), GivenUp> {
        let given_up = |failure: PluginFailure| GivenUp(failure.to_string());
        self.exporter.restart().map_err(given_up)?;
        self.run.resume.clone_from(&self.progress.state);
        let ack = self.exporter.begin(&self.run).map_err(given_up)?;
        self.take(ack);
        if let Some(point) = &self.point {
            let ack = self.exporter.begin_point(point).map_err(given_up)?;
            self.take(ack);
        }
        Ok(())
    }

    fn save(&mut self) -> Result<(), GivenUp> {
        self.ledger.save(&self.progress).map_err(GivenUp)
    }

    /// Takes what the exporter tells.
    fn take(&mut self, ack: Ack) {
        if let Some(state) = ack.state {
            self.progress.state = state;
        }
        let links = take_new(&mut self.progress.links, ack.links);
        links.into_iter().for_each(|link| self.notice(Notice::Link(link)));
        let losses = take_new(&mut self.progress.losses, ack.losses);
        losses.into_iter().for_each(|loss| self.notice(Notice::Loss(loss)));
        if let Some(why) = ack.stop.filter(|_| self.may_stop && self.run.live) {
            self.notice(Notice::Stop(why));
        }
    }

    pub(super) fn notice(&self, notice: Notice) {
        (self.tell)(&self.name, notice);
    }
}

/// Adds those of `told` that are not in `kept`, and returns them.
fn take_new(kept: &mut Vec<String>, told: Vec<String>) -> Vec<String> {
    let mut new = Vec::new();
    for text in told {
        if kept.len() < KEPT && !kept.contains(&text) {
            kept.push(text.clone());
            new.push(text);
        }
    }
    new
}
