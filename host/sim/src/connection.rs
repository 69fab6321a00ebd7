//! One HTTP/1.1 connection: requests off the socket, one after the other, and their replies.

use crate::chunks::Chunks;
use crate::head::{Framing, Head, Request};
use crate::memory::Held;
use crate::refusal::{Refusal, error_body, reply};
use crate::service::{After, Service};
use crate::socket::{Socket, Stamp};
use crate::wire::Wire;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Room that is made for a body before it comes, in bytes at most: its length is but a claim.
const RESERVED: usize = 1024 * 1024;
/// How long a client that was refused is listened to: a close with bytes unread would be a reset,
/// which takes the answer back.
const LINGER: Duration = Duration::from_secs(2);

/// A connection and what was read ahead of it.
struct Connection {
    socket: Socket,
    number: u64,
    ahead: Vec<u8>,
    /// The memory that the request under way holds.
    held: Held,
    /// When the first of `ahead` came.
    stamp: Stamp,
}

/// Serves a connection to its end; errors are the client's leaving.
pub(crate) async fn serve(socket: Socket, number: u64, service: Arc<Service>) {
    let (ahead, held, stamp) = (Vec::new(), Held::default(), Stamp::default());
    let mut connection = Connection { socket, number, ahead, held, stamp };
    let mut idle = service.config.idle_close;
    loop {
        let request = match connection.next(&service, idle).await {
            Ok(Some(request)) => request,
            Ok(None) | Err(Unread::Gone) => return,
            Err(Unread::Refused(refusal)) => return connection.refuse(&service, &refusal).await,
        };
        let mut wire = Wire::http1(&mut connection.socket, &service);
        match service.answer(request, &mut wire).await {
            Ok(After::Keep) => idle = service.config.idle_close,
            Ok(After::KeepFor(span)) => idle = Some(span),
            Ok(After::Reset) => {
                // A socket that cannot be set to reset is closed in the plain way.
                let _ = wire.reset_on_close();
                return;
            }
            Ok(After::Close | After::Cut) | Err(_) => return,
        }
    }
}

/// Why there is no request.
enum Unread {
    Gone,
    Refused(Refusal),
}

impl From<io::Error> for Unread {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl From<Refusal> for Unread {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Connection {
    /// The next request; none: the client has closed, was idle for too long, or took too long to
    /// send it.
    async fn next(
        &mut self,
        service: &Service,
        idle: Option<Duration>,
    ) -> Result<Option<Request>, Unread> {
        if self.ahead.is_empty() {
            let begun = match idle {
                None => self.read(service).await,
                Some(idle) => timeout(idle, self.read(service)).await.unwrap_or(Ok(false)),
            };
            if !begun? {
                return Ok(None);
            }
        }
        timeout(service.config.client_timeout, self.request(service)).await.unwrap_or(Ok(None))
    }

    async fn request(&mut self, service: &Service) -> Result<Option<Request>, Unread> {
        let (head, length) = loop {
            if let Some(found) = Head::read(&self.ahead)? {
                break found;
            }
            if !self.read(service).await? {
                return Ok(None);
            }
        };
        let Stamp { received, user } = self.stamp;
        if head.expects_continue {
            self.socket
                .write(b"HTTP/1.1 100 Continue\r\n\r\n", service.config.client_timeout)
                .await?;
        }
        let body = match head.framing {
            Framing::Length(size) => self.sized((length, size), service).await?,
            Framing::Chunked => self.chunked(length, service).await?,
        };
        let (connection, held) = (self.number, std::mem::take(&mut self.held));
        let received_user = user;
        Ok(body.map(|body| Request { head, body, received, received_user, connection, held }))
    }

    async fn sized(
        &mut self,
        (head, size): (usize, usize),
        service: &Service,
    ) -> Result<Option<Vec<u8>>, Unread> {
        self.ahead.reserve((head + size).saturating_sub(self.ahead.len()).min(RESERVED));
        while self.ahead.len() < head + size {
            if !self.read(service).await? {
                return Ok(None);
            }
        }
        let rest = self.ahead.split_off(head + size);
        let mut body = std::mem::replace(&mut self.ahead, rest);
        body.drain(..head);
        Ok(Some(body))
    }

    async fn chunked(&mut self, head: usize, service: &Service) -> Result<Option<Vec<u8>>, Unread> {
        let mut chunks = Chunks::default();
        self.ahead.drain(..head);
        loop {
            let taken = chunks.take(&self.ahead)?;
            self.ahead.drain(..taken);
            if chunks.is_whole() {
                return Ok(Some(chunks.body));
            }
            service.memory.cover(&mut self.held, chunks.body.capacity()).map_err(Refusal::from)?;
            if !self.read(service).await? {
                return Ok(None);
            }
        }
    }

    /// Reads once; false: the client has closed.
    async fn read(&mut self, service: &Service) -> Result<bool, Unread> {
        let first = self.ahead.is_empty();
        let stamp = self.socket.read(&mut self.ahead).await?;
        if let Some(stamp) = stamp
            && first
        {
            self.stamp = stamp;
        }
        service.memory.cover(&mut self.held, self.ahead.len()).map_err(Refusal::from)?;
        Ok(stamp.is_some())
    }

    /// Answers what is refused, and sees to it that the client can read why. Whether it does is its
    /// own affair.
    async fn refuse(mut self, service: &Service, refusal: &Refusal) {
        (self.ahead, self.held) = (Vec::new(), Held::default());
        let mut wire = Wire::http1(&mut self.socket, service);
        let body = error_body(refusal.status, &refusal.text);
        if reply(&mut wire, false, (refusal.status, vec![]), &body).await.is_ok() {
            let _ = timeout(LINGER, wire.left(None)).await;
        }
    }
}
