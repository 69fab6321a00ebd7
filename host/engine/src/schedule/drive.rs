//! Slots to the workers: the closed loop's workers, the open loop's dispatcher. What a load asks
//! for is data; both drivers take it from the same dispenser.

use crate::context::point::Point;
use crate::context::reachability::{Contact, Wait};
use crate::exchange::transport::Connection;
use crate::messages::Job;
use crate::schedule::ready_queue::Dispensed;
use crate::schedule::slot_runner::Server;
use loadwright_core::Nanos;
use loadwright_core::plan::Load;
use loadwright_timing::clock;
use loadwright_timing::pacer::Pacer;
use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

/// Connections between requests and between phases; the last one used goes out first.
pub(crate) type Pool = Arc<Mutex<Vec<Connection>>>;

/// Serves the slots below `end` on this thread.
///
/// # Errors
/// No timer is to be had.
pub(crate) async fn drive(server: &Arc<Server>, pool: &Pool, end: u64) -> io::Result<()> {
    let pacer = Pacer::new()?;
    match server.point.plan.load {
        Load::Closed { workers, ramp_up, .. } => {
            closed(server, pool, pacer, (workers, ramp_up, end)).await;
        }
        Load::Open { max_in_flight, .. } => open(server, pool, &pacer, (max_in_flight, end)).await,
    }
    Ok(())
}

async fn closed(
    server: &Arc<Server>,
    pool: &Pool,
    pacer: Pacer,
    (workers, ramp_up, end): (u32, Duration, u64),
) {
    let pacer = Arc::new(tokio::sync::Mutex::new(pacer));
    let mut team = JoinSet::new();
    let threads = u32::from(server.point.plan.engine.threads.max(1));
    let start = clock::now();
    for worker in (server.index() as u32..workers).step_by(threads as usize) {
        let delay = (ramp_up * worker / workers).as_nanos() as Nanos;
        if !held(server, start + delay, end).await {
            break;
        }
        team.spawn(work(Arc::clone(server), Arc::clone(pool), Arc::clone(&pacer), end));
    }
    while team.join_next().await.is_some() {}
    record_missed(server, end).await;
}

/// Why a slot was not sent that had a time to be sent at.
const NOBODY_FREE: &str = "no worker was free before the point ended";

/// Records the slots that were scheduled before the point ended and for which no worker was free.
async fn record_missed(server: &Server, end: u64) {
    let point = &server.point;
    if point.is_over(clock::now()) {
        point.dispenser.close();
    }
    while let Some((seq, scheduled)) = point.dispenser.missed(end, point.latest()) {
        wait_for_interpreters(server).await;
        server.drop_slot((seq, Job::default()), scheduled, NOBODY_FREE);
    }
}

/// Waits until a worker is to begin, or to go on; false: nothing is left for it to do.
async fn held(server: &Server, begin: Nanos, end: u64) -> bool {
    /// How soon the end of the load is noticed: no wait of a worker must outlast what it waits for.
    const LOOK: Nanos = 100_000_000;
    loop {
        let now = clock::now();
        if now >= begin {
            return true;
        }
        if server.point.is_over(now) || server.point.dispenser.spent(end) {
            return false;
        }
        tokio::time::sleep(Duration::from_nanos((begin - now).min(LOOK))).await;
    }
}

/// One worker of a closed loop.
async fn work(server: Arc<Server>, pool: Pool, pacer: Arc<tokio::sync::Mutex<Pacer>>, end: u64) {
    let mut kept = take(&pool);
    let mut refusals = 0;
    loop {
        wait_for_interpreters(&server).await;
        let free = clock::now();
        let Some(Dispensed { prepared, scheduled }) = next(&server, &pacer, end).await else {
            break;
        };
        let now = clock::now();
        if server.point.is_over(now) {
            if let Some(scheduled) = scheduled.filter(|&scheduled| scheduled <= now) {
                server.drop_slot((prepared.seq, prepared.job), scheduled, NOBODY_FREE);
            }
            break;
        }
        let seq = prepared.seq;
        let contact = server.serve(&mut kept, prepared, scheduled.unwrap_or(free)).await;
        if let Some(span) = back_off(&server, contact, seq, &mut refusals) {
            let start = clock::now();
            held(&server, start + span, end).await;
            server.point.gauges.waited(contact, start);
        }
    }
    give(&pool, kept);
}

