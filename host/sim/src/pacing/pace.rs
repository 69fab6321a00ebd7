//! When the tokens of one request are produced, by the server's model.

use crate::config::Model;
use crate::pacing::batch::Sequence;
use crate::pacing::scheduler::{BatchScheduler, SequenceHandle};
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

/// The pace of one request.
#[derive(Debug)]
pub(crate) enum Pace {
    /// As fast as possible.
    Unpaced,
    /// At fixed intervals from the receipt of the request.
    Fixed(FixedPace),
    /// As the shared batch produces them.
    Batch(SequenceHandle),
}

/// The times of a request's frames. Each follows from the one before as planned, not as sent, so that a
/// late frame delays no other.
#[derive(Debug)]
pub(crate) struct FixedPace {
    /// When the frame that was last asked for is due.
    frame_at: u64,
    /// Tokens produced by then.
    tokens: u32,
    tokens_per_frame: u32,
    itl: Duration,
    noise: Option<(LogNormal<f64>, Box<ChaCha8Rng>)>,
}

/// What the pace of a request depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PaceInput {
    pub(crate) received: u64,
    pub(crate) seed: u64,
    pub(crate) tokens_per_frame: u32,
    pub(crate) sequence: Sequence,
}

impl Pace {
    pub(crate) fn new(
        model: &Model,
        scheduler: Option<&Arc<BatchScheduler>>,
        input: PaceInput,
    ) -> Self {
        match (model, scheduler) {
            (Model::Batching { .. }, Some(scheduler)) => {
                Self::Batch(scheduler.submit(input.sequence))
            }
            (&Model::Paced { ttft, itl, noise }, _) => {
                let mut pace = FixedPace::new(itl, noise, input);
                pace.delay(ttft);
                Self::Fixed(pace)
            }
            (Model::Batching { .. }, None) | (Model::Unpaced, _) => Self::Unpaced,
        }
    }

    /// Whether `tokens` tokens have been produced already.
    pub(crate) fn has(&self, tokens: u32) -> bool {
        match self {
            Self::Unpaced => true,
            Self::Fixed(pace) => tokens <= pace.tokens && clock::now() >= pace.frame_at,
            Self::Batch(sequence) => sequence.has(tokens),
        }
    }

    /// When the frame that was last waited for was to be sent; none: as fast as possible.
    pub(crate) fn frame_at(&self) -> Option<u64> {
        match self {
            Self::Unpaced => None,
            Self::Fixed(pace) => Some(pace.frame_at),
            Self::Batch(sequence) => sequence.last_token_at(),
        }
    }

    /// Completes once `tokens` tokens have been produced.
    pub(crate) async fn wait_for(&mut self, tokens: u32, timer: &Timer) {
        match self {
            Self::Unpaced => Yield(false).await,
            Self::Fixed(pace) => {
                pace.advance_to(tokens);
                timer.until(pace.frame_at).await;
            }
            Self::Batch(sequence) => sequence.wait_for(tokens).await,
        }
    }
}

impl FixedPace {
    fn new(itl: Duration, noise: f64, input: PaceInput) -> Self {
        let spread = LogNormal::new(0.0, noise).ok().filter(|_| noise > 0.0);
        let rng = || Box::new(ChaCha8Rng::seed_from_u64(input.seed));
        Self {
            frame_at: input.received,
            tokens: input.tokens_per_frame,
            tokens_per_frame: input.tokens_per_frame,
            itl,
            noise: spread.map(|spread| (spread, rng())),
        }
    }

    fn advance_to(&mut self, tokens: u32) {
        while self.tokens < tokens {
            self.tokens = self.tokens.saturating_add(self.tokens_per_frame);
            self.delay(self.itl);
        }
    }

    /// Moves the next frame by `span`, varied by the noise.
    fn delay(&mut self, span: Duration) {
        let factor = self.noise.as_mut().map_or(1.0, |(spread, rng)| spread.sample(rng));
        self.frame_at = self.frame_at.saturating_add((span.as_nanos() as f64 * factor) as u64);
    }
}

/// Lets the other tasks of the thread run once; cheaper than tokio's, which polls the sockets too.
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
