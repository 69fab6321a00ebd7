//! Chores of the workspace: `cargo xtask plugins` builds every guest, `--check` says whether the
//! committed ones are what their sources give.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command for a terminal")]

mod component;
mod digests;
mod guests;
mod plugins;
mod stage;
mod toolchain;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask plugins            build all guests into their dist folders
       cargo xtask plugins --check    rebuild them aside and compare with the committed ones";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["plugins"] => plugins::build(),
        ["plugins", "--check"] => plugins::check(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
