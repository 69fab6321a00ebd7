//! Flags of the load: how requests arrive, and when a point ends.

use super::values::{Decimal, Whole};
use clap::Args;

/// How requests arrive and when a point ends.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Load")]
pub struct LoadArgs {
    /// Concurrent requests, one value per sweep point [default: 1; with only --simulate: 1 4 16]
    #[arg(long, value_name = "N", num_args = 1.., action = clap::ArgAction::Set)]
    pub parallel: Option<Vec<Whole>>,
    /// Number of requests, one value per sweep point [default: 1000; with only --simulate: 20 80 160;
    /// with --duration or a timed dataset: unlimited]
    #[arg(short = 'n', long, value_name = "N", num_args = 1.., action = clap::ArgAction::Set)]
    pub number: Option<Vec<Whole>>,
    /// Scheduled requests per second, one value per sweep point; without --open-loop, a request waits
    /// until one of the --parallel workers is free. -1 disables pacing
    #[arg(long, value_name = "R", num_args = 1.., action = clap::ArgAction::Set)]
    pub rate: Option<Vec<Decimal>>,
    /// Send requests at their scheduled times, even if earlier ones have not finished; a timed dataset
    /// implies it
    #[arg(long)]
    pub open_loop: bool,
    /// Distribution of inter-arrival times: constant, poisson or gamma [default: poisson]
    #[arg(long, value_name = "PROCESS")]
    pub arrival: Option<String>,
    /// Shape of gamma arrivals: below 1 is burstier than Poisson, above 1 more regular
    #[arg(long, value_name = "SHAPE")]
    pub burstiness: Option<Decimal>,
    /// Drop and count requests beyond this many in flight; needs --open-loop
    #[arg(long, value_name = "N")]
    pub max_in_flight: Option<Whole>,
    /// Stop starting requests after this time; those in flight finish
    #[arg(long, value_name = "SECONDS")]
    pub duration: Option<Decimal>,
    /// Unmeasured requests before the measured ones: a count, or a fraction of --number below 1
    #[arg(long, value_name = "N", default_value = "0")]
    pub warmup_num: Decimal,
    /// Start the --parallel workers evenly over this time
    #[arg(long, value_name = "SECONDS", default_value = "0")]
    pub ramp_up: Decimal,
    /// Pause between sweep points [default: 5; with --simulate: 1]
    #[arg(long, value_name = "SECONDS")]
    pub sleep_interval: Option<Decimal>,
    /// Retries of a failed request, after a back-off or the server's Retry-After; every attempt is
    /// recorded
    #[arg(long, value_name = "N", default_value = "0")]
    pub retries: Whole,
    /// Limits that a request must meet to count towards goodput, in milliseconds; metrics are ttft,
    /// tpot and latency
    #[arg(long, value_name = "METRIC:MS", num_args = 1.., action = clap::ArgAction::Set)]
    pub goodput: Option<Vec<String>>,
}
