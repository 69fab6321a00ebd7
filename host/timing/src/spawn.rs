//! The one way in which threads are started: by name, and with an error that says what to do where
//! the system gives none.

use std::io;
use std::thread::{Builder, JoinHandle, Scope, ScopedJoinHandle};

/// Starts a thread called `name`.
///
/// # Errors
/// The system gives no more threads, in words that name the limits.
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

fn refused(name: &str, error: &io::Error) -> io::Error {
    let text = format!(
        "the thread `{name}` cannot be started: {error}; raise the limits on processes and memory \
         (ulimit -u, ulimit -v, the pids limit of a control group)"
    );
    io::Error::new(error.kind(), text)
}

#[cfg(test)]
mod tests;
