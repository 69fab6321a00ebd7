//! Measures `loadwright perf` beside a bare socket client and a bare hyper client, all against the
//! simulated server and its own record of what it sent when.
//!
//! `run` starts everything and writes the figures; `server` and `client` are the processes that it
//! starts, and can be used by hand; `table` shows figures that were kept.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "this program's output is its purpose")]

mod bare;
mod client;
mod figures;
mod hyper;
mod loadwright;
mod machine;
mod process;
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
#[command(about = "Measures loadwright beside a bare socket client and a bare hyper client")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs scenarios, writes their figures and prints them as a table
    Run(run::RunArgs),
    /// Serves a scenario until its input ends, then prints what it knows as JSON
    Server(server::ServerArgs),
    /// Runs a client that is a limit to compare with, and prints its figures as JSON
    Client(client::ClientArgs),
    /// Prints the table of figures that were kept
    Table {
        /// Files that `run` wrote
        #[arg(required = true)]
        results: Vec<PathBuf>,
    },
}

/// Whatever went wrong: this program has one user, who wants the text.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let outcome = match Args::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Server(args) => server::serve(&args),
        Command::Client(args) => client::run(&args),
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
