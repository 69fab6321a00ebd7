//! Measures `loadwright perf` alongside a bare socket client and a minimal hyper client, all against
//! the simulated server and its own record of what it sent and when.
//!
//! `run` starts everything and writes the results; `server` and `client` are the processes that it
//! starts, and can be used by hand; `table` shows kept results.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "this program's output is its purpose")]

mod bare;
mod child;
mod client;
mod hyper;
mod loadwright;
mod machine;
mod metrics;
mod plugins;
mod process;
mod receiver;
mod reply;
mod result;
mod run;
mod scenario;
mod server;
mod table;
mod tally;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "Measures loadwright alongside a bare socket client and a minimal hyper client")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs scenarios, writes their results and prints them as a table
    Run(run::RunArgs),
    /// Serves a scenario until standard input ends, then prints its own metrics as JSON
    Server(server::ServerArgs),
    /// Receives OTLP over HTTP until standard input ends, then prints how many spans it got as JSON
    Receiver,
    /// Runs a client to compare with, and prints its metrics as JSON
    Client(client::ClientArgs),
    /// Measures what plugins cost, writes the results and prints them as tables
    Plugins(plugins::PluginsArgs),
    /// Prints kept results as a table
    Table {
        /// Files that `run` wrote
        #[arg(required = true)]
        results: Vec<PathBuf>,
    },
}

/// Any error: only its message matters.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let outcome = match Args::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Server(args) => server::serve(&args),
        Command::Receiver => receiver::serve(),
        Command::Client(args) => client::run(&args),
        Command::Plugins(args) => plugins::run(&args),
        Command::Table { results } => table::print(&results),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
