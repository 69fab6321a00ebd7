//! The limit of a file's size (`ulimit -f`), made an error that can be named.

/// From now on a write beyond the limit fails. Otherwise the system ends the process, without a word
/// and before anything else is saved.
#[expect(unsafe_code, reason = "no crate at hand sets a signal's action safely")]
pub fn report_size_limit() {
    // SAFETY: the action is a constant of the system, no handler that could run code; nothing else
    // in the process sets this signal's action. It cannot fail for a signal that exists.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}
