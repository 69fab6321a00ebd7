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

/// Sends a request and takes its response into `flight`.
///
/// # Errors
/// Every way in which that fails, by class.
pub(crate) async fn exchange(
    stream: &mut Stream,
    watch: &mut Watch,
    flight: &mut Flight,
    message: Message<'_>,
) -> Result<(), Failure> {
    match send(stream, watch, flight, message).await {
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

/// Writes `message`, and stamps `sent` just before the first byte is handed over.
async fn send(
    stream: &mut Stream,
    watch: &mut Watch,
    flight: &mut Flight,
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
                flight.bytes_sent = written.saturating_sub(message.head) as u64;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_to_write_is_the_request_less_what_was_written() {
        let head = b"POST / HTTP/1.1\r\n\r\n";
        for length in [0, 1, SMALL, SMALL + 1] {
            let body: Vec<u8> = (0..length).map(|index| index as u8).collect();
            let whole = [head.as_slice(), &body].concat();
            let mut front = head.to_vec();
            let message = Message::new(&mut front, &body);
            assert_eq!((message.len(), message.head), (whole.len(), head.len()));
            assert_eq!(message.rest.is_empty(), length <= SMALL, "{length} bytes");
            for written in 0..=whole.len() {
                let [first, second] = message.behind(written);
                assert_eq!([&*first, &*second].concat(), whole[written..]);
            }
        }
    }
}
