//! How often and how long a connection test is tried, and who is told of it. What a try is, and
//! what it came to, is the test's.

use super::{ProbeFailure, Refusal, Tried};
use crate::context::control::Control;
use crate::error::EngineError;
use crate::exchange::deadlines::nanos;
use loadwright_core::Nanos;
use loadwright_core::outcome::{Outcome, Stage};
use loadwright_timing::clock;
use std::time::Duration;

/// How long the test waits for a service that is not there yet, and who is told of it.
pub struct Patience<'a> {
    /// How long tries are repeated, where the user said so; else 30 s, and a host's name that
    /// cannot be resolved counts as a mistake.
    pub asked: Option<Duration>,
    /// Told each second how the test stands, and at once when a try fails that is repeated.
    pub told: &'a dyn Fn(&Waiting<'_>),
}

/// How a test stands that has no answer yet.
#[derive(Debug, Clone, Copy)]
pub struct Waiting<'a> {
    /// What the last try came to; none: the first one has no answer yet.
    pub failure: Option<&'a Refusal>,
    /// How long the test goes on at most.
    pub left: Duration,
}

/// How long a service may take to come up, or to answer, where the user says nothing of it.
const PATIENCE: Duration = Duration::from_secs(30);
const BETWEEN: Duration = Duration::from_secs(1);
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// The tries of a test that is under way.
pub(super) struct Tries<'a> {
    control: &'a Control,
    patience: &'a Patience<'a>,
    /// No try begins later.
    tries_until: Nanos,
    /// No answer is waited for longer.
    answers_until: Nanos,
    last: Option<Refusal>,
}

/// Why something was not waited for any longer.
enum Ended {
    Interrupted,
    TimeIsUp,
}

impl<'a> Tries<'a> {
    /// None was made yet; time counts from now.
    pub(super) fn new(control: &'a Control, patience: &'a Patience<'a>) -> Self {
        let tries = patience.asked.unwrap_or(PATIENCE);
        let tries_until = clock::now() + nanos(tries);
        let answers_until = clock::now() + nanos(tries.max(PATIENCE));
        Self { control, patience, tries_until, answers_until, last: None }
    }

    /// Asks by `ask` until there is an answer, or no reason to ask again.
    pub(super) async fn run(
        &mut self,
        ask: impl AsyncFn() -> Result<Tried, EngineError>,
    ) -> Result<Tried, ProbeFailure> {
        loop {
            match self.watch(ask(), self.answers_until).await {
                Ok(tried) => match tried? {
                    Ok(probed) => return Ok(Ok(probed)),
                    Err(refusal) => self.last = Some(refusal),
                },
                Err(Ended::Interrupted) => return Err(ProbeFailure::Interrupted),
                Err(Ended::TimeIsUp) => break,
            }
            if !self.is_worth_another() {
                break;
            }
            self.tell();
            match self.watch(tokio::time::sleep(BETWEEN), self.tries_until).await {
                Ok(()) => {}
                Err(Ended::Interrupted) => return Err(ProbeFailure::Interrupted),
                Err(Ended::TimeIsUp) => break,
            }
        }
        let silent = || Refusal {
            outcome: Outcome::Timeout(Stage::Read),
            detail: "no answer within the time of the connection test".into(),
            location: None,
        };
        Ok(Err(self.last.take().unwrap_or_else(silent)))
    }

    /// Waits for `work` until `latest`, and tells each second that it does.
    async fn watch<T>(&self, work: impl Future<Output = T>, latest: Nanos) -> Result<T, Ended> {
        let left = Duration::from_nanos(latest.saturating_sub(clock::now()));
        let (end, mut tick) = (tokio::time::sleep(left), tokio::time::interval(TOLD_EVERY));
        tick.tick().await;
        tokio::pin!(work, end);
        loop {
            tokio::select! {
                biased;
                () = self.control.stop.drained() => return Err(Ended::Interrupted),
                done = &mut work => return Ok(done),
                () = &mut end => return Err(Ended::TimeIsUp),
                _ = tick.tick() => self.tell(),
            }
        }
    }

    fn tell(&self) {
        let until = if self.last.is_some() { self.tries_until } else { self.answers_until };
        let left = Duration::from_nanos(until.saturating_sub(clock::now()));
        (self.patience.told)(&Waiting { failure: self.last.as_ref(), left });
    }

    /// Whether a service that is starting up may give way to one that answers, and in time.
    fn is_worth_another(&self) -> bool {
        let may_change = match self.last.as_ref().map(|refusal| refusal.outcome) {
            Some(Outcome::Status(code)) => matches!(code, 429 | 502 | 503 | 504),
            Some(Outcome::Dns) => self.patience.asked.is_some(),
            Some(
                Outcome::Tls
                | Outcome::Malformed
                | Outcome::Unsolicited
                | Outcome::StreamError
                | Outcome::Plugin,
            ) => false,
            _ => true,
        };
        may_change && clock::now() < self.tries_until
    }
}
