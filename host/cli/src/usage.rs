//! From the process's arguments and environment to a converted run, or to why there is none. A
//! request for help is answered before any file is read.

use crate::args::Cli;
use crate::catalog::unknown_names;
use crate::config::gather;
use crate::findings::{Findings, Mistakes};
use crate::plan::{Run, convert};
use clap::Parser;
use std::ffi::OsString;

/// Why a command line cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// The parser's answer: an error, or the help or version that was asked for.
    #[error("{0}")]
    Parser(#[from] clap::Error),
    /// Settings that cannot be used.
    #[error("{0}")]
    Settings(#[from] Mistakes),
}

/// The command line as typed.
///
/// # Errors
/// It does not parse, or asks for help.
pub fn parse(arguments: &[OsString]) -> Result<Cli, UsageError> {
    Ok(Cli::try_parse_from(arguments)?)
}

/// The run that `loadwright perf` with the arguments after `perf` asks for.
///
/// # Errors
/// Every setting that cannot be used, wherever it stands.
pub fn run(typed: &[OsString], environment: &[(String, String)]) -> Result<Run, UsageError> {
    let mut findings = Findings::default();
    let gathered = gather(typed, environment, &mut findings)?;
    convert(&gathered, findings).map_err(|mut mistakes| {
        mistakes.0.extend(unknown_names(&gathered.args));
        mistakes.into()
    })
}

/// The variables that may hold settings; those that are not text cannot.
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("LOADWRIGHT_"))
        .collect()
}
