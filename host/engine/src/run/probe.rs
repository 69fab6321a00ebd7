//! The connection test: one request for one token before anything is measured. How often it is tried
//! is for `patience`.

mod patience;

pub use patience::{Patience, Waiting};

use crate::context::Ports;
use crate::context::budget::Budget;
use crate::context::control::Control;
use crate::context::gauges::Gauges;
use crate::context::timers::Timers;
use crate::error::EngineError;
use crate::exchange::attempt::{Attempt, AttemptContext};
use crate::exchange::net::connect::Connector;
use crate::exchange::receiving::Receiving;
use crate::exchange::transport::Transport;
use crate::interpret::classify;
use crate::interpret::queue::InterpreterQueue;
use crate::interpret::reading::{Reader, Reading};
use crate::messages::capture::CapturePool;
use crate::messages::{AttemptId, Failure, TurnContext};
use crate::prepare::probe_request::probe_request;
use loadwright_core::Nanos;
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::Plan;
use loadwright_core::ports::{Cause, PluginFailure};
use loadwright_core::request::Request;
use loadwright_core::secret::masked_url;
use loadwright_timing::clock;
use patience::Retries;
use std::sync::Arc;

/// The service replied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    /// From the first byte sent to the last one received.
    pub latency: Nanos,
}

/// The connection test failed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeFailure {
    /// The service could not be reached, or did not reply as it should.
    #[error("the connection test of {url} failed: {failure}")]
    Failed {
        /// The URL, secrets masked.
        url: String,
        /// How the last probe failed.
        failure: FailedProbe,
    },
    /// The user stopped the test.
    #[error("the connection test was interrupted")]
    Interrupted,
    /// No probe could be sent.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A probe that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", .outcome.class())]
pub struct FailedProbe {
    /// Its outcome.
    pub outcome: Outcome,
    /// What happened in words, or the body of the reply, secrets masked.
    pub detail: String,
    /// The reply's `location` header.
    pub location: Option<String>,
}

/// Asks the service of `plan` for one token, repeatedly while it may be starting up and `patience`
/// allows. The request is one of the dataset's, which a run that begins with item `first_item`
/// reaches last, if at all.
///
/// # Errors
/// The service could not be reached, or refused the request.
pub fn probe(
    plan: &Arc<Plan>,
    first_item: u64,
    ports: &Ports,
    control: &Control,
    patience: &Patience<'_>,
) -> Result<Probed, ProbeFailure> {
    let request = probe_request(plan, first_item, ports).map_err(unsent)?;
    let connector = Arc::new(Connector::new(plan)?);
    let timers = Arc::new(Timers::start().map_err(EngineError::from)?);
    let gauges = Arc::new(Gauges::new(1));
    let transport = Transport::new(plan, &connector, &timers, &gauges, &Arc::default());
    let secrets = connector.endpoint.secrets(&plan.target);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(EngineError::from)?;
    let mut retries = Retries::new(control, patience);
    let result = runtime.block_on(retries.run(async || {
        let result = probe_once(plan, ports, &transport, &request).await?;
        let masked = |text: &str| secrets.masked(text).into_owned();
        Ok(result.map_err(|failed| FailedProbe {
            detail: masked(&failed.detail),
            location: failed.location.as_deref().map(masked),
            ..failed
        }))
    }))?;
    result.map_err(|failure| {
        let url = connector.endpoint.request_target(request.head.path.as_deref()).concat();
        let url = masked_url(&format!("{}{url}", connector.endpoint.name()));
        ProbeFailure::Failed { url, failure }
    })
}

/// The test's request could not be made.
fn unsent(failure: PluginFailure) -> ProbeFailure {
    match failure.cause {
        Cause::Stopped => ProbeFailure::Interrupted,
        _ => EngineError::from(failure).into(),
    }
}

/// What came of one probe.
type ProbeResult = Result<Probed, FailedProbe>;

async fn probe_once(
    plan: &Arc<Plan>,
    ports: &Ports,
    transport: &Transport,
    request: &Request,
) -> Result<ProbeResult, EngineError> {
    let context = Arc::new(AttemptContext {
        interpreters: InterpreterQueue::new(&[], Arc::new(Gauges::new(1))),
        captures: Arc::<CapturePool>::default(),
        progress: Arc::default(),
        budget: Budget::new(plan.engine.replies),
        receiving: Receiving { incremental: false, ..Receiving::by(ports.api.plan()) },
        stream: plan.request.stream,
    });
    let scheduled = clock::now();
    let id = AttemptId { seq: AttemptId::PROBE, turn: 0, attempt: 0, warmup: true, scheduled };
    let mut attempt = Attempt::new(0, id, TurnContext::default(), plan.engine.timestamps, &context);
    let end = transport.exchange(&mut None, &mut attempt, request, None).await.map(|_| ());
    let classified = outcome(ports, &mut attempt, &end)?;
    let head = attempt.response().head.as_ref();
    let location = head.and_then(|head| head.header("location")).map(str::to_owned);
    let latency = attempt.timeline.end.saturating_sub(attempt.timeline.sent.unwrap_or_default());
    attempt.discard();
    Ok(match classified {
        (Outcome::Ok, _) => Ok(Probed { latency }),
        (outcome, detail) => Err(FailedProbe { outcome, detail, location }),
    })
}

/// The outcome of the probe, and what went wrong in words. The reply is read by the reading plan; if
/// there is none, a good status is enough.
fn outcome(
    ports: &Ports,
    attempt: &mut Attempt,
    end: &Result<(), Failure>,
) -> Result<(Outcome, String), EngineError> {
    let replied_before_sent = attempt.replied_before_sent();
    let response = attempt.response();
    let mut reading = Reading::without_text();
    let reader = ports.api.plan().map(Reader::new).transpose()?;
    match &reader {
        Some(reader) => {
            for frame in response.read_state.capture.iter() {
                reader.read_event(&frame.event(), frame.payload, &mut reading);
            }
        }
        None => reading.frame_tokens = Some(1),
    }
    let facts = classify::ExchangeFacts {
        end,
        status: response.head.as_ref().map(|head| head.status),
        error_body: &response.error_body,
        replied_before_sent,
        needs_end_mark: response.streamed() && reader.as_ref().is_some_and(Reader::knows_the_end),
    };
    Ok(match classify::outcome(&facts, &reading) {
        // The one token may have no text.
        (Outcome::Empty, _) => (Outcome::Ok, String::new()),
        other => other,
    })
}
