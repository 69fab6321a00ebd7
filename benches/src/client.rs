//! The bare socket client, the limit to compare with: one thread, one poller, plain reads, a stamp
//! after each, a count of `data:`. No HTTP library, no JSON.

use crate::Failure;
use crate::figures::{Figures, Spread};
use crate::process::{self, allow_sockets};
use crate::reply::{KEPT, Reader};
use crate::scenario::{ENDPOINT, MODEL, PROMPT};
use clap::Args;
use loadwright_stamps::clock;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use serde::Serialize;
use std::io::{self, Read, Write};
use std::net::SocketAddr;

/// Settings of the bare client.
#[derive(Debug, Args)]
pub(crate) struct ClientArgs {
    /// Where the server listens, e.g. 127.0.0.1:8000
    #[arg(long)]
    address: SocketAddr,
    /// Connections, each with one request in flight
    #[arg(long, default_value_t = 200)]
    workers: u32,
    /// Requests in all
    #[arg(long, default_value_t = 2_000)]
    requests: u64,
    /// Output tokens asked for, of which each comes in a frame of its own
    #[arg(long, default_value_t = 64)]
    tokens: u32,
}

/// What it prints.
#[derive(Debug, Serialize)]
struct Printed {
    figures: Figures,
    frames: u64,
    cpu_s: f64,
    peak_mb: f64,
}

/// Runs the client and prints its figures.
pub(crate) fn run(args: &ClientArgs) -> Result<(), Failure> {
    allow_sockets(u64::from(args.workers))?;
    let mut client = Client::new(args)?;
    client.drive()?;
    let printed = Printed {
        frames: client.frames,
        cpu_s: process::own_cpu_s()?,
        peak_mb: process::own_peak_mb()?,
        figures: client.figures(),
    };
    println!("{}", serde_json::to_string(&printed)?);
    Ok(())
}

struct Client {
    poll: Poll,
    reader: Reader,
    request: Vec<u8>,
    tokens: u32,
    workers: Vec<Worker>,
    /// Requests not yet sent, and not yet ended.
    unsent: u64,
    open: u64,
    /// When the first was sent and the last ended.
    first: u64,
    last: u64,
    frames: u64,
    ttft: Vec<u64>,
    /// Gaps in nanoseconds; one of more than 4.3 s is counted as that.
    gaps: Vec<u32>,
}

/// A connection and the request on it.
struct Worker {
    stream: TcpStream,
    sent: u64,
    last: u64,
    frames: u32,
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
            Ok(Worker { stream, sent: 0, last: 0, frames: 0, kept: [0; KEPT] })
        });
        Ok(Self {
            workers: workers.collect::<io::Result<_>>()?,
            poll,
            reader: Reader::new(),
            request: request(args.address, args.tokens),
            tokens: args.tokens,
            unsent: args.requests,
            open: args.requests,
            first: 0,
            last: 0,
            frames: 0,
            ttft: Vec::new(),
            gaps: Vec::new(),
        })
    }

    /// Sends all requests and reads all replies.
    fn drive(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut buffer = vec![0; KEPT + 64 * 1024];
        self.first = clock::now();
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
        worker.frames = 0;
        worker.sent = clock::now();
        let written = worker.stream.write(&self.request)?;
        if written < self.request.len() {
            return Err(io::Error::other("the request did not fit into the socket's buffer"));
        }
        Ok(())
    }

    /// Reads until the socket is drained, as the poller's edges want.
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
            self.frames(index, found.frames, now);
            if found.end {
                self.open -= 1;
                self.last = now;
                self.send(index)?;
            }
            // A read that does not fill the buffer has drained the socket (epoll(7)).
            if bytes.len() < buffer.len() {
                return Ok(());
            }
        }
    }

    /// Notes `count` frames at `now`. Those behind the last token carry no output.
    fn frames(&mut self, index: usize, count: u32, now: u64) {
        let worker = &mut self.workers[index];
        for _ in 0..count.min(self.tokens - worker.frames.min(self.tokens)) {
            if worker.frames == 0 {
                self.ttft.push(now - worker.sent);
            } else {
                self.gaps.push(u32::try_from(now - worker.last).unwrap_or(u32::MAX));
            }
            worker.frames += 1;
            worker.last = now;
            self.frames += 1;
        }
    }

    fn figures(&mut self) -> Figures {
        let requests = self.ttft.len() as u64;
        Figures {
            requests,
            requests_per_s: requests as f64 * 1e9 / (self.last - self.first) as f64,
            ttft_ms: Spread::of(&mut self.ttft),
            itl_ms: Spread::of(&mut self.gaps),
            lag_ms: None,
        }
    }
}

/// The request, the same every time, with the fields that `loadwright perf` is told to send.
fn request(address: SocketAddr, tokens: u32) -> Vec<u8> {
    let body = serde_json::json!({
        "model": MODEL,
        "messages": [{"role": "user", "content": PROMPT}],
        "max_tokens": tokens,
        "min_tokens": tokens,
        "temperature": 0.0,
        "stream": true,
        "stream_options": {"include_usage": true},
        "ignore_eos": true,
    })
    .to_string();
    format!(
        "POST {ENDPOINT} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
