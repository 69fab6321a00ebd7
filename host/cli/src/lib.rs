//! The binary `loadwright`, as a library that its tests can reach.
//!
//! A command line passes through here once: [`args`] holds what was typed, [`config`] adds the
//! settings file and the environment, [`plan`] converts all of it into plans, `open` opens what
//! they need, and `perf` runs the sweep. `report` regenerates a run's files, [`exit`] lists the exit
//! codes.

#![forbid(unsafe_code)]

pub mod args;
pub mod catalog;
pub mod config;
mod connection_test;
mod console;
pub mod diagnostics;
mod error;
pub mod exit;
mod export;
mod exporting;
pub mod inputs;
mod interrupt;
mod open;
pub mod parse;
mod perf;
pub mod plan;
mod plugin;
pub mod plugin_host;
mod progress;
mod remedy;
mod report;
mod results;
mod run_log;
mod simulate;
mod sweep;
mod terminal;
#[cfg(test)]
mod testing;

use args::{Cli, Command};
use error::CommandError;
use exit::Exit;
use std::ffi::OsString;
use std::process::ExitCode;
use terminal::Terminal;

/// Runs the command line `arguments`, program name included, to its exit code.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    loadwright_files::fit_into_limits();
    let exit = match command(&arguments) {
        Ok(exit) => exit,
        Err(CommandError::Parser(error)) => print_parser_message(&error),
        Err(error) => {
            Terminal::default().message(&format!("loadwright: {error}"));
            error.exit()
        }
    };
    unless_output_lost(exit).into()
}

fn command(arguments: &[OsString]) -> Result<Exit, CommandError> {
    let is_perf = arguments.get(1).is_some_and(|word| word == "perf");
    match parse::command_line(arguments) {
        Err(error) if !is_perf => Err(error.into()),
        // Unknown flags of `perf` are reported together with settings that cannot be used.
        Err(_) | Ok(Cli { command: Command::Perf(_) }) => {
            perf::perf(arguments.get(2..).unwrap_or_default())
        }
        Ok(Cli { command: Command::Simulate(args) }) => simulate::simulate(&args),
        Ok(Cli { command: Command::Report(args) }) => report::report(&args),
        Ok(Cli { command: Command::Export(args) }) => export::export(&args),
        Ok(Cli { command: Command::Plugin(command) }) => plugin::plugin(&command),
    }
}

/// Prints help or version to standard output, anything else as a usage error.
fn print_parser_message(error: &clap::Error) -> Exit {
    let text = error.render();
    if error.use_stderr() {
        let coloured = terminal::has_colours(&std::io::stderr());
        Terminal::default().raw_message(&if coloured {
            text.ansi().to_string()
        } else {
            text.to_string()
        });
        return Exit::Usage;
    }
    let coloured = terminal::has_colours(&std::io::stdout());
    terminal::print(&if coloured { text.ansi().to_string() } else { text.to_string() });
    Exit::Measured
}

/// `exit`, unless standard output could not be written: then the process failed at its output.
fn unless_output_lost(exit: Exit) -> Exit {
    match (exit, terminal::lost()) {
        (Exit::Usage | Exit::Plugin, _) | (_, None) => exit,
        (_, Some(error)) => {
            Terminal::default().message(&format!(
                "loadwright: cannot write to standard output: {error}; free some space, or redirect \
                 it elsewhere"
            ));
            Exit::Output
        }
    }
}
