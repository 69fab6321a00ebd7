//! One slot from its scheduled time to its end: every turn of its conversation, every attempt at a turn.

use crate::context::point::Point;
use crate::context::reachability::Contact;
use crate::exchange::attempt::{Flight, Ground};
use crate::exchange::transport::{Connection, Flown, Transport};
use crate::messages::{Attempt, Failure, Job, Prepared, Verdict};
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::Plan;
use loadwright_core::ports::PluginFailure;
use loadwright_core::request::Request;
use loadwright_timing::clock;
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
        let transport = Transport::new(&point.plan, &point.connector, &point.timers, &point.gauges);
        Self { point: Arc::clone(point), ground, transport, flights: AtomicU64::new(0), index }
    }

    /// Which of the point's engine threads this is.
    pub(crate) fn index(&self) -> u64 {
        self.index
    }

    /// Serves one slot over `kept`. What came of its last attempt says whether to wait a while.
    pub(crate) async fn serve(
        &self,
        kept: &mut Option<Connection>,
        prepared: Prepared,
        scheduled: Nanos,
    ) -> Contact {
        let Prepared { seq, mut request, mut job } = prepared;
        let warmup = self.point.plan.is_warmup(seq);
        let mut attempt = Attempt { seq, turn: 0, attempt: 0, warmup, scheduled };
        loop {
            let awaits = job.talk.is_some() || self.point.plan.request.retries > 0;
            let (sender, verdict) = if awaits {
                let (sender, receiver) = oneshot::channel();
                (Some(sender), Some(receiver))
            } else {
                (None, None)
            };
            let contact = self.fly(kept, attempt, (&request, job), sender).await;
            self.point.contact(contact);
            let Some(verdict) = verdict else { return contact };
            match verdict.await.unwrap_or(Verdict::Over) {
                Verdict::Over => return contact,
                Verdict::Again { job: same, pause } => {
                    attempt.attempt += 1;
                    if !self.rest(contact, pause).await {
                        let text = "stopped by the user before it was tried again";
                        self.unsent(attempt, same, Outcome::Cancelled, text);
                        return contact;
                    }
                    job = same;
                }
                Verdict::Next { request: next, job: its, pause } => {
                    attempt.scheduled = clock::now() + pause;
                    if !self.pause(pause).await {
                        return contact;
                    }
                    (request, job) = (next.map(|request| *request), its);
                    (attempt.turn, attempt.attempt) = (attempt.turn + 1, 0);
                }
            }
        }
    }

    /// Waits as [`pause`](Self::pause) does, and counts waits that the service is the reason of.
    async fn rest(&self, contact: Contact, pause: Nanos) -> bool {
        let start = clock::now();
        let goes_on = self.pause(pause).await;
        self.point.gauges.waited(contact, start);
        goes_on
    }

    /// Waits between two requests; false: no new one may start any more.
    async fn pause(&self, pause: Nanos) -> bool {
        let stop = &self.point.control.stop;
        tokio::select! {
            biased;
            () = stop.drained() => false,
            () = self.point.timers.sleep(std::time::Duration::from_nanos(pause)) => true,
        }
    }

    /// One attempt.
    async fn fly(
        &self,
        kept: &mut Option<Connection>,
        attempt: Attempt,
        (request, job): (&Asked, Job),
        verdict: Option<oneshot::Sender<Verdict>>,
    ) -> Contact {
        let mut flight = self.flight(attempt, job);
        let request = match request {
            Ok(request) => request,
            Err(failure) => {
                flight.land(Err(Failure::new(Outcome::Plugin, failure.to_string())), verdict);
                return Contact::Untried;
            }
        };
        // A conversation that has begun is not broken off by the end of the time.
        let begins = attempt.turn == 0 && !attempt.warmup;
        let latest = if begins { self.point.latest() } else { None };
        match self.transport.exchange(kept, &mut flight, request, latest).await {
            Ok(Flown::TooLate) => {
                self.too_late(flight, verdict);
                Contact::Untried
            }
            flown => {
                let end = flown.map(|_| ());
                let response = flight.response();
                let failure = end.as_ref().err().map(|failure| failure.outcome);
                let contact = Contact::refusal(response.head.as_ref(), clock::wall())
                    .unwrap_or_else(|| Contact::of(failure, response.begun()));
                flight.land(end, verdict);
                contact
            }
        }
    }

    /// There was no connection before the time was over. Where a slot begins when its worker is free,
    /// this one never began; what was planned for a time is missing.
    fn too_late(&self, flight: Flight, verdict: Option<oneshot::Sender<Verdict>>) {
        let planned = self.point.plan.load.arrival().is_some();
        if planned || flight.attempt().attempt > 0 {
            let text = "no connection before --duration was over";
            flight.land(Err(Failure::new(Outcome::Dropped, text)), verdict);
        } else {
            flight.forget();
        }
    }

    /// Records a slot that is not sent at all.
    pub(crate) fn drop_slot(&self, (seq, job): (u64, Job), scheduled: Nanos, why: &str) {
        let warmup = self.point.plan.is_warmup(seq);
        let attempt = Attempt { seq, turn: 0, attempt: 0, warmup, scheduled };
        self.unsent(attempt, job, Outcome::Dropped, why);
    }

    fn unsent(&self, attempt: Attempt, job: Job, outcome: Outcome, why: &str) {
        self.flight(attempt, job).land(Err(Failure::new(outcome, why)), None);
    }

    fn flight(&self, attempt: Attempt, job: Job) -> Flight {
        let plan: &Plan = &self.point.plan;
        let threads = u64::from(plan.engine.threads.max(1));
        let number = self.flights.fetch_add(1, Relaxed) * threads + self.index;
        Flight::new(number, attempt, job, plan.engine.timestamps, &self.ground)
    }
}
