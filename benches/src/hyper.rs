//! A minimal client over hyper's HTTP/1.1 connection, with kernel timestamps: what the engine would be
//! built on without its own reader. One thread, one task per worker and one per connection; the wrapper
//! below hyper takes the timestamps; a count of `data:`, no JSON.

use crate::Failure;
use crate::client::{ClientArgs, body};
use crate::reply::Count;
use crate::scenario::ENDPOINT;
use crate::tally::{InFlight, Tally};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use loadwright_timing::stream::TimestampedStream;
use loadwright_timing::{clock, socket};
use std::io;
use std::os::fd::AsFd as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What all workers share.
struct Shared {
    request: hyper::Request<Full<bytes::Bytes>>,
    unsent: AtomicU64,
    tally: Mutex<Tally>,
}

/// Timestamps of one connection, in nanoseconds; `sent` is 0 until the next request's first write.
#[derive(Default)]
struct Timestamps {
    sent: AtomicU64,
    read: AtomicU64,
}

/// Sends all requests and reads all replies.
pub(crate) fn drive(args: &ClientArgs) -> Result<Tally, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connections = Vec::new();
        for _ in 0..args.workers {
            connections.push(connect(args).await?);
        }
        let shared = Arc::new(Shared {
            request: request(args)?,
            unsent: AtomicU64::new(args.requests),
            tally: Mutex::new(Tally::new(args.tokens, clock::now())),
        });
        let mut workers = JoinSet::new();
        for (sender, timestamps) in connections {
            workers.spawn(work(Arc::clone(&shared), sender, timestamps));
        }
        while let Some(ended) = workers.join_next().await {
            ended??;
        }
        let shared = Arc::into_inner(shared).ok_or("all workers have ended")?;
        Ok(shared.tally.into_inner()?)
    })
}

type Sender = SendRequest<Full<bytes::Bytes>>;

async fn connect(args: &ClientArgs) -> Result<(Sender, Arc<Timestamps>), Failure> {
    let stream = TcpStream::connect(args.address).await?;
    stream.set_nodelay(true)?;
    socket::enable_timestamps(stream.as_fd())?;
    let timestamps = Arc::<Timestamps>::default();
    let io = TokioIo::new(TimestampingIo {
        stream: TimestampedStream::new(stream, Arc::default()),
        timestamps: Arc::clone(&timestamps),
    });
    let (sender, connection) = handshake(io).await?;
    tokio::spawn(connection);
    Ok((sender, timestamps))
}

fn request(args: &ClientArgs) -> Result<hyper::Request<Full<bytes::Bytes>>, Failure> {
    Ok(hyper::Request::post(ENDPOINT)
        .header("host", args.address.to_string())
        .header("content-type", "application/json")
        .body(Full::new(bytes::Bytes::from(body(args.tokens))))?)
}

async fn work(
    shared: Arc<Shared>,
    mut sender: Sender,
    timestamps: Arc<Timestamps>,
) -> Result<(), Failure> {
    let one_less = |unsent: u64| unsent.checked_sub(1);
    while shared.unsent.fetch_update(Relaxed, Relaxed, one_less).is_ok() {
        timestamps.sent.store(0, Relaxed);
        sender.ready().await?;
        let mut response = sender.send_request(shared.request.clone()).await?;
        let mut in_flight = InFlight::sent(timestamps.sent.load(Relaxed));
        let mut count = Count::default();
        while let Some(frame) = response.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            let frames = count.feed(&data);
            shared.tally.lock().map_err(|_| "a worker panicked")?.record_frames(
                &mut in_flight,
                frames,
                timestamps.read.load(Relaxed),
            );
        }
        let end = timestamps.read.load(Relaxed);
        shared.tally.lock().map_err(|_| "a worker panicked")?.record_end(end);
    }
    Ok(())
}

/// A socket that records when it was read, and when a request's first byte was written.
struct TimestampingIo {
    stream: TimestampedStream,
    timestamps: Arc<Timestamps>,
}

impl AsyncRead for TimestampingIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let read = self.stream.last();
        self.timestamps.read.store(read.kernel.unwrap_or(read.user), Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for TimestampingIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let _ = self.timestamps.sent.compare_exchange(0, clock::now(), Relaxed, Relaxed);
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
