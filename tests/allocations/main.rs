//! What the engine's threads allocate for one exchange, counted on them alone, in steady state.
//!
//! There is none: what is counted are batches, and buffers that still grow. The bound stands above
//! that, and well below one for each exchange.

#![expect(clippy::unwrap_used, reason = "all of this is tests: a panic is how they fail")]

#[path = "../engine/fakes.rs"]
#[expect(dead_code, reason = "only a part of the fakes is used")]
mod fakes;
#[path = "../engine/rig.rs"]
#[expect(dead_code, reason = "only a part of the test bench is used")]
mod rig;

use fakes::FakeProtocol;
use loadwright_core::arrival::{Arrival, Process};
use loadwright_core::plan::{Load, Plan};
use rig::{Bench, fast, plan_of, start};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Allocations an exchange: a batch of 64 has a few.
const BOUND: f64 = 0.5;

/// Counts allocations of threads whose name is `engine`.
struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Whether this thread is an engine's; none: not yet looked at.
    static COUNTED: Cell<Option<bool>> = const { Cell::new(None) };
}

fn count() {
    // A thread that ends has no locals any more, and is of no interest.
    let counted = COUNTED.try_with(|counted| match counted.get() {
        Some(known) => known,
        None => {
            // Looking the name up may allocate: that is not to be looked up again.
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

/// Allocations of the engine's thread for each further exchange of `tokens` frames: the difference
/// between a long run and a short one, so that what a thread needs to begin is left out. Exchanges
/// are paced, so that an interpreter which others keep from its core gives buffers back in time all
/// the same: where it does not, the thread has to make new ones.
fn an_exchange(tokens: u32) -> f64 {
    let server = start(fast());
    let counted = |number: u64| {
        let before = COUNT.load(Relaxed);
        let pace = Some(Arrival { rate: 500.0, process: Process::Constant });
        let load = Load::Closed { workers: 4, ramp_up: Duration::ZERO, pace };
        let plan = Plan { load, ..plan_of(&server.url(), 4, number) };
        Bench { protocol: FakeProtocol::tokens(tokens), ..Bench::new(plan) }.run().whole(number);
        COUNT.load(Relaxed) - before
    };
    let (short, long) = (counted(300), counted(1_300));
    long.saturating_sub(short) as f64 / 1_000.0
}

/// The first of five rounds that is within the bound, or the least of them.
fn at_best(tokens: u32) -> f64 {
    (1..5).fold(an_exchange(tokens), |least, _| {
        if least <= BOUND { least } else { least.min(an_exchange(tokens)) }
    })
}

#[test]
fn an_exchange_allocates_a_bounded_number_of_times_whatever_its_frames() {
    let (one, many) = (at_best(1), at_best(64));
    eprintln!("allocations an exchange: {one:.2} for one frame, {many:.2} for 64");
    assert!(COUNT.load(Relaxed) > 0, "a thread's start allocates: nothing was counted");
    assert!(one <= BOUND, "{one} allocations for a reply of one token");
    assert!(many <= BOUND, "{many} allocations for a stream of 64 frames");
}
