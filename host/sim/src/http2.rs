//! Connections that speak HTTP/2: hyper frames them, the service answers their streams.
//!
//! Requests are dated by the user stamp alone. Faults below HTTP (garbage, informational heads,
//! resets, closing a kept connection) do not apply; a cut resets the stream.

use crate::head::{BODY_LIMIT, Head, Request};
use crate::memory::Held;
use crate::refusal::{Refusal, error_body, reply};
use crate::service::{After, Service};
use crate::wire::{ReplyHead, Wire};
use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use loadwright_timing::clock;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Streams of a connection at once.
const STREAMS: u32 = 10_000;

/// Serves a connection to its end.
pub(crate) async fn serve<S>(stream: S, number: u64, service: Arc<Service>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answer = service_fn(move |request: http::Request<Incoming>| {
        let received = clock::now();
        answer(request, (received, number), service.clone())
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.max_concurrent_streams(STREAMS);
    // How a connection ends is the client's affair.
    let _ = builder.serve_connection(TokioIo::new(stream), answer).await;
}

async fn answer(
    request: http::Request<Incoming>,
    (received, connection): (u64, u64),
    service: Arc<Service>,
) -> io::Result<Response<Pieces>> {
    let read = read(request, &service);
    let read = timeout(service.config.client_timeout, read).await.map_err(io::Error::other)??;
    let (begin, begun) = oneshot::channel();
    let (pieces, body) = mpsc::channel(1);
    let given_up = pieces.clone();
    let stream = Stream { head: None, begin: Some(begin), pieces };
    tokio::spawn(async move {
        let mut wire = Wire::http2(stream, &service);
        let answered = async {
            match read {
                Ok((head, body, held)) => {
                    let received_user = received;
                    let request = Request { head, body, received, received_user, connection, held };
                    service.answer(request, &mut wire).await
                }
                Err(refusal) => {
                    let body = error_body(refusal.status, &refusal.text);
                    reply(&mut wire, true, (refusal.status, vec![]), &body).await
                }
            }
        };
        let after = tokio::select! {
            after = answered => after,
            // The client reset the stream, or is gone.
            () = given_up.closed() => return,
        };
        wire.finish(after.is_ok_and(After::is_whole)).await;
    });
    let head = begun.await.map_err(io::Error::other)?;
    Ok(head.map(|()| Pieces(body)))
}

/// The head, the body and the memory it holds, or why the request is refused.
type Read = Result<(Head, Vec<u8>, Held), Refusal>;

/// # Errors
/// The client has left.
async fn read(request: http::Request<Incoming>, service: &Service) -> io::Result<Read> {
    let (parts, mut from) = request.into_parts();
    let mut head = Head {
        method: parts.method.as_str().into(),
        path: parts.uri.path().into(),
        keep_alive: true,
        ..Head::default()
    };
    for (name, value) in &parts.headers {
        if let Err(refusal) = head.header(name.as_str(), value.to_str().unwrap_or_default()) {
            return Ok(Err(refusal));
        }
    }
    let (mut body, mut held) = (Vec::new(), Held::default());
    while let Some(frame) = from.frame().await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else { continue };
        if body.len() + data.len() > BODY_LIMIT {
            return Ok(Err(Refusal::too_large()));
        }
        body.extend_from_slice(&data);
        if let Err(full) = service.memory.cover(&mut held, body.len()) {
            return Ok(Err(full.into()));
        }
    }
    Ok(Ok((head, body, held)))
}

/// A stream's way out.
#[derive(Debug)]
pub(crate) struct Stream {
    head: Option<Response<()>>,
    begin: Option<oneshot::Sender<Response<()>>>,
    pieces: mpsc::Sender<io::Result<Bytes>>,
}

impl Stream {
    /// Keeps the head for the first write.
    pub(crate) fn head(&mut self, head: &ReplyHead) {
        let mut response =
            Response::builder().status(head.status).header("content-type", head.content_type);
        for (name, value) in &head.headers {
            response = response.header(*name, value);
        }
        self.head = response.body(()).ok();
    }

    pub(crate) fn head_pending(&self) -> bool {
        self.head.is_some()
    }

    /// Hands `bytes` on.
    ///
    /// # Errors
    /// The client is gone, or took nothing for so long.
    pub(crate) async fn write(&mut self, bytes: &[u8], patience: Duration) -> io::Result<()> {
        self.begin();
        if bytes.is_empty() {
            return Ok(());
        }
        let piece = Ok(Bytes::copy_from_slice(bytes));
        let sent = timeout(patience, self.pieces.send(piece)).await?;
        sent.map_err(|_| io::ErrorKind::ConnectionReset.into())
    }

    fn begin(&mut self) {
        if let (Some(head), Some(begin)) = (self.head.take(), self.begin.take()) {
            // A client that has left is noticed by the next write.
            let _ = begin.send(head);
        }
    }

    /// Returns when the client has given the stream up.
    pub(crate) async fn closed(&self) {
        self.pieces.closed().await;
    }

    /// Ends the stream, by a reset where the reply is not whole.
    pub(crate) async fn finish(mut self, whole: bool) {
        self.begin();
        if !whole {
            // A client that has left needs no reset.
            let _ = self.pieces.send(Err(io::ErrorKind::ConnectionAborted.into())).await;
        }
    }
}

/// A body that comes in pieces.
#[derive(Debug)]
struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
