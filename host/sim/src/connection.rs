//! One HTTP/1.1 connection: requests off the socket, one after the other, and their replies.

use crate::answer::error_body;
use crate::head::{self, Framing, Head, Malformed, Request};
use crate::service::{After, Service, reply};
use crate::socket::{Socket, Stamp};
use crate::wire::Wire;
use loadwright_stamps::clock;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// A connection and what was read ahead of it.
struct Connection {
    socket: Socket,
    number: u64,
    ahead: Vec<u8>,
    /// When the first of `ahead` came.
    stamp: Stamp,
}

/// Serves a connection to its end; errors are the client's leaving.
pub(crate) async fn serve(socket: Socket, number: u64, service: Arc<Service>) {
    let mut connection = Connection { socket, number, ahead: Vec::new(), stamp: Stamp::default() };
    let mut idle = service.config.idle_close;
    loop {
        let request = match connection.next(&service, idle).await {
            Ok(Some(request)) => request,
            Ok(None) | Err(Refused::Gone) => return,
            Err(Refused::Malformed(malformed)) => {
                let body = error_body(400, &malformed.0);
                let mut wire = Wire::http1(&mut connection.socket, &service.timer);
                // The client sent no HTTP; whether it reads the answer is its own affair.
                let _ = reply(&mut wire, false, (400, vec![]), &body).await;
                return;
            }
        };
        let mut wire = Wire::http1(&mut connection.socket, &service.timer);
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
enum Refused {
    Gone,
    Malformed(Malformed),
}

impl From<io::Error> for Refused {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl From<Malformed> for Refused {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl Connection {
    /// The next request; none: the client has closed, or was idle for too long.
    async fn next(
        &mut self,
        service: &Service,
        idle: Option<Duration>,
    ) -> Result<Option<Request>, Refused> {
        if self.ahead.is_empty() {
            let Some(idle) = idle else { return self.request().await };
            let due = clock::now() + u64::try_from(idle.as_nanos()).unwrap_or(u64::MAX / 2);
            tokio::select! {
                biased;
                read = self.read() => if !read? { return Ok(None) },
                () = service.timer.until(due) => return Ok(None),
            }
        }
        self.request().await
    }

    async fn request(&mut self) -> Result<Option<Request>, Refused> {
        let (head, length) = loop {
            if let Some(found) = Head::read(&self.ahead)? {
                break found;
            }
            if !self.read().await? {
                return Ok(None);
            }
        };
        let Stamp { received, user } = self.stamp;
        if head.expects_continue {
            self.socket.write(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let body = match head.framing {
            Framing::Length(size) => self.sized(length, size).await?,
            Framing::Chunked => self.chunked(length).await?,
        };
        let connection = self.number;
        Ok(body.map(|body| Request { head, body, received, received_user: user, connection }))
    }

    async fn sized(&mut self, head: usize, size: usize) -> Result<Option<Vec<u8>>, Refused> {
        self.ahead.reserve((head + size).saturating_sub(self.ahead.len()));
        while self.ahead.len() < head + size {
            if !self.read().await? {
                return Ok(None);
            }
        }
        let rest = self.ahead.split_off(head + size);
        let mut body = std::mem::replace(&mut self.ahead, rest);
        body.drain(..head);
        Ok(Some(body))
    }

    async fn chunked(&mut self, head: usize) -> Result<Option<Vec<u8>>, Refused> {
        loop {
            if let Some((body, length)) = head::chunked(&self.ahead[head..])? {
                self.ahead = self.ahead.split_off(head + length);
                return Ok(Some(body));
            }
            if !self.read().await? {
                return Ok(None);
            }
        }
    }

    /// Reads once; false: the client has closed.
    async fn read(&mut self) -> io::Result<bool> {
        let first = self.ahead.is_empty();
        let stamp = self.socket.read(&mut self.ahead).await?;
        if let Some(stamp) = stamp
            && first
        {
            self.stamp = stamp;
        }
        Ok(stamp.is_some())
    }
}
