//! The clock, and sockets whose reads carry the kernel's receive time.
//!
//! Engine and simulated server both date bytes by these stamps, so that what one reports can be
//! held against what the other knows. Nothing here knows HTTP.

pub mod clock;
