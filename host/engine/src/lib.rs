//! Schedules, sends and stamps requests: the only code that drives sockets.
pub mod framing;
pub mod reading;
