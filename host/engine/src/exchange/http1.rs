//! One request and its response over an HTTP/1.1 connection. This is the hot path: a frame's way
//! from the socket to its stamp is `poll_reply` and what it calls.
//!
//! The measured path has a reader of its own over httparse: hyper writes and reads from a task of
//! its own, so that neither `sent` nor a read's stamp could be tied to its bytes. HTTP/2 is hyper's.

use crate::exchange::attempt::Attempt;
use crate::exchange::deadlines::Deadlines;
use crate::exchange::net::stream::Stream;
use crate::messages::Failure;
use loadwright_core::outcome::Outcome;
use loadwright_timing::clock;
use loadwright_timing::socket::TimestampedRead;
use std::cell::Cell;
use std::future::{Future as _, poll_fn};
use std::io::{self, IoSlice};
use std::pin::pin;
use std::task::{Context, Poll};

/// Bytes that one read may give.
const READ: usize = 64 * 1024;
/// Reads in a row after which other connections of the thread have their turn: a server that sends
/// faster than it is read would hold them all up.
const BURST: u32 = 4;

thread_local! {
    /// Every connection of a thread reads into the same buffer: what a read gives is taken out of
    /// it before the next one. It is taken from its place while it is used.
    static BUFFER: Cell<Box<[u8]>> = Cell::new(vec![0; READ].into_boxed_slice());
}

/// A request as it is written.
#[derive(Clone, Copy)]
pub(crate) struct Message<'m> {
    /// The head, and the body where that is small.
    front: &'m [u8],
    /// The length of the head.
    head: usize,
    /// The body where it is not.
    rest: &'m [u8],
}

/// The largest body that is copied behind its head: the kernel takes one run of bytes for less than
/// two, and copying this many costs less than the difference.
const SMALL: usize = 4 * 1024;

impl<'m> Message<'m> {
    /// A request whose head is in `front`, where its body may be put as well.
    pub(crate) fn new(front: &'m mut Vec<u8>, body: &'m [u8]) -> Self {
        let head = front.len();
        if body.len() > SMALL {
            return Self { front, head, rest: body };
        }
        front.extend_from_slice(body);
        Self { front, head, rest: &[] }
    }

    fn len(self) -> usize {
        self.front.len() + self.rest.len()
    }

    /// What is behind the first `written` bytes.
    fn behind(self, written: usize) -> [IoSlice<'m>; 2] {
        let rest = written.saturating_sub(self.front.len());
        let front = written.min(self.front.len());
        [IoSlice::new(&self.front[front..]), IoSlice::new(&self.rest[rest..])]
    }
}

/// Sends a request and takes its response into `attempt`.
///
/// # Errors
/// Every way in which that fails, by class.
pub(crate) async fn exchange(
    stream: &mut Stream,
    deadlines: &mut Deadlines,
    attempt: &mut Attempt,
    message: Message<'_>,
) -> Result<(), Failure> {
    match poll_fn(|context| Poll::Ready(listen(stream, deadlines, attempt, context))).await {
        None => {}
        Some(heard) => {
            attempt.response().leave_out_of_step();
            return match heard? {
                true => Ok(()),
                false => poll_fn(|context| poll_reply(stream, deadlines, attempt, context)).await,
            };
        }
    }
    match send(stream, deadlines, attempt, message).await {
        Ok(Sent::Whole) => poll_fn(|context| poll_reply(stream, deadlines, attempt, context)).await,
        Ok(Sent::Answered) => {
            attempt.response().leave_out_of_step();
            Ok(())
        }
        Err(failure) => {
            // A server that has answered before it took the whole request may close at once: its
            // answer says more than the broken pipe.
            let answered = poll_fn(|context| poll_reply(stream, deadlines, attempt, context)).await;
            attempt.response().leave_out_of_step();
            match answered {
                Err(answered) if answered.outcome != Outcome::Unsolicited => Err(failure),
                answered => answered,
            }
        }
    }
}

/// What was heard before anything is sent, if that is known already; true: a whole response. On a
/// kept connection whatever it is ends the connection: nothing was asked. On a new one the server
/// may be refusing it.
fn listen(
    stream: &mut Stream,
    deadlines: &mut Deadlines,
    attempt: &mut Attempt,
    context: &mut Context<'_>,
) -> Option<Result<bool, Failure>> {
    let kept = attempt.timeline.connect.is_none();
    let mut buffer = BUFFER.take();
    let mut read = TimestampedRead::default();
    let heard = match stream.poll_recv(context, &mut buffer, &mut read) {
        Poll::Pending => None,
        Poll::Ready(_) if kept => {
            let text = "the server closed the idle connection, or sent data on it unasked";
            Some(Err(Failure::new(Outcome::Truncated, text)))
        }
        Poll::Ready(Ok(())) => Some(take(attempt, deadlines, &buffer[..read.len], &read)),
        Poll::Ready(Err(error)) => Some(Err(Failure::broken(&error))),
    };
    BUFFER.set(buffer);
    heard
}

/// How far a request got.
enum Sent {
    Whole,
    /// The reply was whole before the request was: a refusal, mostly.
    Answered,
}

/// What a step of sending did.
enum Step {
    /// Handed so many bytes over, or flushed what layers above the socket still held.
    Pushed(usize),
    Answered,
}

