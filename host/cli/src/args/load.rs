//! Flags that say how requests arrive and when a point ends.

use super::values::{Decimal, Whole};
use clap::Args;

/// How requests arrive and when a point ends.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Load")]
pub struct LoadArgs {
    /// Requests in flight, one value a sweep point [default: 1; with --simulate alone: 1 4 16]
    #[arg(long, value_name = "N", num_args = 1.., action = clap::ArgAction::Set)]
    pub parallel: Option<Vec<Whole>>,
    /// Requests of a point, walked together with --parallel and --rate [default: 1000; with
    /// --simulate alone: 20 80 160; with --duration: no limit]
    #[arg(short = 'n', long, value_name = "N", num_args = 1.., action = clap::ArgAction::Set)]
    pub number: Option<Vec<Whole>>,
    /// Requests a second, due by the clock: sent then with --open-loop, without it as soon as a
    /// worker of --parallel is free; -1 means no pace
    #[arg(long, value_name = "R", num_args = 1.., action = clap::ArgAction::Set)]
    pub rate: Option<Vec<Decimal>>,
    /// Send by the clock, whatever the server does
    #[arg(long)]
    pub open_loop: bool,
    /// How the gaps between arrivals are drawn: constant, poisson or gamma [default: poisson]
    #[arg(long, value_name = "PROCESS")]
    pub arrival: Option<String>,
    /// Shape of gamma arrivals: below 1 burstier than Poisson, above 1 more even
    #[arg(long, value_name = "SHAPE")]
    pub burstiness: Option<Decimal>,
    /// With --open-loop: a request over this many in flight is dropped and counted
    #[arg(long, value_name = "N")]
    pub max_in_flight: Option<Whole>,
    /// No request starts later than this after the first measured one; those in flight end
    #[arg(long, value_name = "SECONDS")]
    pub duration: Option<Decimal>,
    /// Requests before the measured ones: a count, or a share of --number below 1
    #[arg(long, value_name = "N", default_value = "0")]
    pub warmup_num: Decimal,
    /// Workers of --parallel start evenly over this span
    #[arg(long, value_name = "SECONDS", default_value = "0")]
    pub ramp_up: Decimal,
    /// Pause between sweep points [default: 5; with --simulate: 1]
    #[arg(long, value_name = "SECONDS")]
    pub sleep_interval: Option<Decimal>,
    /// How often a failed request is tried again, after a back-off or what Retry-After asks for;
    /// every attempt is recorded
    #[arg(long, value_name = "N", default_value = "0")]
    pub retries: Whole,
    /// Limits that a request must meet to count towards goodput, in milliseconds: ttft, tpot,
    /// latency
    #[arg(long, value_name = "FIGURE:MS", num_args = 1.., action = clap::ArgAction::Set)]
    pub goodput: Option<Vec<String>>,
}
