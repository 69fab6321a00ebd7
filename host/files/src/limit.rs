//! Limits of the process (`ulimit`) that would otherwise end it, or fail it, without a word.

use rlimit::Resource;

/// Sets the process up for the limits it has. To be called once, before it has other threads.
pub fn fit_into_limits() {
    report_size_limit();
    bound_arenas(Resource::AS.get_soft().unwrap_or(rlimit::INFINITY));
}

/// From now on a write beyond the limit of a file's size (`ulimit -f`) fails. Otherwise the system
/// ends the process before anything else is saved.
#[expect(unsafe_code, reason = "no crate at hand sets a signal's action safely")]
fn report_size_limit() {
    // SAFETY: the action is a constant of the system, no handler that could run code; nothing else
    // in the process sets this signal's action. It cannot fail for a signal that exists.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// Lets the allocator's arenas take a part of a limited address space (`ulimit -v`). glibc would take
/// all of it, since each thread's arena reserves 64 MiB and there are eight a core.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "no crate at hand sets the allocator's options safely")]
fn bound_arenas(address_space: u64) {
    if let Some(arenas) = arenas(address_space) {
        // SAFETY: the option exists and takes any number above 0; it changes how memory is got from
        // the system later on, and nothing that was allocated.
        unsafe { libc::mallopt(libc::M_ARENA_MAX, arenas) };
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn bound_arenas(_: u64) {}

/// How many arenas fit a sixteenth of the address space; none: it is not limited.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn arenas(address_space: u64) -> Option<libc::c_int> {
    /// What an arena reserves.
    const ARENA: u64 = 64 << 20;
    let fit = address_space / 16 / ARENA;
    (address_space != rlimit::INFINITY)
        .then(|| libc::c_int::try_from(fit.max(1)).unwrap_or(libc::c_int::MAX))
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests;
