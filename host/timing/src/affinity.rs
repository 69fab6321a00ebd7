//! Keeps a thread that has to queue for its processor on one.
//!
//! The scheduler likes to wake a reader beside whoever has just written to it. With little else to
//! do that is the cheapest place. In a crowd the reader then waits behind the writer while another
//! processor is free, as where a quick service and its load share two of them.

use crate::clock;
use std::mem::zeroed;

/// A thread is busy that wants to run for more than this part of the time, ...
const BUSY: u64 = 4;
/// ... and crowded when it waits for more than this part of that.
const CROWDED: u64 = 8;
/// Looks in a row that must find it crowded.
const CONFIRMED: u32 = 2;

/// Where the calling thread may run.
pub struct Home {
    /// As it was found: what the user, `taskset` or a container allows.
    allowed: libc::cpu_set_t,
    /// The processor that is kept while the thread is crowded; none: it always roams.
    own: Option<usize>,
    kept: bool,
    /// Looks in a row that found it crowded.
    crowded: u32,
    /// None: the system keeps no count, or could not open one more file.
    last: Option<Shares>,
}

/// What a thread has had of the time so far, in nanoseconds.
#[derive(Debug, Clone, Copy)]
struct Shares {
    /// The time.
    all: u64,
    /// Running.
    run: u64,
    /// Ready to run, and waiting for a processor.
    waited: u64,
}

impl Home {
    /// The home of the calling thread, the `index`th of `threads` alike. They get a processor each
    /// where they leave as many to everybody else; where not, and where the system does not say
    /// which processors there are, they roam.
    pub fn of(index: usize, threads: usize) -> Self {
        let allowed = allowed();
        let processors: Vec<usize> = (0..libc::CPU_SETSIZE as usize)
            // SAFETY: the number is below the set's size.
            .filter(|&processor| unsafe { libc::CPU_ISSET(processor, &allowed) })
            .collect();
        // Processes that run beside each other begin at different ones.
        let first = std::process::id() as usize;
        let own = choose(&processors, first, (index, threads));
        Self { allowed, own, kept: false, crowded: 0, last: Shares::now() }
    }

    /// To be called now and then on the thread that this was made on: keeps it at home from when it
    /// is crowded until it has little to do, or this is dropped.
    pub fn look(&mut self) {
        let Some(now) = Shares::now() else { return };
        if let Some(last) = self.last.replace(now) {
            self.settle(now.since(last));
        }
    }

    fn settle(&mut self, shares: Shares) {
        self.crowded = if shares.is_crowded() { self.crowded + 1 } else { 0 };
        if self.crowded >= CONFIRMED {
            self.keep(true);
        } else if !shares.is_busy() {
            self.keep(false);
        }
    }

    fn keep(&mut self, kept: bool) {
        let Some(own) = self.own.filter(|_| kept != self.kept) else { return };
        self.kept = kept;
        if !kept {
            return confine(&self.allowed);
        }
        let mut home = empty();
        // SAFETY: the number was found in a set of the same size.
        unsafe { libc::CPU_SET(own, &mut home) };
        confine(&home);
    }
}

impl Shares {
    /// Those of the calling thread, by the scheduler's own count: `schedstat` in proc(5).
    fn now() -> Option<Self> {
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        let mut numbers = stat.split_whitespace().map_while(|number| number.parse().ok());
        Some(Self { all: clock::now(), run: numbers.next()?, waited: numbers.next()? })
    }

    fn since(self, before: Self) -> Self {
        Self {
            all: self.all - before.all,
            run: self.run - before.run,
            waited: self.waited - before.waited,
        }
    }

    fn is_busy(self) -> bool {
        (self.run + self.waited) * BUSY > self.all
    }

    fn is_crowded(self) -> bool {
        self.is_busy() && self.waited * CROWDED > self.run + self.waited
    }
}

/// The one of `processors` that the `index`th of `threads` alike keeps, where the first begins at
/// `first`; none where they would not leave as many to everybody else.
fn choose(processors: &[usize], first: usize, (index, threads): (usize, usize)) -> Option<usize> {
    let roomy = threads * 2 <= processors.len();
    roomy.then(|| processors[(first % processors.len() + index) % processors.len()])
}

impl Drop for Home {
    fn drop(&mut self) {
        self.keep(false);
    }
}

/// The processors that the calling thread may use; none where the system does not say.
fn allowed() -> libc::cpu_set_t {
    let mut set = empty();
    // SAFETY: the set is alive and exclusively borrowed across the call, and its size is given; 0 is
    // the calling thread.
    let result = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) };
    if result == 0 { set } else { empty() }
}

/// Lets the calling thread run on the processors in `set`. Where the system refuses, nothing changes.
fn confine(set: &libc::cpu_set_t) {
    // SAFETY: the set is alive across the call, and its size is given; 0 is the calling thread.
    unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const *set) };
}

fn empty() -> libc::cpu_set_t {
    // SAFETY: a set is plain bits, for which zero is a valid value.
    unsafe { zeroed() }
}

#[cfg(test)]
mod tests;
