//! One slot from its due time to its end: every turn of its conversation, every attempt at a turn.

use crate::flight::{Attempt, Flight, Ground, Verdict};
use crate::net::failure::Failure;
use crate::point::Point;
use crate::prepare::{Job, Prepared};
use crate::transport::{Connection, Flown, Transport};
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::Plan;
use loadwright_core::ports::PluginFailure;
use loadwright_core::request::Request;
use loadwright_stamps::clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::sync::oneshot;

/// Serves slots on one engine thread.
pub(crate) struct Server {
    pub(crate) point: Arc<Point>,
    pub(crate) ground: Arc<Ground>,
    pub(crate) transport: Transport,
    /// Flights so far; numbers are unique among the point's threads.
    flights: AtomicU64,
    index: u64,
}

/// A request, or why there is none.
type Asked = Result<Request, PluginFailure>;

impl Server {
    /// The server of engine thread `index`.
    pub(crate) fn new(point: &Arc<Point>, ground: Arc<Ground>, index: u64) -> Self {
        let transport = Transport::new(&point.plan, &point.connector, &point.gauges);
        Self { point: Arc::clone(point), ground, transport, flights: AtomicU64::new(0), index }
    }

    /// Which of the point's engine threads this is.
    pub(crate) fn index(&self) -> u64 {
        self.index
    }

    /// Serves one slot over `kept`. False: the service could not be reached.
    pub(crate) async fn serve(
        &self,
        kept: &mut Option<Connection>,
        prepared: Prepared,
        due: Nanos,
    ) -> bool {
        let Prepared { seq, mut request, mut job } = prepared;
        let warmup = self.point.plan.is_warmup(seq);
        let mut attempt = Attempt { seq, turn: 0, attempt: 0, warmup, due };
        loop {
            let awaits = job.talk.is_some() || self.point.plan.retries > 0;
            let (sender, verdict) = if awaits {
                let (sender, receiver) = oneshot::channel();
                (Some(sender), Some(receiver))
            } else {
                (None, None)
            };
            let reached = match self.fly(kept, attempt, (&request, job), sender).await {
                Some(reached) => reached,
                None => return true,
            };
            self.point.reached(reached);
            let Some(verdict) = verdict else { return reached };
            match verdict.await.unwrap_or(Verdict::Over) {
                Verdict::Over => return reached,
                Verdict::Again(same) => {
                    job = same;
                    attempt.attempt += 1;
                    attempt.due = clock::now();
                }
                Verdict::Next { request: next, job: its, pause } => {
                    attempt.due = clock::now() + pause;
                    if !self.pause(pause).await {
                        return reached;
                    }
                    (request, job) = (next.map(|request| *request), its);
                    (attempt.turn, attempt.attempt) = (attempt.turn + 1, 0);
                }
            }
        }
    }

    /// Waits between two turns; false: no new request may start any more.
    async fn pause(&self, pause: Nanos) -> bool {
        let stop = &self.point.control.stop;
        tokio::select! {
            biased;
            () = stop.drained() => false,
            () = tokio::time::sleep(std::time::Duration::from_nanos(pause)) => true,
        }
    }

    /// One attempt. Whether the service was reached; `None`: it was too late to start.
    async fn fly(
        &self,
        kept: &mut Option<Connection>,
        attempt: Attempt,
        (request, job): (&Asked, Job),
        verdict: Option<oneshot::Sender<Verdict>>,
    ) -> Option<bool> {
        let mut flight = self.flight(attempt, job);
        let request = match request {
            Ok(request) => request,
            Err(failure) => {
                flight.land(Err(Failure::new(Outcome::Plugin, failure.to_string())), verdict);
                return Some(true);
            }
        };
        // A conversation that has begun is not broken off by the end of the time.
        let latest = if attempt.turn == 0 && attempt.attempt == 0 && !attempt.warmup {
            self.point.latest()
        } else {
            None
        };
        match self.transport.exchange(kept, &mut flight, request, latest).await {
            Ok(Flown::TooLate) => {
                flight.forget();
                None
            }
            Ok(Flown::Done) => {
                flight.land(Ok(()), verdict);
                Some(true)
            }
            Err(failure) => {
                let reached = !failure.outcome.is_connection_failure();
                flight.land(Err(failure), verdict);
                Some(reached)
            }
        }
    }

    /// Records a slot that is not sent at all.
    pub(crate) fn drop_slot(&self, prepared: Prepared, due: Nanos, why: &str) {
        let Prepared { seq, job, .. } = prepared;
        let warmup = self.point.plan.is_warmup(seq);
        let attempt = Attempt { seq, turn: 0, attempt: 0, warmup, due };
        self.flight(attempt, job).land(Err(Failure::new(Outcome::Dropped, why)), None);
    }

    fn flight(&self, attempt: Attempt, job: Job) -> Flight {
        let plan: &Plan = &self.point.plan;
        let threads = u64::from(plan.threads.max(1));
        let number = self.flights.fetch_add(1, Relaxed) * threads + self.index;
        Flight::new(number, attempt, job, plan.stamps, &self.ground)
    }
}
