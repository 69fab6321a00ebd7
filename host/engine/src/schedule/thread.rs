//! An engine thread: its runtime, its phases, its last words.

use crate::context::point::Point;
use crate::exchange::attempt::Ground;
use crate::exchange::framing::marks::EndMarks;
use crate::interpret::queue::Outbox;
use crate::prepare::decodes;
use crate::schedule::drive::{Pool, drive};
use crate::schedule::slot_runner::Server;
use loadwright_core::plan::Load;
use loadwright_timing::affinity::Home;
use loadwright_timing::{clock, gather, priority};
use std::io;
use std::mem::replace;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Tasks polled before the runtime looks at the sockets again: those that one look has woken, at
/// 1,024 events a look. Its default of 61 asks the kernel several times for one burst of frames.
const EVENT_INTERVAL: u32 = 1024;
/// How often batches that are not full are sent on and the thread's CPU time is taken: five threads
/// wake for it.
const TICK: Duration = Duration::from_millis(100);
/// How long the start may wait for requests to be ready.
const HEAD_START: Duration = Duration::from_millis(250);

/// A runtime for one engine thread. `gathers`: it may let arrivals gather before it reads them, as
/// their stamps are the kernel's.
///
/// # Errors
/// The system gives no more files.
pub(crate) fn runtime(gathers: bool) -> io::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().event_interval(EVENT_INTERVAL);
    if gathers {
        builder.on_thread_park(gather::hold).on_thread_unpark(gather::woke);
    }
    builder.build()
}

/// Runs engine thread `index` of `point` to its end: the warm-up, then, once every thread's warm-up
/// is over, the measured slots.
///
/// # Errors
/// No timer is to be had.
pub(crate) fn run(
    point: &Arc<Point>,
    (index, runtime): (usize, Runtime),
    outbox: Outbox,
    barrier: &Barrier,
) -> io::Result<()> {
    priority::punctual();
    let ground = Arc::new(Ground {
        outbox,
        captures: Arc::clone(&point.captures),
        progress: Arc::clone(&point.control.progress),
        parts: !decodes(point.ports.protocol.as_ref()),
        budget: Arc::clone(&point.budget),
        marks: EndMarks::of(point.ports.protocol.plan()),
        stream: point.plan.request.stream,
    });
    let server = Arc::new(Server::new(point, Arc::clone(&ground), index as u64));
    let pool = Pool::default();
    let result = phases(point, &runtime, (&server, &pool), barrier);
    drop((server, pool));
    // What is still in flight is dropped with the runtime, and lands as cancelled. A name lookup
    // that hangs is not waited for.
    runtime.shutdown_background();
    if let Ok(ground) = Arc::try_unwrap(ground).map_err(|_| ()) {
        ground.outbox.close();
    }
    result
}

fn phases(
    point: &Arc<Point>,
    runtime: &Runtime,
    (server, pool): (&Arc<Server>, &Pool),
    barrier: &Barrier,
) -> io::Result<()> {
    point.dispenser.fill(at_once(point), HEAD_START);
    let warmup = point.plan.limits.warmup;
    let warmed = if warmup > 0 { runtime.block_on(phase(server, pool, warmup)) } else { Ok(()) };
    // All warm-up is over everywhere before anything is measured.
    if barrier.wait().is_leader() {
        point.begin_measuring();
    }
    barrier.wait();
    warmed?;
    runtime.block_on(phase(server, pool, u64::MAX))
}

/// Requests that may be wanted before a maker has run again.
fn at_once(point: &Point) -> usize {
    match point.plan.load {
        Load::Closed { workers, .. } => workers as usize,
        Load::Open { .. } => 64,
    }
}

/// Serves the slots below `end`, or until everything is to end at once.
async fn phase(server: &Arc<Server>, pool: &Pool, end: u64) -> io::Result<()> {
    let point = &server.point;
    tokio::select! {
        biased;
        result = drive(server, pool, end) => result,
        () = point.control.stop.aborted() => Ok(()),
        () = tick(server) => Ok(()),
        () = close_when_drained(point) => Ok(()),
    }
}

/// Sends batches on, takes the thread's CPU time, finds it a place to run and listens whether
/// streams go on, for ever.
async fn tick(server: &Server) {
    let mut interval = server.point.timers.interval(TICK);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut before = clock::thread_cpu();
    let mut heard = gather::heard();
    let mut home = Home::of(server.index() as usize, usize::from(server.point.plan.engine.threads));
    let gauge: &AtomicU64 = &server.point.gauges.busy[server.index() as usize];
    loop {
        interval.tick().await;
        server.ground.outbox.flush();
        home.look();
        let now = clock::thread_cpu();
        gauge.fetch_add(now - before, Relaxed);
        before = now;
        // A service whose replies are long is there, though none of them has ended yet.
        if replace(&mut heard, gather::heard()) != heard {
            server.point.heard();
        }
    }
}

/// Hands out nothing more once the user wants to stop; those in flight go on.
async fn close_when_drained(point: &Point) {
    point.control.stop.drained().await;
    point.dispenser.close();
    std::future::pending().await
}
