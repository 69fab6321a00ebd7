//! Build tasks of the workspace: `cargo xtask plugins` builds every guest, `--check` checks that the
//! committed ones match their sources; `cargo xtask package` packages the plugin SDK and builds it from
//! the package; `cargo xtask dist` builds the shipped binary, `cargo xtask contract` writes the
//! contract's page, `cargo xtask interop` holds exporters against the real tools.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

mod component;
mod contract;
mod digests;
mod dist;
mod guests;
mod interop;
mod package;
mod plugins;
mod stage;
mod toolchain;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask plugins [NAME…]    build all guests, or these, into their dist folders
       cargo xtask plugins --check    rebuild them elsewhere and compare with the committed ones
       cargo xtask package            package the plugin SDK and build it from the package
       cargo xtask dist               build the shipped binary and a file with its line tables
       cargo xtask contract           write docs/plugins/contract.md from wit/
       cargo xtask interop [NAME…]    check what exporters send with the real tools, from PyPI
       cargo xtask interop --install  install these tools, and check nothing";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done: Result<(), Box<dyn std::error::Error>> = match arguments.as_slice() {
        ["plugins", "--check"] => plugins::check().map_err(Into::into),
        ["plugins", names @ ..] => plugins::build(names).map_err(Into::into),
        ["package"] => package::package().map_err(Into::into),
        ["contract"] => contract::write().map_err(Into::into),
        ["interop", "--install"] => interop::install().map_err(Into::into),
        ["interop", names @ ..] => interop::interop(names).map_err(Into::into),
        ["dist"] => dist::dist().map_err(Into::into),
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
