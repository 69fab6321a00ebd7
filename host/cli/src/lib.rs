//! The binary `loadwright`, as a library that its tests can reach.
//!
//! A command line walks through here once: [`args`] holds what was typed, [`config`] adds file and
//! environment, [`plan`] says what it all means, `open` opens what that needs, and `perf` runs
//! the sweep around the engine. `replay` makes a run's files again, [`exit`] says how the process
//! ends.

#![forbid(unsafe_code)]

pub mod args;
mod catalog;
pub mod config;
pub mod exit;
mod failure;
pub mod findings;
mod input;
mod interrupt;
mod journal;
mod listing;
mod open;
mod perf;
pub mod plan;
mod progress;
mod remedy;
mod replay;
mod results;
mod simulate;
mod sweep;
mod terminal;
pub mod usage;
mod voice;
mod waiting;

use args::{Cli, Command, PluginCommand};
use exit::Exit;
use failure::Failure;
use std::ffi::OsString;
use std::process::ExitCode;
use terminal::Terminal;
use usage::UsageError;

/// Runs the command line `arguments`, program name included, to its exit code.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    loadwright_files::fit_into_limits();
    let exit = match command(&arguments) {
        Ok(exit) => exit,
        Err(Trouble::Usage(UsageError::Parser(error))) => answer(&error),
        Err(Trouble::Usage(UsageError::Settings(mistakes))) => fail(&mistakes.into()),
        Err(Trouble::Failure(failure)) => fail(&failure),
    };
    printed(exit).into()
}

/// Why a command line came to nothing.
enum Trouble {
    Usage(UsageError),
    Failure(Failure),
}

impl From<UsageError> for Trouble {
    fn from(error: UsageError) -> Self {
        Self::Usage(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

fn command(arguments: &[OsString]) -> Result<Exit, Trouble> {
    let is_perf = arguments.get(1).is_some_and(|word| word == "perf");
    match usage::parse(arguments) {
        Err(error) if !is_perf => Err(error.into()),
        // What is wrong with flags of `perf` is told together with what is wrong with its settings.
        Err(_) | Ok(Cli { command: Command::Perf(_) }) => {
            let typed = arguments.get(2..).unwrap_or_default();
            Ok(perf::perf(usage::run(typed, &usage::environment())?))
        }
        Ok(Cli { command: Command::Simulate(args) }) => Ok(simulate::simulate(&args)?),
        Ok(Cli { command: Command::Report(args) }) => Ok(replay::report(&args)?),
        Ok(Cli { command: Command::Plugin(PluginCommand::List(args)) }) => {
            Ok(listing::list(&args)?)
        }
    }
}

fn fail(failure: &Failure) -> Exit {
    Terminal::default().say(&format!("loadwright: {failure}"));
    failure.exit()
}

/// Help and version are answers, anything else the parser says is a usage error.
fn answer(error: &clap::Error) -> Exit {
    let text = error.render();
    if error.use_stderr() {
        let coloured = terminal::has_colours(&std::io::stderr());
        Terminal::default().say_as_is(&if coloured {
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

/// `exit`, unless what was printed did not arrive: then the process failed at its output.
fn printed(exit: Exit) -> Exit {
    match (exit, terminal::lost()) {
        (Exit::Usage | Exit::Plugin, _) | (_, None) => exit,
        (_, Some(error)) => {
            Terminal::default().say(&format!(
                "loadwright: standard output cannot be written: {error}; free space there, or send \
                 it elsewhere"
            ));
            Exit::Output
        }
    }
}
