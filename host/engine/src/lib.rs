//! Schedules, sends and stamps requests: the only code that drives sockets.
//!
//! [`run`] takes one plan to its end. Makers (`prepare`) format requests ahead of their slots into
//! a bounded queue (`dispense`); engine threads (`thread`, `drive`, `serve`) hand them out,
//! each with its scheduled time; `transport` sends them and takes their replies as stamped frames
//! (`capture`); interpreters (`interpret`) read the frames on threads of their own and make
//! records, which the `recorder` gives to the sinks on the caller's thread.
//!
//! Nothing a plugin does stands between a slot and its request, or between a socket and its stamp.

#![forbid(unsafe_code)]

mod budget;
mod capture;
mod contact;
mod control;
mod decode;
mod dispense;
mod drive;
mod flight;
pub mod framing;
mod gauges;
mod heads;
pub mod http1;
mod http2;
mod interpret;
mod items;
mod judge;
mod landed;
mod net;
mod outbox;
mod point;
mod prepare;
mod probe;
pub mod reading;
mod recorder;
mod run;
mod serve;
mod thread;
mod timers;
mod transport;
mod wait;

pub use control::{Control, Progress, Stop};
pub use net::endpoint::BadUrl;
pub use net::tls::TlsSetup;
pub use prepare::Ports;
pub use probe::{Patience, ProbeFailure, Probed, Refusal, Waiting, probe};
pub use run::{EngineError, run};
