//! HTTP/2 connections: hyper does the framing, the service answers the streams.
//!
//! Requests have no kernel timestamps. Faults below HTTP (garbage, informational responses, resets,
//! closing a kept-alive connection) do not apply; a cut resets the stream.

use crate::http::after_reply::AfterReply;
use crate::http::error_response::ErrorResponse;
use crate::http::http2_stream::{Http2Body, http2_response};
use crate::http::json_response::JsonResponse;
use crate::http::request::{BODY_LIMIT, ReceiveTime, Request, RequestHead};
use crate::http::response_writer::ResponseWriter;
use crate::memory::Reservation;
use crate::service::Service;
use crate::service::routes::respond;
use ::http::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use loadwright_timing::clock;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

/// Maximum number of concurrent streams of a connection.
const MAX_STREAMS: u32 = 10_000;

/// What is known of a request before it is read.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    received: ReceiveTime,
    connection: u64,
}

/// Serves a connection until it closes.
pub(super) async fn serve<S>(stream: S, connection: u64, service: Arc<Service>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answer = service_fn(move |request: ::http::Request<Incoming>| {
        let now = clock::now();
        let arrival = Arrival { received: ReceiveTime { kernel: now, user: now }, connection };
        answer(request, arrival, service.clone())
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.max_concurrent_streams(MAX_STREAMS);
    // Errors end the connection, and the client knows of them.
    let _ = builder.serve_connection(TokioIo::new(stream), answer).await;
}

async fn answer(
    request: ::http::Request<Incoming>,
    arrival: Arrival,
    service: Arc<Service>,
) -> io::Result<Response<Http2Body>> {
    let read = read(request, arrival, &service);
    let read = timeout(service.config.client_timeout, read).await.map_err(io::Error::other)??;
    let (stream, response) = http2_response();
    let abandoned = stream.abandoned();
    tokio::spawn(async move {
        let mut writer = ResponseWriter::http2(stream, service.write_options());
        let answered = async {
            match read {
                Ok(request) => respond(&service, request, &mut writer).await,
                Err(error) => JsonResponse::error(&error, true).send(&mut writer).await,
            }
        };
        let after = tokio::select! {
            after = answered => after,
            // The client has reset the stream, or disconnected.
            () = abandoned.wait() => return,
        };
        writer.finish(after.is_ok_and(AfterReply::is_complete)).await;
    });
    response.response().await
}

/// Reads a request, or the error to answer it with.
///
/// # Errors
/// The client has disconnected.
async fn read(
    request: ::http::Request<Incoming>,
    arrival: Arrival,
    service: &Service,
) -> io::Result<Result<Request, ErrorResponse>> {
    let (parts, mut frames) = request.into_parts();
    let head = match request_head(&parts) {
        Ok(head) => head,
        Err(error) => return Ok(Err(error)),
    };
    let (mut body, mut memory) = (Vec::new(), Reservation::default());
    while let Some(frame) = frames.frame().await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else { continue };
        if body.len() + data.len() > BODY_LIMIT {
            return Ok(Err(ErrorResponse::body_too_large(BODY_LIMIT)));
        }
        body.extend_from_slice(&data);
        if let Err(exceeded) = service.memory.reserve_total(&mut memory, body.len()) {
            return Ok(Err(exceeded.into()));
        }
    }
    let Arrival { received, connection } = arrival;
    Ok(Ok(Request { head, body, received, connection, memory }))
}

fn request_head(parts: &::http::request::Parts) -> Result<RequestHead, ErrorResponse> {
    let mut head = RequestHead {
        method: parts.method.as_str().into(),
        path: parts.uri.path().into(),
        keep_alive: true,
        ..RequestHead::default()
    };
    for (name, value) in &parts.headers {
        head.header(name.as_str(), value.to_str().unwrap_or_default())?;
    }
    Ok(head)
}
