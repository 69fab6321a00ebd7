//! The response side of one HTTP/2 stream: its head and body pieces, handed to hyper.

use crate::http::response_head::ResponseHead;
use ::http::Response;
use bytes::Bytes;
use hyper::body::{Body, Frame};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// The sending half of a response.
#[derive(Debug)]
pub(crate) struct Http2Stream {
    /// Kept for the first write.
    pending_head: Option<Response<()>>,
    head: Option<oneshot::Sender<Response<()>>>,
    pieces: mpsc::Sender<io::Result<Bytes>>,
}

/// The receiving half of a response: what hyper sends.
#[derive(Debug)]
pub(crate) struct Http2Response {
    head: oneshot::Receiver<Response<()>>,
    body: Http2Body,
}

/// A response body that arrives in pieces.
#[derive(Debug)]
pub(crate) struct Http2Body(mpsc::Receiver<io::Result<Bytes>>);

/// Resolves when the client has given up a stream.
#[derive(Debug)]
pub(crate) struct Abandoned(mpsc::Sender<io::Result<Bytes>>);

/// Both halves of a response.
pub(crate) fn http2_response() -> (Http2Stream, Http2Response) {
    let (head_sender, head) = oneshot::channel();
    let (pieces, body) = mpsc::channel(1);
    let stream = Http2Stream { pending_head: None, head: Some(head_sender), pieces };
    (stream, Http2Response { head, body: Http2Body(body) })
}

impl Http2Stream {
    /// Keeps the head for the first write.
    pub(crate) fn head(&mut self, head: &ResponseHead) {
        let mut response =
            Response::builder().status(head.status).header("content-type", head.content_type);
        for (name, value) in &head.headers {
            response = response.header(*name, value);
        }
        self.pending_head = response.body(()).ok();
    }

    pub(crate) fn head_pending(&self) -> bool {
        self.pending_head.is_some()
    }

    /// Sends the head if it is still pending, and `bytes`.
    ///
    /// # Errors
    /// The client has disconnected, or read nothing for `write_timeout`.
    pub(crate) async fn write(&mut self, bytes: &[u8], write_timeout: Duration) -> io::Result<()> {
        self.send_head();
        if bytes.is_empty() {
            return Ok(());
        }
        let piece = Ok(Bytes::copy_from_slice(bytes));
        let sent = timeout(write_timeout, self.pieces.send(piece)).await?;
        sent.map_err(|_| io::ErrorKind::ConnectionReset.into())
    }

    fn send_head(&mut self) {
        if let (Some(response), Some(head)) = (self.pending_head.take(), self.head.take()) {
            // The next write notices a client that has disconnected.
            let _ = head.send(response);
        }
    }

    /// Resolves when the client has given up this stream, also after it was consumed.
    pub(crate) fn abandoned(&self) -> Abandoned {
        Abandoned(self.pieces.clone())
    }

    /// Ends the stream; an incomplete reply is reset.
    pub(crate) async fn finish(mut self, complete: bool) {
        self.send_head();
        if !complete {
            // A client that has disconnected needs no reset.
            let _ = self.pieces.send(Err(io::ErrorKind::ConnectionAborted.into())).await;
        }
    }
}

impl Abandoned {
    /// Returns when the client has given up the stream.
    pub(crate) async fn wait(&self) {
        self.0.closed().await;
    }
}

impl Http2Response {
    /// The response, once its head is known.
    ///
    /// # Errors
    /// The request was given up without a response.
    pub(crate) async fn response(self) -> io::Result<Response<Http2Body>> {
        let head = self.head.await.map_err(io::Error::other)?;
        Ok(head.map(|()| self.body))
    }
}

impl Body for Http2Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}