/// Writes `message`, and stamps `sent` just before the first byte is handed over.
async fn send(
    stream: &mut Stream,
    deadlines: &mut Deadlines,
    attempt: &mut Attempt,
    message: Message<'_>,
) -> Result<Sent, Failure> {
    let whole = message.len();
    let mut written = 0_usize;
    loop {
        let parts = message.behind(written);
        let now = clock::now();
        let step = poll_fn(|context| {
            let pushed = if written < whole {
                stream.poll_send(context, &parts)
            } else {
                // TLS may still hold what did not fit into the socket, and never pushes it itself.
                stream.poll_flush(context)
            };
            if let Poll::Ready(result) = pushed {
                return Poll::Ready(result.map(Step::Pushed).map_err(|e| Failure::broken(&e)));
            }
            // A server may answer without taking the whole request.
            poll_reply(stream, deadlines, attempt, context).map_ok(|()| Step::Answered)
        });
        match step.await? {
            Step::Answered => return Ok(Sent::Answered),
            Step::Pushed(_) if written == whole => break,
            Step::Pushed(0) => return Err(Failure::broken(&io::ErrorKind::WriteZero.into())),
            Step::Pushed(here) => {
                if written == 0 {
                    attempt.timeline.sent = Some(now);
                }
                written += here;
                attempt.bytes_sent = written.saturating_sub(message.head) as u64;
                deadlines.record_write(now);
            }
        }
    }
    Ok(Sent::Whole)
}

/// Reads until the response is whole, the socket is empty or a limit is over.
fn poll_reply(
    stream: &mut Stream,
    deadlines: &mut Deadlines,
    attempt: &mut Attempt,
    context: &mut Context<'_>,
) -> Poll<Result<(), Failure>> {
    let mut buffer = BUFFER.take();
    let mut read = TimestampedRead::default();
    let mut reads = 0;
    let result = loop {
        match stream.poll_recv(context, &mut buffer, &mut read) {
            Poll::Ready(Ok(())) => match take(attempt, deadlines, &buffer[..read.len], &read) {
                Ok(false) if deadlines.is_over() => {
                    break Poll::Ready(late(attempt, deadlines.overdue()));
                }
                Ok(false) if reads == BURST => break give_way(context),
                Ok(false) => reads += 1,
                Ok(true) => break Poll::Ready(Ok(())),
                Err(failure) => break Poll::Ready(Err(failure)),
            },
            Poll::Ready(Err(error)) => break Poll::Ready(Err(Failure::broken(&error))),
            // Bytes woke this task, so the timer still waits with this task's waker.
            Poll::Pending if reads > 0 && !deadlines.is_due() => break Poll::Pending,
            Poll::Pending => break deadlines.poll(context).map(|failure| late(attempt, failure)),
        }
    };
    BUFFER.set(buffer);
    result
}

/// A limit on waiting is over. Behind its end mark a reply lacks nothing, but its connection does.
fn late(attempt: &mut Attempt, failure: Failure) -> Result<(), Failure> {
    if !attempt.response().intake.marked {
        return Err(failure);
    }
    attempt.response().leave_out_of_step();
    Ok(())
}

/// Lets the other tasks of the thread run and its sockets be looked at, then wakes this one.
fn give_way<T>(context: &mut Context<'_>) -> Poll<T> {
    let first = pin!(tokio::task::yield_now()).poll(context);
    debug_assert!(first.is_pending(), "it gives way once");
    Poll::Pending
}

/// Takes what one read gave; true: the response is whole.
fn take(
    attempt: &mut Attempt,
    deadlines: &mut Deadlines,
    bytes: &[u8],
    read: &TimestampedRead,
) -> Result<bool, Failure> {
    if bytes.is_empty() {
        attempt.timeline.end = read.user;
        return attempt.response().closed(read).map(|()| true);
    }
    deadlines.record_read(read);
    let response = attempt.response();
    let whole = if response.intake.in_head {
        take_head(attempt, bytes, read)?
    } else {
        attempt.feed(bytes, read)?
    };
    if whole || attempt.response().intake.marked {
        attempt.timeline.end = attempt.response().stamp(read).at;
        if !whole {
            deadlines.linger();
        }
    }
    attempt.after_read(bytes.len())?;
    Ok(whole)
}

/// Takes a read that brings the head, or a part of it. What came before the request was sent is
/// not its reply, unless the server refuses a new connection.
fn take_head(attempt: &mut Attempt, bytes: &[u8], read: &TimestampedRead) -> Result<bool, Failure> {
    let at = attempt.response().stamp(read).at;
    let early = attempt.timeline.sent.is_some_and(|sent| at < sent);
    let fed = attempt.feed(bytes, &if early { dated_again(read) } else { *read });
    if !attempt.replied_before_sent() {
        return fed;
    }
    let opened = attempt.timeline.connect.is_some();
    let response = attempt.response();
    let goes_on = response.intake.in_head && fed.is_ok();
    if opened && (response.refuses() || goes_on) {
        return fed;
    }
    Err(Failure::unsolicited(response.head.as_ref().map(|head| head.status)))
}

/// `read` by another look at both clocks: a thread that is interrupted between its looks takes the
/// kernel's stamp for earlier than it is.
fn dated_again(read: &TimestampedRead) -> TimestampedRead {
    let offset = (0..3).map(|_| clock::wall_offset(clock::now())).fold(read.offset, u64::min);
    let later = |kernel: u64| (kernel + (read.offset - offset)).min(read.user);
    TimestampedRead { kernel: read.kernel.map(later), ..*read }
}

#[cfg(test)]
mod tests;