/// How long a worker waits, where what came of slot `seq` says that another request at once would
/// only be wasted; `refusals` counts those in a row that the service refused.
fn back_off(server: &Server, contact: Contact, seq: u64, refusals: &mut u32) -> Option<Nanos> {
    let refused = matches!(contact, Contact::Refusal(_));
    let failures = if refused { *refusals } else { 0 };
    *refusals = if refused { failures.saturating_add(1) } else { 0 };
    if matches!(contact, Contact::Service | Contact::Untried) {
        return None;
    }
    // The waits before the slot's own attempts are those of its turns.
    let wait = Wait { seed: server.point.plan.seed, seq, turn: u32::MAX, failures };
    Some(wait.span(contact.asks()))
}

/// The next slot of a closed loop, when it is scheduled. One worker at a time waits for the clock, so
/// that slots go out in their order.
async fn next(server: &Server, pacer: &tokio::sync::Mutex<Pacer>, end: u64) -> Option<Dispensed> {
    if !server.point.dispenser.paced() {
        return server.point.dispenser.next(end).await;
    }
    let pacer = pacer.lock().await;
    let dispensed = server.point.dispenser.next(end).await?;
    if let Some(scheduled) = dispensed.scheduled {
        if server.point.latest().is_some_and(|latest| scheduled > latest) {
            return None;
        }
        wait(server, &pacer, scheduled).await;
    }
    Some(dispensed)
}

async fn open(
    server: &Arc<Server>,
    pool: &Pool,
    pacer: &Pacer,
    (max_in_flight, end): (Option<u32>, u64),
) {
    let mut flying = JoinSet::new();
    while let Some(Dispensed { prepared, scheduled }) = server.point.dispenser.next(end).await {
        let scheduled = scheduled.expect("an open loop has arrivals");
        if server.point.latest().is_some_and(|latest| scheduled > latest) {
            break;
        }
        wait(server, pacer, scheduled).await;
        if server.point.control.stop.draining() {
            break;
        }
        if server.point.backlogged() {
            server.point.gauges.stalls.fetch_add(1, Relaxed);
            let slot = (prepared.seq, prepared.job);
            server.drop_slot(slot, scheduled, "the interpreters are too far behind");
        } else if let Some(berth) = Berth::take(&server.point, max_in_flight) {
            let (server, pool) = (Arc::clone(server), Arc::clone(pool));
            flying.spawn(async move {
                let mut kept = take(&pool);
                server.serve(&mut kept, prepared, scheduled).await;
                give(&pool, kept);
                drop(berth);
            });
        } else {
            server.drop_slot((prepared.seq, prepared.job), scheduled, "over --max-in-flight");
        }
        while flying.try_join_next().is_some() {}
    }
    while flying.join_next().await.is_some() {}
}

/// One of the slots that may be in flight at a time, from its dispatch on: requests that were
/// handed out but have not begun yet count too, or a burst of late slots would slip through.
struct Berth(Arc<Point>);

impl Berth {
    /// A berth where one is free.
    fn take(point: &Arc<Point>, most: Option<u32>) -> Option<Self> {
        let most = most.map_or(u64::MAX, u64::from);
        let one_more = |aloft: u64| (aloft < most).then_some(aloft + 1);
        let taken = point.aloft.fetch_update(Relaxed, Relaxed, one_more).is_ok();
        taken.then(|| Self(Arc::clone(point)))
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        self.0.aloft.fetch_sub(1, Relaxed);
    }
}

/// Waits until `scheduled`, or until nothing more may start. What is late already gives way once to the
/// requests that were begun, so that a burst of late slots does not hold them up.
async fn wait(server: &Server, pacer: &Pacer, scheduled: Nanos) {
    if clock::now() >= scheduled {
        return tokio::task::yield_now().await;
    }
    tokio::select! {
        result = pacer.until(scheduled) => {
            result.expect("a timer that could be made can be set");
            server.point.gauges.timer_late.fetch_max(clock::now() - scheduled, Relaxed);
        }
        () = server.point.control.stop.drained() => {}
    }
}

/// Closed loop: the next request waits while the interpreters are too far behind.
async fn wait_for_interpreters(server: &Server) {
    if !server.point.backlogged() {
        return;
    }
    server.point.gauges.stalls.fetch_add(1, Relaxed);
    while server.point.backlogged() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn take(pool: &Pool) -> Option<Connection> {
    pool.lock().expect("nothing panics while it holds the pool").pop()
}

fn give(pool: &Pool, connection: Option<Connection>) {
    if let Some(connection) = connection {
        pool.lock().expect("nothing panics while it holds the pool").push(connection);
    }
}
