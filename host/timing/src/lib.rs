//! The clock, sockets whose reads carry the kernel's receive time, and what the kernel is asked so
//! that a thread reads them soon: timers and priority; and how threads are started.
//!
//! Engine and simulated server both date bytes by these stamps, so that what one reports can be
//! held against what the other knows. Nothing here knows HTTP.

#![expect(
    unsafe_code,
    reason = "recvmsg, timerfd, setpriority and prctl have no safe binding in std"
)]

pub mod clock;
pub mod gather;
pub mod pacer;
pub mod priority;
pub mod socket;
pub mod spawn;
pub mod stream;
