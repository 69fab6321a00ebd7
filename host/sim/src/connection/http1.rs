//! HTTP/1.1 connections: their requests, read from the socket one after the other, and the replies.

use crate::http::after_reply::AfterReply;
use crate::http::chunked_body::ChunkedBody;
use crate::http::error_response::ErrorResponse;
use crate::http::json_response::JsonResponse;
use crate::http::request::{Framing, ReceiveTime, Request, RequestHead};
use crate::http::response_writer::ResponseWriter;
use crate::http::socket::Socket;
use crate::memory::Reservation;
use crate::service::Service;
use crate::service::routes::respond;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Maximum buffer allocated for a body before it arrives: its content length is only a claim.
const MAX_PREALLOCATION: usize = 1024 * 1024;
/// How long input is discarded after an error response: closing with bytes unread would be a reset,
/// which may destroy the response.
const LINGER: Duration = Duration::from_secs(2);

/// A connection and the bytes read but not consumed yet.
struct Connection {
    socket: Socket,
    number: u64,
    buffer: Vec<u8>,
    /// When the first byte of `buffer` arrived.
    received: ReceiveTime,
    /// The memory reserved for the request being read.
    memory: Reservation,
}

/// Serves a connection until it closes.
pub(super) async fn serve(socket: Socket, number: u64, service: Arc<Service>) {
    let (buffer, received, memory) = Default::default();
    let mut connection = Connection { socket, number, buffer, received, memory };
    let mut idle_timeout = service.config.idle_close;
    loop {
        let request = match connection.next(&service, idle_timeout).await {
            Ok(Some(request)) => request,
            Ok(None) | Err(ReadError::Disconnected) => return,
            Err(ReadError::Rejected(error)) => return connection.reject(&service, &error).await,
        };
        let mut writer = ResponseWriter::http1(&mut connection.socket, service.write_options());
        match respond(&service, request, &mut writer).await {
            Ok(AfterReply::KeepAlive) => idle_timeout = service.config.idle_close,
            Ok(AfterReply::KeepAliveFor(timeout)) => idle_timeout = Some(timeout),
            Ok(AfterReply::Reset) => {
                // If the option cannot be set, the connection is closed normally.
                let _ = writer.reset_on_close();
                return;
            }
            Ok(AfterReply::Close | AfterReply::Truncate) | Err(_) => return,
        }
    }
}

/// Why no request could be read.
enum ReadError {
    Disconnected,
    Rejected(ErrorResponse),
}

impl From<io::Error> for ReadError {
    fn from(_: io::Error) -> Self {
        Self::Disconnected
    }
}

impl From<ErrorResponse> for ReadError {
    fn from(error: ErrorResponse) -> Self {
        Self::Rejected(error)
    }
}

impl Connection {
    /// The next request; none: the client has closed the connection, or a timeout has passed.
    async fn next(
        &mut self,
        service: &Service,
        idle_timeout: Option<Duration>,
    ) -> Result<Option<Request>, ReadError> {
        if self.buffer.is_empty() {
            let started = match idle_timeout {
                None => self.read(service).await,
                Some(idle) => timeout(idle, self.read(service)).await.unwrap_or(Ok(false)),
            };
            if !started? {
                return Ok(None);
            }
        }
        timeout(service.config.client_timeout, self.request(service)).await.unwrap_or(Ok(None))
    }

    async fn request(&mut self, service: &Service) -> Result<Option<Request>, ReadError> {
        let (head, head_length) = loop {
            if let Some(parsed) = RequestHead::read(&self.buffer)? {
                break parsed;
            }
            if !self.read(service).await? {
                return Ok(None);
            }
        };
        let (received, connection) = (self.received, self.number);
        if head.expects_continue {
            self.socket
                .write(b"HTTP/1.1 100 Continue\r\n\r\n", service.config.client_timeout)
                .await?;
        }
        let body = match head.framing {
            Framing::Length(length) => self.sized_body(head_length, length, service).await?,
            Framing::Chunked => self.chunked_body(head_length, service).await?,
        };
        let memory = std::mem::take(&mut self.memory);
        Ok(body.map(|body| Request { head, body, received, connection, memory }))
    }

    async fn sized_body(
        &mut self,
        head_length: usize,
        length: usize,
        service: &Service,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let end = head_length + length;
        self.buffer.reserve(end.saturating_sub(self.buffer.len()).min(MAX_PREALLOCATION));
        while self.buffer.len() < end {
            if !self.read(service).await? {
                return Ok(None);
            }
        }
        let rest = self.buffer.split_off(end);
        let mut body = std::mem::replace(&mut self.buffer, rest);
        body.drain(..head_length);
        Ok(Some(body))
    }

    async fn chunked_body(
        &mut self,
        head_length: usize,
        service: &Service,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let mut decoder = ChunkedBody::default();
        self.buffer.drain(..head_length);
        loop {
            let consumed = decoder.decode(&self.buffer)?;
            self.buffer.drain(..consumed);
            if decoder.is_complete() {
                return Ok(Some(decoder.body));
            }
            let reserved = service.memory.reserve_total(&mut self.memory, decoder.body.capacity());
            reserved.map_err(ErrorResponse::from)?;
            if !self.read(service).await? {
                return Ok(None);
            }
        }
    }

    /// Reads once; false: the client has closed the connection.
    async fn read(&mut self, service: &Service) -> Result<bool, ReadError> {
        let first = self.buffer.is_empty();
        let received = self.socket.read(&mut self.buffer).await?;
        if let Some(received) = received
            && first
        {
            self.received = received;
        }
        let reserved = service.memory.reserve_total(&mut self.memory, self.buffer.len());
        reserved.map_err(ErrorResponse::from)?;
        Ok(received.is_some())
    }

    /// Answers with an error, and gives the client time to read it before the connection is closed.
    async fn reject(mut self, service: &Service, error: &ErrorResponse) {
        (self.buffer, self.memory) = (Vec::new(), Reservation::default());
        let mut writer = ResponseWriter::http1(&mut self.socket, service.write_options());
        if JsonResponse::error(error, false).send(&mut writer).await.is_ok() {
            // Whether the client reads the response does not matter here.
            let _ = timeout(LINGER, writer.wait_for_disconnect(None)).await;
        }
    }
}
