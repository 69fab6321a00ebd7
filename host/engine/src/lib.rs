//! Schedules, sends and measures requests: the only code that drives sockets.
//!
//! [`run`] takes one plan to its end. `prepare` formats requests ahead of their slots into a bounded
//! queue; `schedule` hands them out on the engine threads, each with its scheduled time; `exchange`
//! sends them and receives their replies as timestamped frames; `interpret` reads the frames on threads of
//! its own and makes records, which `run` gives to the sinks on the caller's thread. What one stage
//! hands to the next is in `messages`, what all of them share in `context`.
//!
//! No plugin code runs between a scheduled time and its send, or between a read and its timestamp.

#![forbid(unsafe_code)]

mod context;
mod error;
mod exchange;
mod interpret;
mod messages;
mod prepare;
mod run;
mod schedule;

pub use context::Ports;
pub use context::control::{Control, Progress, Stop};
pub use error::{EngineError, InvalidUrl, TlsError};
pub use exchange::{framing, http1, response};
pub use interpret::reading;
pub use run::{FailedProbe, Patience, ProbeFailure, Probed, Waiting, preparer_count, probe, run};
