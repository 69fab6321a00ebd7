//! The connection test: one request for one token before anything is measured.

use crate::capture::Captures;
use crate::control::Control;
use crate::flight::{Attempt, Flight, Ground};
use crate::framing::marks::EndMarks;
use crate::gauges::Gauges;
use crate::judge;
use crate::net::connect::Connector;
use crate::outbox::Outbox;
use crate::prepare::{Job, Ports};
use crate::reading::{Reader, Reading};
use crate::run::EngineError;
use crate::timers::Timers;
use crate::transport::Transport;
use loadwright_core::Nanos;
use loadwright_core::conversation::{Message, Prompt};
use loadwright_core::outcome::Outcome;
use loadwright_core::plan::Plan;
use loadwright_core::request::{Ask, Request};
use loadwright_stamps::clock;
use std::sync::Arc;
use std::time::Duration;

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
    #[error("the connection test of {url} failed: {class}: {detail}")]
    Failed {
        /// Where it went.
        url: String,
        /// The outcome's class.
        class: String,
        /// What happened.
        detail: String,
    },
    /// The test was stopped.
    #[error("the connection test was interrupted")]
    Interrupted,
    /// It could not be made at all.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// How long a service may take to come up.
const PATIENCE: Duration = Duration::from_secs(30);
const BETWEEN: Duration = Duration::from_secs(1);

/// Asks `plan`'s service for one token, again and again for at most 30 s while it cannot be reached.
///
/// # Errors
/// It did not answer, or refused.
pub fn probe(plan: &Arc<Plan>, ports: &Ports, control: &Control) -> Result<Probed, ProbeFailure> {
    let request = request(plan, ports)?;
    let connector = Arc::new(Connector::new(plan)?);
    let timers = Arc::new(Timers::start().map_err(EngineError::from)?);
    let gauges = Arc::new(Gauges::new(1));
    let transport = Transport::new(plan, &connector, &timers, &gauges);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(EngineError::from)?;
    runtime.block_on(async {
        let deadline = tokio::time::sleep(PATIENCE);
        tokio::pin!(deadline);
        let mut last = (Outcome::Connect, "no answer within 30 s".to_owned());
        loop {
            tokio::select! {
                biased;
                () = control.stop.drained() => return Err(ProbeFailure::Interrupted),
                () = &mut deadline => break,
                result = once(plan, ports, &transport, &request) => match result? {
                    Ok(probed) => return Ok(probed),
                    Err(failure) => last = failure,
                },
            }
            if !worth_another(last.0) {
                break;
            }
            tokio::select! {
                () = control.stop.drained() => return Err(ProbeFailure::Interrupted),
                () = &mut deadline => break,
                () = tokio::time::sleep(BETWEEN) => {}
            }
        }
        let (outcome, detail) = last;
        let url = connector.endpoint.request_target(request.head.path.as_deref()).concat();
        let url = format!("{}{url}", connector.endpoint.name());
        Err(ProbeFailure::Failed { url, class: outcome.class(), detail })
    })
}

/// Whether a service that is starting up may give way to one that answers.
fn worth_another(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Status(code) => matches!(code, 429 | 502 | 503 | 504),
        Outcome::Tls
        | Outcome::Dns
        | Outcome::Garbage
        | Outcome::Unsolicited
        | Outcome::InStream
        | Outcome::Plugin => false,
        _ => true,
    }
}

/// The test's request: a fixed prompt, so that no item of the dataset is warm when it is measured.
fn request(plan: &Plan, ports: &Ports) -> Result<Request, EngineError> {
    let prompt = if plan.in_chat {
        Prompt::Messages(vec![Message::text("user", "hello")])
    } else {
        Prompt::Text("hello".into())
    };
    let ask = Ask { history: Vec::new(), prompt, max_tokens: Some(1), min_tokens: None };
    let mut protocol = ports.protocol.instance()?;
    let template = protocol.format(&[ask]).pop().expect("format gives one answer an ask")?;
    let request = template.fill(&[]).expect("a prompt without media has no media to place");
    Ok(request)
}

type Tried = Result<Probed, (Outcome, String)>;

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
        limit: usize::MAX,
        marks: EndMarks::of(ports.protocol.plan()),
    });
    let attempt =
        Attempt { seq: Attempt::PROBE, turn: 0, attempt: 0, warmup: true, due: clock::now() };
    let mut flight = Flight::new(0, attempt, Job::default(), plan.stamps, &ground);
    let end = transport.exchange(&mut None, &mut flight, request, None).await.map(|_| ());
    let tried = judged(ports, &mut flight, &end)?;
    let latency = flight.timeline.end.saturating_sub(flight.timeline.sent.unwrap_or_default());
    flight.forget();
    Ok(tried.map(|()| Probed { latency }))
}

/// Reads the test's reply by the protocol's plan; a protocol that decodes is believed its status.
fn judged(
    ports: &Ports,
    flight: &mut Flight,
    end: &Result<(), crate::net::failure::Failure>,
) -> Result<Result<(), (Outcome, String)>, EngineError> {
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
    let facts = judge::Facts {
        end,
        status: response.head.as_ref().map(|head| head.status),
        error_body: &response.error_body,
        heard_before_sent,
        marked_end: response.intake.streamed && reader.as_ref().is_some_and(Reader::knows_the_end),
    };
    Ok(match judge::outcome(&facts, &reading) {
        // One token may be one that has no text.
        (Outcome::Ok | Outcome::Empty, _) => Ok(()),
        other => Err(other),
    })
}
