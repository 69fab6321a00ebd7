//! One request and its response over an HTTP/1.1 connection. This is the hot path: a frame gets from
//! the socket to its timestamps in `poll_reply` and what it calls.
//!
//! The reader is our own, over httparse: hyper writes and reads in a separate task, so that neither
//! `sent` nor a read's timestamps could be tied to its bytes. HTTP/2 uses hyper.

pub mod head;
pub(crate) mod request_bytes;

use crate::exchange::attempt::Attempt;
use crate::exchange::deadlines::Deadlines;
use crate::exchange::net::stream::Stream;
use crate::exchange::response::Response;
use crate::messages::Failure;
use head::HeadReader;
use loadwright_core::outcome::Outcome;
use loadwright_timing::clock;
use loadwright_timing::socket::TimestampedRead;
use request_bytes::RequestBytes;
use std::cell::Cell;
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};

/// The most bytes that one read takes.
const READ: usize = 64 * 1024;
/// Reads in a row after which other connections of the thread get their turn: a server that sends
/// faster than it is read would otherwise stall them.
const BURST: u32 = 4;

thread_local! {
    /// All connections of a thread read into the same buffer: what one read gave is consumed before
    /// the next. It is taken out of the cell while it is in use.
    static BUFFER: Cell<Box<[u8]>> = Cell::new(vec![0; READ].into_boxed_slice());
}

/// Sends a request and receives its response into `attempt`.
///
/// # Errors
/// Any failure of the exchange.
pub(crate) async fn exchange(
    stream: &mut Stream,
    deadlines: &mut Deadlines,
    attempt: &mut Attempt,
    request: RequestBytes<'_>,
) -> Result<(), Failure> {
    Exchange { stream, deadlines, attempt, head: HeadReader::default() }.run(request).await
}

/// A request and its response over a connection.
struct Exchange<'e> {
    stream: &'e mut Stream,
    deadlines: &'e mut Deadlines,
    attempt: &'e mut Attempt,
    head: HeadReader,
}

/// How far a request got.
enum Sent {
    Whole,
    /// The reply was complete before the request was sent: a refusal, mostly.
    Answered,
}

/// What a step of sending did.
enum Step {
    /// Handed over that many bytes, or flushed what layers above the socket still held.
    Pushed(usize),
    Answered,
}

