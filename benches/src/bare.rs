//! The bare socket client, the limit to compare with: one thread, one poller, plain reads, a timestamp
//! after each, a count of `data:`. No HTTP library, no JSON.

use crate::client::{ClientArgs, request};
use crate::reply::{KEPT, Reader};
use crate::tally::{InFlight, Tally};
use loadwright_timing::clock;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, Read, Write};

/// Sends all requests and reads all replies.
pub(crate) fn drive(args: &ClientArgs) -> io::Result<Tally> {
    let mut client = Client::new(args)?;
    client.drive()?;
    Ok(client.tally)
}

struct Client {
    poll: Poll,
    reader: Reader,
    request: Vec<u8>,
    workers: Vec<Worker>,
    /// Requests not yet sent, and requests not yet ended.
    unsent: u64,
    open: u64,
    tally: Tally,
}

/// A connection and the request on it.
struct Worker {
    stream: TcpStream,
    in_flight: InFlight,
    kept: [u8; KEPT],
}

impl Client {
    fn new(args: &ClientArgs) -> io::Result<Self> {
        let poll = Poll::new()?;
        let workers = (0..args.workers as usize).map(|index| {
            // Connected before any request is sent, so that none of them waits for it.
            let stream = std::net::TcpStream::connect(args.address)?;
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
            Ok(Worker { stream, in_flight: InFlight::default(), kept: [0; KEPT] })
        });
        Ok(Self {
            workers: workers.collect::<io::Result<_>>()?,
            poll,
            reader: Reader::new(),
            request: request(args.address, args.tokens),
            unsent: args.requests,
            open: args.requests,
            tally: Tally::new(args.tokens, clock::now()),
        })
    }

    fn drive(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut buffer = vec![0; KEPT + 64 * 1024];
        for index in 0..self.workers.len() {
            self.send(index)?;
        }
        while self.open > 0 {
            self.poll.poll(&mut events, None)?;
            for event in &events {
                self.read(event.token().0, &mut buffer)?;
            }
        }
        Ok(())
    }

    fn send(&mut self, index: usize) -> io::Result<()> {
        if self.unsent == 0 {
            return Ok(());
        }
        self.unsent -= 1;
        let worker = &mut self.workers[index];
        worker.in_flight = InFlight::sent(clock::now());
        let written = worker.stream.write(&self.request)?;
        if written < self.request.len() {
            return Err(io::Error::other("the request did not fit into the socket's buffer"));
        }
        Ok(())
    }

    /// Reads until the socket is drained, as edge-triggered polling requires.
    fn read(&mut self, index: usize, buffer: &mut [u8]) -> io::Result<()> {
        loop {
            let worker = &mut self.workers[index];
            buffer[..KEPT].copy_from_slice(&worker.kept);
            let length = match worker.stream.read(&mut buffer[KEPT..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            let now = clock::now();
            let bytes = &buffer[..KEPT + length];
            worker.kept.copy_from_slice(&bytes[length..]);
            let found = self.reader.read(bytes);
            self.tally.record_frames(&mut worker.in_flight, found.frames, now);
            if found.end {
                self.open -= 1;
                self.tally.record_end(now);
                self.send(index)?;
            }
            // A read that does not fill the buffer has drained the socket (epoll(7)).
            if bytes.len() < buffer.len() {
                return Ok(());
            }
        }
    }
}
