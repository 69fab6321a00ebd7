//! How often and how long a connection test is retried. What one probe is, is not decided here.

use super::{FailedProbe, ProbeFailure, ProbeResult};
use crate::context::control::Control;
use crate::error::EngineError;
use loadwright_core::Nanos;
use loadwright_core::outcome::{Outcome, Stage};
use loadwright_timing::clock;
use std::time::Duration;

/// How long the test waits for a service that is starting up.
pub struct Patience<'a> {
    /// How long probes are repeated, if the user set that; otherwise 30 s, and a host name that
    /// cannot be resolved fails at once.
    pub limit: Option<Duration>,
    /// Called every second while the test waits, and when a probe failed that is repeated.
    pub on_wait: &'a dyn Fn(&Waiting<'_>),
}

/// The state of a test that waits.
#[derive(Debug, Clone, Copy)]
pub struct Waiting<'a> {
    /// How the last probe failed; `None`: the first one has no reply yet.
    pub failure: Option<&'a FailedProbe>,
    /// How long the test still waits at most.
    pub left: Duration,
}

/// How long a service may take to start up, or to reply, if the user does not say.
const DEFAULT_LIMIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);
const ON_WAIT_EVERY: Duration = Duration::from_secs(1);

/// The probes of a test, with the deadlines of all of them.
pub(super) struct Retries<'a> {
    control: &'a Control,
    patience: &'a Patience<'a>,
    /// No probe starts later.
    probes_until: Nanos,
    /// No reply is waited for longer.
    replies_until: Nanos,
    last: Option<FailedProbe>,
}

/// Why a wait ended early.
enum Ended {
    Interrupted,
    TimeIsUp,
}

impl<'a> Retries<'a> {
    /// A test that starts now.
    pub(super) fn new(control: &'a Control, patience: &'a Patience<'a>) -> Self {
        let limit = patience.limit.unwrap_or(DEFAULT_LIMIT);
        let probes_until = clock::now() + clock::nanos(limit);
        let replies_until = clock::now() + clock::nanos(limit.max(DEFAULT_LIMIT));
        Self { control, patience, probes_until, replies_until, last: None }
    }

    /// Probes until there is a reply, or no reason to try again.
    pub(super) async fn run(
        &mut self,
        probe: impl AsyncFn() -> Result<ProbeResult, EngineError>,
    ) -> Result<ProbeResult, ProbeFailure> {
        loop {
            match self.wait_for(probe(), self.replies_until).await {
                Ok(result) => match result? {
                    Ok(probed) => return Ok(Ok(probed)),
                    Err(failed) => self.last = Some(failed),
                },
                Err(Ended::Interrupted) => return Err(ProbeFailure::Interrupted),
                Err(Ended::TimeIsUp) => break,
            }
            if !self.may_retry() {
                break;
            }
            self.report();
            match self.wait_for(tokio::time::sleep(PAUSE), self.probes_until).await {
                Ok(()) => {}
                Err(Ended::Interrupted) => return Err(ProbeFailure::Interrupted),
                Err(Ended::TimeIsUp) => break,
            }
        }
        let silent = || FailedProbe {
            outcome: Outcome::Timeout(Stage::Read),
            detail: "no reply within the time of the connection test".into(),
            location: None,
        };
        Ok(Err(self.last.take().unwrap_or_else(silent)))
    }

    /// Waits for `work` until `latest`, and reports that every second.
    async fn wait_for<T>(&self, work: impl Future<Output = T>, latest: Nanos) -> Result<T, Ended> {
        let left = Duration::from_nanos(latest.saturating_sub(clock::now()));
        let (end, mut tick) = (tokio::time::sleep(left), tokio::time::interval(ON_WAIT_EVERY));
        tick.tick().await;
        tokio::pin!(work, end);
        loop {
            tokio::select! {
                biased;
                () = self.control.stop.drained() => return Err(Ended::Interrupted),
                done = &mut work => return Ok(done),
                () = &mut end => return Err(Ended::TimeIsUp),
                _ = tick.tick() => self.report(),
            }
        }
    }

    fn report(&self) {
        let until = if self.last.is_some() { self.probes_until } else { self.replies_until };
        let left = Duration::from_nanos(until.saturating_sub(clock::now()));
        (self.patience.on_wait)(&Waiting { failure: self.last.as_ref(), left });
    }

    /// Whether the service may only be starting up, so that another probe in time may succeed.
    fn may_retry(&self) -> bool {
        let may_change = match self.last.as_ref().map(|failed| failed.outcome) {
            Some(Outcome::Status(code)) => matches!(code, 429 | 502 | 503 | 504),
            Some(Outcome::Dns) => self.patience.limit.is_some(),
            Some(
                Outcome::Tls
                | Outcome::Malformed
                | Outcome::Unsolicited
                | Outcome::StreamError
                | Outcome::Plugin,
            ) => false,
            _ => true,
        };
        may_change && clock::now() < self.probes_until
    }
}
