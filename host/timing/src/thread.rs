//! Starts threads by name, with an error that names the limits to raise, and sets how the kernel
//! schedules them. What a thread does is its owner's concern.

use rustix::process::setpriority_process;
use rustix::thread::set_current_timer_slack;
use std::io;
use std::num::NonZeroU64;
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
    // On Linux this is the priority of the calling thread alone.
    let _ = setpriority_process(None, 10);
}

/// Sets the calling thread's timer slack to the minimum, so that its sleeps end on time: by default
/// the kernel may prolong each by 50 µs. If the system refuses, nothing changes.
pub fn minimize_timer_slack() {
    let _ = set_current_timer_slack(Some(NonZeroU64::MIN));
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
