//! The clock, a precise timer, sockets whose reads carry the kernel's receive time, read batching,
//! and how threads are started, scheduled and pinned.
//!
//! The engine and the simulated server both take their timestamps here, so that what one reports
//! can be compared with what the other knows. Nothing here knows HTTP.

#![expect(
    unsafe_code,
    reason = "no safe binding reads the timestamps of recvmsg, and AsyncFd takes any descriptor"
)]

pub mod clock;
pub mod cpu_pin;
pub mod pacer;
pub mod read_batcher;
pub mod socket;
pub mod stream;
pub mod thread;
