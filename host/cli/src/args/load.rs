//! Flags that say how requests arrive and when a point ends.

use super::values::{Typed, decimal, decimals, whole, wholes};
use clap::Args;

/// How requests arrive and when a point ends.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Load")]
pub struct LoadArgs {
    /// Requests in flight, one value a sweep point [default: 1; with --simulate alone: 1 4 16]
    #[arg(long, value_name = "N", num_args = 1.., action = clap::ArgAction::Set, value_parser = wholes, allow_negative_numbers = true)]
    pub parallel: Option<Vec<Typed<i64>>>,
    /// Requests of a point, walked together with --parallel and --rate [default: 1000; with
    /// --simulate alone: 20 80 160; with --duration: no limit]
    #[arg(short = 'n', long, value_name = "N", num_args = 1.., action = clap::ArgAction::Set, value_parser = wholes, allow_negative_numbers = true)]
    pub number: Option<Vec<Typed<i64>>>,
    /// Requests a second, due by the clock: sent then with --open-loop, without it as soon as a
    /// worker of --parallel is free; -1 means no pace
    #[arg(long, value_name = "R", num_args = 1.., action = clap::ArgAction::Set, value_parser = decimals, allow_negative_numbers = true)]
    pub rate: Option<Vec<Typed<f64>>>,
    /// Send by the clock, whatever the server does
    #[arg(long)]
    pub open_loop: bool,
    /// How the gaps between arrivals are drawn: constant, poisson or gamma [default: poisson]
    #[arg(long, value_name = "PROCESS")]
    pub arrival: Option<String>,
    /// Shape of gamma arrivals: below 1 burstier than Poisson, above 1 more even
    #[arg(long, value_name = "SHAPE", value_parser = decimal, allow_negative_numbers = true)]
    pub burstiness: Option<Typed<f64>>,
    /// With --open-loop: a request over this many in flight is dropped and counted
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub max_in_flight: Option<Typed<i64>>,
    /// No request starts later than this after the first measured one; those in flight end
    #[arg(long, value_name = "SECONDS", value_parser = decimal, allow_negative_numbers = true)]
    pub duration: Option<Typed<f64>>,
    /// Requests before the measured ones: a count, or a share of --number below 1
    #[arg(long, value_name = "N", default_value = "0", value_parser = decimal, allow_negative_numbers = true)]
    pub warmup_num: Typed<f64>,
    /// Workers of --parallel start evenly over this span
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = decimal, allow_negative_numbers = true)]
    pub ramp_up: Typed<f64>,
    /// Pause between sweep points [default: 5; with --simulate: 1]
    #[arg(long, value_name = "SECONDS", value_parser = decimal, allow_negative_numbers = true)]
    pub sleep_interval: Option<Typed<f64>>,
    /// How often a failed request is tried again, after a back-off or what Retry-After asks for;
    /// every attempt is recorded
    #[arg(long, value_name = "N", default_value = "0", value_parser = whole, allow_negative_numbers = true)]
    pub retries: Typed<i64>,
    /// Limits that a request must meet to count towards goodput, in milliseconds: ttft, tpot,
    /// latency
    #[arg(long, value_name = "FIGURE:MS", num_args = 1.., action = clap::ArgAction::Set)]
    pub goodput: Option<Vec<String>>,
}
