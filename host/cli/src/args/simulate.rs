//! Flags of the stand-alone simulated server.

use super::values::{Typed, whole};
use clap::Args;

/// `loadwright simulate`.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Server")]
pub struct SimulateArgs {
    /// Port to listen on, loopback only; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value = "8000", value_parser = whole, allow_negative_numbers = true)]
    pub port: Typed<i64>,
}
