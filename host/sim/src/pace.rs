//! When the tokens of one request come, by the server's model.

use crate::batch::Sequence;
use crate::config::Model;
use crate::schedule::{Schedule, Ticket};
use crate::timer::Timer;
use loadwright_timing::clock;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, LogNormal};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// One request's pace.
#[derive(Debug)]
pub(crate) enum Pace {
    /// Nothing is waited for.
    AsFast,
    /// By times planned from the request's receipt.
    Planned(Plan),
    /// By the shared batch.
    Batch(Ticket),
}

/// Times of a request's frames, planned one after the other: lateness of one moves no other.
#[derive(Debug)]
pub(crate) struct Plan {
    due: u64,
    /// Tokens that are out when `due` has come.
    until: u32,
    tokens_per_frame: u32,
    itl: Duration,
    noise: Option<(LogNormal<f64>, Box<ChaCha8Rng>)>,
}

/// What a pace is planned from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    pub(crate) received: u64,
    pub(crate) seed: u64,
    pub(crate) tokens_per_frame: u32,
    pub(crate) sequence: Sequence,
}

impl Pace {
    pub(crate) fn new(model: &Model, schedule: Option<&Arc<Schedule>>, start: Start) -> Self {
        match (model, schedule) {
            (Model::Batching { .. }, Some(schedule)) => Self::Batch(schedule.enter(start.sequence)),
            (Model::Paced { ttft, itl, noise }, _) => {
                Self::Planned(Plan::new((*ttft, *itl), *noise, start))
            }
            _ => Self::AsFast,
        }
    }

    /// Whether `tokens` tokens are there already.
    pub(crate) fn has(&self, tokens: u32) -> bool {
        match self {
            Self::AsFast => true,
            Self::Planned(plan) => tokens <= plan.until && clock::now() >= plan.due,
            Self::Batch(ticket) => ticket.has(tokens),
        }
    }

    /// When the frame that was last waited for was due, on the clock; none: there is no plan.
    pub(crate) fn due(&self) -> Option<u64> {
        match self {
            Self::AsFast => None,
            Self::Planned(plan) => Some(plan.due),
            Self::Batch(ticket) => ticket.due(),
        }
    }

    /// Returns once `tokens` tokens are there.
    pub(crate) async fn tokens(&mut self, tokens: u32, timer: &Timer) {
        match self {
            Self::AsFast => Yield(false).await,
            Self::Planned(plan) => {
                plan.extend(tokens);
                timer.until(plan.due).await;
            }
            Self::Batch(ticket) => ticket.tokens(tokens).await,
        }
    }
}

impl Plan {
    fn new((ttft, itl): (Duration, Duration), noise: f64, start: Start) -> Self {
        let spread = LogNormal::new(0.0, noise).ok().filter(|_| noise > 0.0);
        let rng = || Box::new(ChaCha8Rng::seed_from_u64(start.seed));
        let mut plan = Self {
            due: start.received,
            until: start.tokens_per_frame,
            tokens_per_frame: start.tokens_per_frame,
            itl,
            noise: spread.map(|spread| (spread, rng())),
        };
        plan.due = plan.due.saturating_add(plan.vary(ttft));
        plan
    }

    fn extend(&mut self, tokens: u32) {
        while self.until < tokens {
            self.until = self.until.saturating_add(self.tokens_per_frame);
            self.due = self.due.saturating_add(self.vary(self.itl));
        }
    }

    fn vary(&mut self, span: Duration) -> u64 {
        let factor = self.noise.as_mut().map_or(1.0, |(spread, rng)| spread.sample(rng));
        (span.as_nanos() as f64 * factor) as u64
    }
}

/// Lets the thread's other tasks run once; cheaper than tokio's, which polls the sockets too.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
