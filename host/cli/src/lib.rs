//! The binary `loadwright`, as a library that its tests can reach.
//!
//! A command line walks through here once: [`args`] holds what was typed, [`config`] adds file and
//! environment, [`plan`] says what it all means.

pub mod args;
pub mod config;
pub mod exit;
pub mod findings;
pub mod plan;
pub mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command line `arguments`, program name included, to its exit code.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    let _ = arguments;
    exit::Exit::Usage.into()
}
