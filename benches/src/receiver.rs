//! A receiver of OTLP over HTTP as a process of its own. It keeps what it receives and counts afterwards,
//! so that it takes as little as it can from the machine that is measured.

use crate::Failure;
use crate::server::Listening;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use loadwright_timing::clock;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// The path of spans.
const TRACES: &str = "/v1/traces";

/// What was received.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Received {
    /// Requests, of all signals.
    pub(crate) requests: u64,
    /// Bytes of their bodies.
    pub(crate) bytes: u64,
    /// Spans.
    pub(crate) spans: u64,
    /// Spans a second, between the first and the last request with spans; `None` if there were not two.
    pub(crate) spans_per_s: Option<f64>,
}

/// A request: when it was received, in nanoseconds, its path and its body.
struct Exchange {
    at: u64,
    path: String,
    body: Bytes,
}

type Kept = Arc<Mutex<Vec<Exchange>>>;

/// Receives until standard input ends, then prints [`Received`].
pub(crate) fn serve() -> Result<(), Failure> {
    let kept = Kept::default();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    println!("{}", serde_json::to_string(&Listening { address: listener.local_addr()? })?);
    let (stop, stopped) = oneshot::channel();
    std::thread::spawn(move || {
        let ended = std::io::stdin().read_to_end(&mut Vec::new());
        // The receiver waits for it until then.
        let _: Result<(), _> = stop.send(ended);
    });
    runtime.block_on(async {
        tokio::select! {
            () = accept(listener, Arc::clone(&kept)) => Err("the listener failed".into()),
            ended = stopped => ended?.map(drop).map_err(Failure::from),
        }
    })?;
    let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    println!("{}", serde_json::to_string(&count(&kept)?)?);
    Ok(())
}

async fn accept(listener: TcpListener, kept: Kept) {
    while let Ok((stream, _)) = listener.accept().await {
        let kept = Arc::clone(&kept);
        let service = service_fn(move |request| keep(request, Arc::clone(&kept)));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn keep(
    request: Request<Incoming>,
    kept: Kept,
) -> Result<Response<Empty<Bytes>>, hyper::Error> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await?.to_bytes();
    let exchange = Exchange { at: clock::now(), path, body };
    kept.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    Ok(Response::new(Empty::new()))
}

fn count(kept: &[Exchange]) -> Result<Received, Failure> {
    let mut spans = 0;
    let (mut first, mut last) = (None, None);
    for exchange in kept.iter().filter(|exchange| exchange.path == TRACES) {
        let request = ExportTraceServiceRequest::decode(exchange.body.clone())?;
        let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        let own: u64 = scopes.map(|scope| scope.spans.len() as u64).sum();
        if own > 0 {
            spans += own;
            first.get_or_insert(exchange.at);
            last = Some(exchange.at);
        }
    }
    let span_s = first.zip(last).map(|(first, last)| (last - first) as f64 / 1e9);
    Ok(Received {
        requests: kept.len() as u64,
        bytes: kept.iter().map(|exchange| exchange.body.len() as u64).sum(),
        spans,
        spans_per_s: span_s.filter(|&span_s| span_s > 0.0).map(|span_s| spans as f64 / span_s),
    })
}

#[cfg(test)]
mod tests;
