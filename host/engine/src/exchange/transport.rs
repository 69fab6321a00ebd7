//! Requests over connections: opened where there is none, kept where the response allows it,
//! opened again once where an idle one had died.

use crate::context::gauges::{Gauges, StepWatch};
use crate::context::timers::Timers;
use crate::exchange::attempt::Flight;
use crate::exchange::deadlines::{Watch, nanos};
use crate::exchange::http1::{Message, exchange};
use crate::exchange::http2::Http2;
use crate::exchange::net::connect::Connector;
use crate::exchange::net::stream::Stream;
use crate::exchange::request_head::Heads;
use crate::messages::Failure;
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::{Plan, Timeouts};
use loadwright_core::request::Request;
use loadwright_timing::clock;
use std::sync::Arc;

/// Sends requests for one engine thread.
pub(crate) struct Transport {
    connector: Arc<Connector>,
    plan: Arc<Plan>,
    heads: Heads,
    timers: Arc<Timers>,
    steps: Arc<StepWatch>,
    gauges: Arc<Gauges>,
}

/// A connection between two requests.
pub(crate) struct Connection {
    wire: Wire,
    id: u64,
    /// The request at hand: its head, and its body where that is small.
    front: Vec<u8>,
}

enum Wire {
    Http1(Stream, Watch),
    Http2(Http2),
}

/// Whether an exchange happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flown {
    /// It did.
    Done,
    /// A connection was at hand only when no request might start any more.
    TooLate,
}

impl Transport {
    /// A transport for `plan` over connections of `connector`.
    pub(crate) fn new(
        plan: &Arc<Plan>,
        connector: &Arc<Connector>,
        timers: &Arc<Timers>,
        gauges: &Arc<Gauges>,
    ) -> Self {
        Self {
            connector: Arc::clone(connector),
            plan: Arc::clone(plan),
            heads: Heads::new(plan, &connector.endpoint),
            timers: Arc::clone(timers),
            steps: Arc::default(),
            gauges: Arc::clone(gauges),
        }
    }

    /// Sends `request` and takes its response into `flight`, over `kept` where there is one. The
    /// connection is left there where it may carry another request. Nothing is sent after `latest`.
    ///
    /// # Errors
    /// Every way in which an exchange fails, by class.
    pub(crate) async fn exchange(
        &self,
        kept: &mut Option<Connection>,
        flight: &mut Flight,
        request: &Request,
        latest: Option<Nanos>,
    ) -> Result<Flown, Failure> {
        loop {
            let reused = kept.is_some();
            let mut connection = match kept.take() {
                Some(connection) => connection,
                // Boxed, as is what HTTP/2 does: rare, and by far larger than all that the common
                // way keeps in a worker's task.
                None => Box::pin(self.open(flight)).await?,
            };
            let now = clock::now();
            if latest.is_some_and(|latest| now > latest) {
                *kept = Some(connection);
                return Ok(Flown::TooLate);
            }
            flight.timeline.ready = Some(now);
            flight.connection = connection.id;
            match self.roundtrip(&mut connection, flight, request, now).await {
                Ok(()) if connection.usable(flight) => {
                    *kept = Some(connection);
                    return Ok(Flown::Done);
                }
                Ok(()) => return Ok(Flown::Done),
                Err(failure) if reused && !flight.reopened && died_idle(&failure, flight) => {
                    flight.begin_again();
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn open(&self, flight: &mut Flight) -> Result<Connection, Failure> {
        let until = flight.begun.saturating_add(nanos(self.plan.timeouts.total));
        let opened = self.connector.open(until).await?;
        flight.timeline.connect = Some(opened.phases);
        let wire = if self.connector.http2() {
            Wire::Http2(Http2::new(opened.stream).await?)
        } else {
            let (steps, gauges) = (Arc::clone(&self.steps), Arc::clone(&self.gauges));
            let timer = self.timers.timer();
            Wire::Http1(opened.stream, Watch::new(&self.plan.timeouts, timer, steps, gauges))
        };
        Ok(Connection { wire, id: opened.id, front: Vec::new() })
    }

    async fn roundtrip(
        &self,
        connection: &mut Connection,
        flight: &mut Flight,
        request: &Request,
        now: Nanos,
    ) -> Result<(), Failure> {
        match &mut connection.wire {
            Wire::Http1(stream, watch) => {
                let front = &mut connection.front;
                self.heads.write(front, request, flight.attempt());
                let message = Message::new(front, &request.body);
                watch.begin(flight.begun, now);
                exchange(stream, watch, flight, message).await
            }
            Wire::Http2(http2) => {
                let request = self
                    .heads
                    .http2(request, flight.attempt())
                    .map_err(|error| Failure::new(Outcome::Plugin, error.to_string()))?;
                let spent = std::time::Duration::from_nanos(now.saturating_sub(flight.begun));
                let total = self.plan.timeouts.total.saturating_sub(spent);
                let timeouts = Timeouts { total, ..self.plan.timeouts };
                Box::pin(http2.exchange(flight, request, &timeouts)).await
            }
        }
    }
}

impl Connection {
    fn usable(&self, flight: &mut Flight) -> bool {
        match &self.wire {
            Wire::Http1(..) => flight.response().keeps_connection(),
            Wire::Http2(http2) => http2.usable(),
        }
    }
}

/// Whether a connection that had been idle was found dead: nothing of a reply had come yet, or the
/// server had refused it, with a `408` mostly, before the request was sent. Servers close idle
/// connections when they like, so that is not a failure of the request.
fn died_idle(failure: &Failure, flight: &mut Flight) -> bool {
    match failure.outcome {
        Outcome::Reset | Outcome::Truncated => !flight.response().begun(),
        Outcome::Unsolicited => flight.response().refuses(),
        _ => false,
    }
}
