//! One request and its response over an HTTP/1.1 connection. This is the hot path: a frame's way
//! from the socket to its stamp is `poll_reply` and what it calls.

use crate::flight::Flight;
use crate::net::failure::Failure;
use crate::net::stream::Stream;
use crate::wait::Watch;
use loadwright_stamps::clock;
use loadwright_stamps::socket::Read;
use std::cell::Cell;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::task::{Context, Poll};

/// Bytes that one read may give.
const READ: usize = 64 * 1024;

thread_local! {
    /// Every connection of a thread reads into the same buffer: what a read gives is taken out of
    /// it before the next one. It is taken from its place while it is used.
    static BUFFER: Cell<Box<[u8]>> = Cell::new(vec![0; READ].into_boxed_slice());
}

/// Sends a request and takes its response into `flight`.
///
/// # Errors
/// Every way in which that fails, by class.
pub(crate) async fn exchange(
    stream: &mut Stream,
    watch: &mut Watch,
    flight: &mut Flight,
    parts: (&[u8], &[u8]),
) -> Result<(), Failure> {
    match send(stream, watch, flight, parts).await {
        Ok(Sent::Whole) => poll_fn(|context| poll_reply(stream, watch, flight, context)).await,
        Ok(Sent::Answered) => {
            flight.response().leave_out_of_step();
            Ok(())
        }
        Err(failure) => {
            // A server that has answered before it took the whole request may close at once: its
            // answer says more than the broken pipe.
            let answered = poll_fn(|context| poll_reply(stream, watch, flight, context)).await;
            flight.response().leave_out_of_step();
            if answered.is_ok() { Ok(()) } else { Err(failure) }
        }
    }
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

/// Writes head and body, and stamps `sent` just before the first byte is handed over.
async fn send(
    stream: &mut Stream,
    watch: &mut Watch,
    flight: &mut Flight,
    (head, body): (&[u8], &[u8]),
) -> Result<Sent, Failure> {
    let whole = head.len() + body.len();
    let mut written = 0_usize;
    loop {
        let behind_head = written.saturating_sub(head.len());
        let parts =
            [IoSlice::new(&head[written.min(head.len())..]), IoSlice::new(&body[behind_head..])];
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
            poll_reply(stream, watch, flight, context).map_ok(|()| Step::Answered)
        });
        match step.await? {
            Step::Answered => return Ok(Sent::Answered),
            Step::Pushed(_) if written == whole => break,
            Step::Pushed(0) => return Err(Failure::broken(&io::ErrorKind::WriteZero.into())),
            Step::Pushed(here) => {
                if written == 0 {
                    flight.timeline.sent = Some(now);
                }
                written += here;
                flight.bytes_sent = written.saturating_sub(head.len()) as u64;
                watch.touch(now);
            }
        }
    }
    Ok(Sent::Whole)
}

/// Reads until the response is whole, the socket is empty or a limit is over.
fn poll_reply(
    stream: &mut Stream,
    watch: &mut Watch,
    flight: &mut Flight,
    context: &mut Context<'_>,
) -> Poll<Result<(), Failure>> {
    let mut buffer = BUFFER.take();
    let mut read = Read::default();
    let mut read_some = false;
    let result = loop {
        match stream.poll_recv(context, &mut buffer, &mut read) {
            Poll::Ready(Ok(())) => match take(flight, watch, &buffer[..read.len], &read) {
                Ok(false) => read_some = true,
                Ok(true) => break Poll::Ready(Ok(())),
                Err(failure) => break Poll::Ready(Err(failure)),
            },
            Poll::Ready(Err(error)) => break Poll::Ready(Err(Failure::broken(&error))),
            // Bytes woke this task, so the timer still waits with this task's waker.
            Poll::Pending if read_some && !watch.is_due() => break Poll::Pending,
            Poll::Pending => break watch.poll(context).map(Err),
        }
    };
    BUFFER.set(buffer);
    result
}

/// Takes what one read gave; true: the response is whole.
fn take(
    flight: &mut Flight,
    watch: &mut Watch,
    bytes: &[u8],
    read: &Read,
) -> Result<bool, Failure> {
    if bytes.is_empty() {
        flight.timeline.end = read.user;
        return flight.response().closed(read).map(|()| true);
    }
    watch.saw(read);
    let whole = flight.response().feed(bytes, read)?;
    if whole {
        flight.timeline.end = flight.response().stamp(read).at;
    }
    flight.hand_on()?;
    Ok(whole)
}