impl Exchange<'_> {
    async fn run(&mut self, request: RequestBytes<'_>) -> Result<(), Failure> {
        match poll_fn(|context| Poll::Ready(self.poll_early(context))).await {
            None => {}
            Some(early) => {
                self.response().mark_connection_unusable();
                return match early? {
                    true => Ok(()),
                    false => poll_fn(|context| self.poll_reply(context)).await,
                };
            }
        }
        match self.send(request).await {
            Ok(Sent::Whole) => poll_fn(|context| self.poll_reply(context)).await,
            Ok(Sent::Answered) => {
                self.response().mark_connection_unusable();
                Ok(())
            }
            Err(failure) => {
                // A server that has replied before it read the whole request may close immediately:
                // its reply says more than the broken pipe.
                let answered = poll_fn(|context| self.poll_reply(context)).await;
                self.response().mark_connection_unusable();
                match answered {
                    Err(answered) if answered.outcome != Outcome::Unsolicited => Err(failure),
                    answered => answered,
                }
            }
        }
    }

    /// Data that came before anything is sent, as far as it is known already; true: a complete
    /// response. It ends a kept connection, whatever it is: nothing was requested. On a new one the
    /// server may be refusing it.
    fn poll_early(&mut self, context: &mut Context<'_>) -> Option<Result<bool, Failure>> {
        let kept = self.attempt.timeline.connect.is_none();
        let mut buffer = BUFFER.take();
        let mut read = TimestampedRead::default();
        let early = match self.stream.poll_recv(context, &mut buffer, &mut read) {
            Poll::Pending => None,
            Poll::Ready(_) if kept => {
                let text = "the server closed the idle connection, or sent unsolicited data on it";
                Some(Err(Failure::new(Outcome::Truncated, text)))
            }
            Poll::Ready(Ok(())) => Some(self.take(&buffer[..read.len], &read)),
            Poll::Ready(Err(error)) => Some(Err(Failure::broken(&error))),
        };
        BUFFER.set(buffer);
        early
    }

    /// Writes `request`, and takes the time of `sent` just before the first byte is handed over.
    async fn send(&mut self, request: RequestBytes<'_>) -> Result<Sent, Failure> {
        let whole = request.len();
        let mut written = 0_usize;
        loop {
            let parts = request.after(written);
            let now = clock::now();
            let step = poll_fn(|context| {
                let pushed = if written < whole {
                    self.stream.poll_send(context, &parts)
                } else {
                    // TLS may still hold what did not fit into the socket, and never pushes it
                    // itself.
                    self.stream.poll_flush(context)
                };
                if let Poll::Ready(result) = pushed {
                    return Poll::Ready(result.map(Step::Pushed).map_err(|e| Failure::broken(&e)));
                }
                // A server may reply without reading the whole request.
                self.poll_reply(context).map_ok(|()| Step::Answered)
            });
            match step.await? {
                Step::Answered => return Ok(Sent::Answered),
                Step::Pushed(_) if written == whole => break,
                Step::Pushed(0) => return Err(Failure::broken(&io::ErrorKind::WriteZero.into())),
                Step::Pushed(here) => {
                    if written == 0 {
                        self.attempt.timeline.sent = Some(now);
                    }
                    written += here;
                    self.attempt.bytes_sent = written.saturating_sub(request.head_len()) as u64;
                    self.deadlines.record_write(now);
                }
            }
        }
        Ok(Sent::Whole)
    }

    /// Reads until the response is complete, the socket is empty or a deadline has passed.
    fn poll_reply(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let mut buffer = BUFFER.take();
        let mut read = TimestampedRead::default();
        let mut reads = 0;
        let result = loop {
            match self.stream.poll_recv(context, &mut buffer, &mut read) {
                Poll::Ready(Ok(())) => match self.take(&buffer[..read.len], &read) {
                    Ok(false) if self.deadlines.is_over() => {
                        let overdue = self.deadlines.overdue();
                        break Poll::Ready(self.time_out(overdue));
                    }
                    Ok(false) if reads == BURST => break yield_now(context),
                    Ok(false) => reads += 1,
                    Ok(true) => break Poll::Ready(Ok(())),
                    Err(failure) => break Poll::Ready(Err(failure)),
                },
                Poll::Ready(Err(error)) => break Poll::Ready(Err(Failure::broken(&error))),
                // Bytes woke this task, so the timer still waits with this task's waker.
                Poll::Pending if reads > 0 && !self.deadlines.is_due() => break Poll::Pending,
                Poll::Pending => {
                    break self.deadlines.poll(context).map(|failure| self.time_out(failure));
                }
            }
        };
        BUFFER.set(buffer);
        result
    }

    /// A deadline has passed. After its end mark a reply is complete, but its connection is not usable
    /// any more.
    fn time_out(&mut self, failure: Failure) -> Result<(), Failure> {
        if !self.response().read_state.end_marked {
            return Err(failure);
        }
        self.response().mark_connection_unusable();
        Ok(())
    }

    /// Takes what one read returned; true: the response is complete.
    fn take(&mut self, bytes: &[u8], read: &TimestampedRead) -> Result<bool, Failure> {
        if bytes.is_empty() {
            self.attempt.timeline.end = read.user;
            return self.response().peer_closed(read).map(|()| true);
        }
        self.deadlines.record_read(read);
        let whole = if self.response().read_state.in_head {
            self.take_head(bytes, read)?
        } else {
            self.attempt.feed(bytes, read)?
        };
        if whole || self.response().read_state.end_marked {
            self.attempt.timeline.end = self.response().stamp(read).at;
            if !whole {
                self.deadlines.linger();
            }
        }
        self.attempt.after_read(bytes.len())?;
        Ok(whole)
    }

    /// Takes a read that brings the head, or a part of it. What came before the request was sent is
    /// not its reply, unless the server refuses a new connection.
    fn take_head(&mut self, bytes: &[u8], read: &TimestampedRead) -> Result<bool, Failure> {
        let at = self.response().stamp(read).at;
        let early = self.attempt.timeline.sent.is_some_and(|sent| at < sent);
        let fed = self.feed_head(bytes, &if early { reconverted(read) } else { *read });
        if !self.attempt.replied_before_sent() {
            return fed;
        }
        let opened = self.attempt.timeline.connect.is_some();
        let response = self.response();
        let goes_on = response.read_state.in_head && fed.is_ok();
        if opened && (response.refuses_connection() || goes_on) {
            return fed;
        }
        Err(Failure::unsolicited(response.head.as_ref().map(|head| head.status)))
    }

    /// Reads the head, and the part of the body that came with its end.
    fn feed_head(&mut self, bytes: &[u8], read: &TimestampedRead) -> Result<bool, Failure> {
        match self.head.feed(self.attempt.response(), bytes, read)? {
            Some(behind) => self.attempt.feed(behind, read),
            None => Ok(false),
        }
    }

    fn response(&mut self) -> &mut Response {
        self.attempt.response()
    }
}

/// Lets the other tasks of the thread run and its sockets be polled, then wakes this one.
fn yield_now<T>(context: &mut Context<'_>) -> Poll<T> {
    let first = pin!(tokio::task::yield_now()).poll(context);
    debug_assert!(first.is_pending(), "it yields once");
    Poll::Pending
}

/// `read` after comparing both clocks again: if a thread is interrupted while it compares them, the
/// kernel timestamp comes out too early.
fn reconverted(read: &TimestampedRead) -> TimestampedRead {
    let offset = (0..3).map(|_| clock::wall_offset(clock::now())).fold(read.offset, u64::min);
    let later = |kernel: u64| (kernel + (read.offset - offset)).min(read.user);
    TimestampedRead { kernel: read.kernel.map(later), ..*read }
}

#[cfg(test)]
mod tests;
