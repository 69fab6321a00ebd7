//! Starts threads by name, with an error that names the limits to raise, and sets how the kernel
//! schedules them. What a thread does is its owner's concern.

use std::io;
use std::thread::{Builder, JoinHandle, Scope, ScopedJoinHandle};

/// Starts a thread called `name`.
///
/// # Errors
/// The system refuses another thread; the text names the limits to raise.
pub fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    Builder::new().name(name.into()).spawn(work).map_err(|error| refused(name, &error))
}

/// Starts a thread called `name` that ends within `scope`.
///
/// # Errors
/// As for [`spawn`].
pub fn spawn_scoped<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    Builder::new()
        .name(name.into())
        .spawn_scoped(scope, work)
        .map_err(|error| refused(name, &error))
}

/// Lowers the calling thread's priority (nice 10): it yields the processor to threads that take
/// timestamps. If the system refuses, nothing changes.
pub fn lower_priority() {
    // SAFETY: setpriority takes no pointers; on Linux the id 0 is the calling thread alone.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) };
}

/// Sets the calling thread's timer slack to the minimum, so that its sleeps end on time: by default
/// the kernel may prolong each by 50 µs. If the system refuses, nothing changes.
pub fn minimize_timer_slack() {
    // SAFETY: this option takes a number, and no pointers.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1) };
}

fn refused(name: &str, error: &io::Error) -> io::Error {
    let text = format!(
        "the thread `{name}` cannot be started: {error}; raise the limits on processes and memory \
         (ulimit -u, ulimit -v, the pids limit of a control group)"
    );
    io::Error::new(error.kind(), text)
}

#[cfg(test)]
mod tests;
