//! The connection test: one request for one token before anything is measured.

mod patience;

pub use patience::{Patience, Waiting};

use crate::context::Ports;
use crate::context::budget::Budget;
use crate::context::control::Control;
use crate::context::gauges::Gauges;
use crate::context::timers::Timers;
use crate::error::EngineError;
use crate::exchange::attempt::{Flight, Ground};
use crate::exchange::framing::marks::EndMarks;
use crate::exchange::net::connect::Connector;
use crate::exchange::response::head::fields;
use crate::exchange::transport::Transport;
use crate::interpret::classify;
use crate::interpret::queue::Outbox;
use crate::interpret::reading::{Reader, Reading};
use crate::messages::capture::Captures;
use crate::messages::{Attempt, Job};
use crate::prepare::request_builder::check;
use loadwright_core::Nanos;
use loadwright_core::conversation::{Message, Prompt};
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::Plan;
use loadwright_core::request::{PromptRequest, Request};
use loadwright_core::secret::masked_url;
use loadwright_timing::clock;
use patience::Tries;
use std::sync::Arc;

/// The service answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    /// From the first byte sent to the last received.
    pub latency: Nanos,
}

/// The service did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ProbeFailure {
    /// The last try's outcome, in words.
    #[error("the connection test of {url} failed: {failure}")]
    Failed {
        /// Where it went, secrets masked.
        url: String,
        /// The last try's failure.
        failure: Refusal,
    },
    /// The test was stopped.
    #[error("the connection test was interrupted")]
    Interrupted,
    /// It could not be made at all.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What a try came to that was no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", .outcome.class())]
pub struct Refusal {
    /// How it ended.
    pub outcome: Outcome,
    /// What happened in words, or the body of the answer, secrets masked.
    pub detail: String,
    /// The answer's `location` header.
    pub location: Option<String>,
}

/// Asks `plan`'s service for one token, again and again while it cannot be reached and `patience`
/// lasts.
///
/// # Errors
/// It did not answer, or refused.
pub fn probe(
    plan: &Arc<Plan>,
    ports: &Ports,
    control: &Control,
    patience: &Patience<'_>,
) -> Result<Probed, ProbeFailure> {
    let request = request(plan, ports)?;
    let connector = Arc::new(Connector::new(plan)?);
    let timers = Arc::new(Timers::start().map_err(EngineError::from)?);
    let gauges = Arc::new(Gauges::new(1));
    let transport = Transport::new(plan, &connector, &timers, &gauges);
    let secrets = connector.endpoint.secrets(&plan.target);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(EngineError::from)?;
    let mut tries = Tries::new(control, patience);
    let asked = runtime.block_on(tries.run(async || {
        let tried = once(plan, ports, &transport, &request).await?;
        let kept = |text: &str| secrets.masked(text).into_owned();
        Ok(tried.map_err(|refusal| Refusal {
            detail: kept(&refusal.detail),
            location: refusal.location.as_deref().map(kept),
            ..refusal
        }))
    }))?;
    asked.map_err(|failure| {
        let url = connector.endpoint.request_target(request.head.path.as_deref()).concat();
        let url = masked_url(&format!("{}{url}", connector.endpoint.name()));
        ProbeFailure::Failed { url, failure }
    })
}

/// The test's request: a fixed prompt, so that no item of the dataset is warm when it is measured.
fn request(plan: &Plan, ports: &Ports) -> Result<Request, EngineError> {
    let prompt = if plan.request.in_chat {
        Prompt::Messages(vec![Message::text("user", "hello")])
    } else {
        Prompt::Text("hello".into())
    };
    let ask = PromptRequest { history: Vec::new(), prompt, max_tokens: Some(1), min_tokens: None };
    let mut protocol = ports.protocol.instance()?;
    let template = protocol.format(&[ask]).pop().expect("format gives one answer an ask")?;
    let request = template.fill(&[]).expect("a prompt without media has no media to place");
    check(plan, &request.head)?;
    Ok(request)
}

type Tried = Result<Probed, Refusal>;

async fn once(
    plan: &Arc<Plan>,
    ports: &Ports,
    transport: &Transport,
    request: &Request,
) -> Result<Tried, EngineError> {
    let ground = Arc::new(Ground {
        outbox: Outbox::new(&[], Arc::new(Gauges::new(1))),
        captures: Arc::<Captures>::default(),
        progress: Arc::default(),
        parts: false,
        budget: Budget::new(plan.engine.replies),
        marks: EndMarks::of(ports.protocol.plan()),
        stream: plan.request.stream,
    });
    let attempt =
        Attempt { seq: Attempt::PROBE, turn: 0, attempt: 0, warmup: true, scheduled: clock::now() };
    let mut flight = Flight::new(0, attempt, Job::default(), plan.engine.timestamps, &ground);
    let end = transport.exchange(&mut None, &mut flight, request, None).await.map(|_| ());
    let tried = judged(ports, &mut flight, &end)?;
    let location = location(&flight.response().head_bytes);
    let latency = flight.timeline.end.saturating_sub(flight.timeline.sent.unwrap_or_default());
    flight.forget();
    Ok(match tried {
        (Outcome::Ok, _) => Ok(Probed { latency }),
        (outcome, detail) => Err(Refusal { outcome, detail, location }),
    })
}

/// The `location` of a response's head.
fn location(head: &[u8]) -> Option<String> {
    fields(head).into_iter().find(|(name, _)| name == "location").map(|(_, value)| value)
}

/// Reads the test's reply by the protocol's plan; a protocol that decodes is believed its status.
/// The outcome, and what went wrong in words.
fn judged(
    ports: &Ports,
    flight: &mut Flight,
    end: &Result<(), crate::messages::Failure>,
) -> Result<(Outcome, String), EngineError> {
    let heard_before_sent = flight.heard_before_sent();
    let response = flight.response();
    let mut reading = Reading::without_text();
    let reader = ports.protocol.plan().map(Reader::new).transpose()?;
    match &reader {
        Some(reader) => {
            for (frame, _) in response.intake.capture.iter() {
                reader.read(frame, &mut reading);
            }
        }
        None => reading.frame_tokens = Some(1),
    }
    let facts = classify::Facts {
        end,
        status: response.head.as_ref().map(|head| head.status),
        error_body: &response.error_body,
        heard_before_sent,
        marked_end: response.streamed() && reader.as_ref().is_some_and(Reader::knows_the_end),
    };
    Ok(match classify::outcome(&facts, &reading) {
        // One token may be one that has no text.
        (Outcome::Empty, _) => (Outcome::Ok, String::new()),
        other => other,
    })
}
