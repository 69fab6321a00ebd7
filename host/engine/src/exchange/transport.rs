//! Sends requests over connections: opens them, keeps them if the response allows it, and opens one
//! again if an idle one had died.

use crate::context::gauges::{ClockStepDetector, Gauges};
use crate::context::timers::Timers;
use crate::exchange::attempt::Attempt;
use crate::exchange::deadlines::Deadlines;
use crate::exchange::http1::exchange;
use crate::exchange::http1::request_bytes::RequestBytes;
use crate::exchange::http2::Http2;
use crate::exchange::net::connect::Connector;
use crate::exchange::net::stream::Stream;
use crate::exchange::request_head::RequestHeads;
use crate::messages::Failure;
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::{Plan, Timeouts};
use loadwright_core::request::Request;
use loadwright_timing::clock;
use loadwright_timing::read_batcher::ReadBatcher;
use std::sync::Arc;

/// Sends requests for one engine thread.
pub(crate) struct Transport {
    connector: Arc<Connector>,
    plan: Arc<Plan>,
    heads: RequestHeads,
    timers: Arc<Timers>,
    steps: Arc<ClockStepDetector>,
    gauges: Arc<Gauges>,
    batcher: Arc<ReadBatcher>,
}

/// A connection between two requests.
pub(crate) struct Connection {
    wire: Wire,
    id: u64,
    /// The current request: its head, and its body if that is small.
    front: Vec<u8>,
}

enum Wire {
    Http1(Stream, Deadlines),
    Http2(Http2),
}

/// Whether a request was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exchanged {
    /// It was, and the response is complete.
    Done,
    /// The connection was open only after the last moment at which a request may start.
    TooLate,
}

impl Transport {
    /// A transport for `plan` over connections of `connector`, whose reads `batcher` records.
    pub(crate) fn new(
        plan: &Arc<Plan>,
        connector: &Arc<Connector>,
        timers: &Arc<Timers>,
        gauges: &Arc<Gauges>,
        batcher: &Arc<ReadBatcher>,
    ) -> Self {
        Self {
            connector: Arc::clone(connector),
            plan: Arc::clone(plan),
            heads: RequestHeads::new(plan, &connector.endpoint),
            timers: Arc::clone(timers),
            steps: Arc::default(),
            gauges: Arc::clone(gauges),
            batcher: Arc::clone(batcher),
        }
    }

    /// Sends `request` and receives its response into `attempt`, over the connection `kept` if there
    /// is one. The connection is left there if it may be used again. Nothing is sent after `latest`.
    ///
    /// # Errors
    /// Any failure of the exchange.
    pub(crate) async fn exchange(
        &self,
        kept: &mut Option<Connection>,
        attempt: &mut Attempt,
        request: &Request,
        latest: Option<Nanos>,
    ) -> Result<Exchanged, Failure> {
        loop {
            let reused = kept.is_some();
            let mut connection = match kept.take() {
                Some(connection) => connection,
                // Boxed, as is the HTTP/2 exchange: rare, and much larger than the state that the
                // common path keeps in a task.
                None => Box::pin(self.open(attempt)).await?,
            };
            let now = clock::now();
            if latest.is_some_and(|latest| now > latest) {
                *kept = Some(connection);
                return Ok(Exchanged::TooLate);
            }
            attempt.timeline.ready = Some(now);
            attempt.connection = connection.id;
            match self.roundtrip(&mut connection, attempt, request, now).await {
                Ok(()) if connection.usable(attempt) => {
                    *kept = Some(connection);
                    return Ok(Exchanged::Done);
                }
                Ok(()) => return Ok(Exchanged::Done),
                Err(failure) if reused && !attempt.reopened && died_idle(&failure, attempt) => {
                    attempt.restart();
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn open(&self, attempt: &mut Attempt) -> Result<Connection, Failure> {
        let until = attempt.begun.saturating_add(clock::nanos(self.plan.timeouts.total));
        let opened = self.connector.open(until, &self.batcher).await?;
        attempt.timeline.connect = Some(opened.phases);
        let wire = if self.connector.http2() {
            Wire::Http2(Http2::new(opened.stream).await?)
        } else {
            let (steps, gauges) = (Arc::clone(&self.steps), Arc::clone(&self.gauges));
            let timer = self.timers.timer();
            Wire::Http1(opened.stream, Deadlines::new(&self.plan.timeouts, timer, steps, gauges))
        };
        Ok(Connection { wire, id: opened.id, front: Vec::new() })
    }

    async fn roundtrip(
        &self,
        connection: &mut Connection,
        attempt: &mut Attempt,
        request: &Request,
        now: Nanos,
    ) -> Result<(), Failure> {
        match &mut connection.wire {
            Wire::Http1(stream, deadlines) => {
                let front = &mut connection.front;
                self.heads.write(front, request, attempt.id());
                let request = RequestBytes::new(front, &request.body);
                deadlines.begin(attempt.begun, now);
                exchange(stream, deadlines, attempt, request).await
            }
            Wire::Http2(http2) => {
                let request = self
                    .heads
                    .http2(request, attempt.id())
                    .map_err(|error| Failure::new(Outcome::Plugin, error.to_string()))?;
                let spent = std::time::Duration::from_nanos(now.saturating_sub(attempt.begun));
                let total = self.plan.timeouts.total.saturating_sub(spent);
                let timeouts = Timeouts { total, ..self.plan.timeouts };
                Box::pin(http2.exchange(attempt, request, &timeouts)).await
            }
        }
    }
}

impl Connection {
    fn usable(&self, attempt: &mut Attempt) -> bool {
        match &self.wire {
            Wire::Http1(..) => attempt.response().keeps_connection(),
            Wire::Http2(http2) => http2.usable(),
        }
    }
}

/// Whether a connection had died while it was idle: no reply had begun, or the server had refused it
/// before the request was sent, typically with a `408`. Servers may close idle connections at any
/// time, so that is not a failure of the request.
fn died_idle(failure: &Failure, attempt: &mut Attempt) -> bool {
    match failure.outcome {
        Outcome::Reset | Outcome::Truncated => !attempt.response().has_begun(),
        Outcome::Unsolicited => attempt.response().refuses_connection(),
        _ => false,
    }
}
