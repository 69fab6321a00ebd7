//! The scheduler's view of a thread: those that can wait make room for those that stamp.

/// Lowers the calling thread's priority (nice 10), so that it takes what other threads leave of the
/// processor. Where the system refuses, nothing changes.
pub fn lower() {
    // SAFETY: setpriority takes no pointers; on Linux the id 0 is the calling thread alone.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) };
}

/// Lets the calling thread's sleeps end on time: by default the kernel may lengthen each by 50 µs.
/// Where the system refuses, nothing changes.
pub fn punctual() {
    // SAFETY: this option takes a number, and no pointers.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1) };
}

#[cfg(test)]
mod tests;
