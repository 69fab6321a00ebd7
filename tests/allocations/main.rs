//! What an engine thread allocates per exchange in steady state: nothing, except for the headers of
//! replies that a plugin decodes. Only batches and buffers that still grow are counted beside that; the
//! bound allows for them, and is well below one allocation per exchange.

#![expect(clippy::unwrap_used, reason = "all of this is tests: a panic is how they fail")]

#[path = "../engine/fakes.rs"]
mod fakes;
#[path = "../engine/rig.rs"]
#[expect(dead_code, reason = "only a part of the test bench is used")]
mod rig;

use fakes::FakeApi;
use loadwright_core::ports::{Sink, SinkFailure};
use loadwright_core::record::Record;
use loadwright_core::sample::Sample;
use loadwright_core::trace::{TraceKey, Traceparent};
use loadwright_sim::Server;
use rig::{Bench, PATIENCE, fast, plan_of, start};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Allocations per exchange that are allowed: a batch of 64 has a few.
const BOUND: f64 = 0.5;

/// Counts allocations of threads whose name is `engine`.
struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Whether this thread is an engine thread; `None`: not known yet.
    static COUNTED: Cell<Option<bool>> = const { Cell::new(None) };
}

fn count() {
    // A thread that is ending has no thread-locals, and is not counted.
    let counted = COUNTED.try_with(|counted| match counted.get() {
        Some(known) => known,
        None => {
            // Reading the name may allocate, which must not read it again.
            counted.set(Some(false));
            let own = std::thread::current().name() == Some("engine");
            counted.set(Some(own));
            own
        }
    });
    if counted.unwrap_or(false) {
        COUNT.fetch_add(1, Relaxed);
    }
}

#[expect(
    unsafe_code,
    reason = "an allocator is unsafe by its trait; every call goes to the system's"
)]
// SAFETY: every method hands its arguments to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many records there are, for a thread that waits for them.
#[derive(Default)]
struct Recorded {
    seen: Mutex<Seen>,
    changed: Condvar,
}

/// What was recorded.
#[derive(Default)]
struct Seen {
    count: u64,
    /// What went wrong first: nothing waits any longer then.
    failed: Option<String>,
}

impl Recorded {
    /// Waits until there are `count` records.
    fn wait_for(&self, count: u64) -> Result<(), String> {
        let short = |seen: &mut Seen| seen.count < count && seen.failed.is_none();
        let seen = self.seen.lock().unwrap();
        let mut seen = self.changed.wait_timeout_while(seen, PATIENCE, short).unwrap().0;
        if seen.count < count && seen.failed.is_none() {
            seen.failed = Some(format!("record {count} did not come, but {}", seen.count));
            self.changed.notify_all();
        }
        seen.failed.clone().map_or(Ok(()), Err)
    }

    /// Counts a record.
    fn add(&self, record: &Record) -> Result<(), SinkFailure> {
        let mut seen = self.seen.lock().unwrap();
        if record.outcome.is_ok() {
            seen.count += 1;
        } else {
            let text = format!("{}: {}", record.outcome.class(), record.error);
            seen.failed.get_or_insert(text);
        }
        self.changed.notify_all();
        seen.failed.clone().map_or(Ok(()), |text| Err(SinkFailure(text)))
    }
}

/// Counts the records of successful exchanges; any other ends the run.
struct CountingSink(Arc<Recorded>);

impl Sink for CountingSink {
    fn record(&mut self, record: &Arc<Record>) -> Result<(), SinkFailure> {
        self.0.add(record)
    }

    fn sample(&mut self, _sample: &Sample) -> Result<(), SinkFailure> {
        Ok(())
    }
}

/// Exchanges that may be without a record: more than a batch of requests and one of replies (64), so
/// that neither has to wait for the other.
const UNRECORDED: u64 = 150;

/// What generating an item takes at least. A batch of requests has as many items as take 5 ms, so 50
/// at most.
const ITEM: Duration = Duration::from_micros(100);

/// Allocations of the engine thread in a run of `number` exchanges.
///
/// An item is generated only once all but [`UNRECORDED`] of those before it are recorded. So however
/// long the interpreter is kept from its core, the thread never has to replace more buffers than
/// those hold: the buffers of all others have been returned.
fn allocations(server: &Server, api: &FakeApi, number: u64) -> u64 {
    let recorded = Arc::<Recorded>::default();
    let mut bench = Bench::new(plan_of(&server.url(), 4, number));
    bench.api = api.clone();
    bench.plan.request.traceparent = Some(Traceparent { key: TraceKey([1; 16]), ratio: 0.5 });
    let seen = Arc::clone(&recorded);
    bench.dataset.before = Some(Arc::new(move |item| {
        std::thread::sleep(ITEM);
        seen.wait_for(item.saturating_sub(UNRECORDED))
    }));
    let plan = Arc::new(bench.plan.clone());
    let mut sink = CountingSink(Arc::clone(&recorded));
    let before = COUNT.load(Relaxed);
    loadwright_engine::run(&plan, 0, &bench.ports(), &bench.control, &mut [&mut sink])
        .expect("the point starts");
    let seen = recorded.seen.lock().unwrap();
    assert_eq!((seen.count, seen.failed.as_deref()), (number, None));
    COUNT.load(Relaxed) - before
}

/// Allocations of the engine thread for each further exchange: the difference between a long run and
/// a short one, so that what a thread needs to start is left out.
fn per_exchange(api: FakeApi) -> f64 {
    let server = start(fast());
    let short = allocations(&server, &api, 300);
    let long = allocations(&server, &api, 3_300);
    assert!(short > 0, "the start of a thread allocates: nothing was counted");
    long.saturating_sub(short) as f64 / 3_000.0
}

/// One test, since the allocations of all engine threads of the process are counted together.
#[test]
fn an_exchange_allocates_nothing_but_headers_for_a_plugin() {
    let cases = [
        ("a reply of one frame", FakeApi::tokens(1), 0.0),
        ("a reply of 64 frames", FakeApi::tokens(64), 0.0),
        // The headers of a reply are one text, and where they end in it.
        ("a reply that is decoded", FakeApi::decoding(1, 0), 2.0),
    ];
    for (name, api, expected) in cases {
        let count = per_exchange(api);
        eprintln!("{name}: {count:.3} allocations");
        assert!((expected..=expected + BOUND).contains(&count), "{name}: {count} allocations");
    }
}
