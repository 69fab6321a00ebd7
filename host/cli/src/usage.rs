//! From the process's arguments and environment to a converted run, or to why there is none. A
//! request for help is answered before any file is read.

use crate::args::{Cli, perf_command, tips};
use crate::catalog::unknown_names;
use crate::config::gather;
use crate::findings::{Findings, Mistake, Mistakes};
use crate::plan::{Run, convert};
use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::{OsStr, OsString};

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
/// Every setting that cannot be used, wherever it stands, and every flag that there is not.
pub fn run(typed: &[OsString], environment: &[(String, String)]) -> Result<Run, UsageError> {
    let (typed, mut mistakes) = without_unknown(typed);
    let mut findings = Findings::default();
    let gathered = match gather(&typed, environment, &mut findings) {
        Ok(gathered) => gathered,
        Err(error) if mistakes.is_empty() || !error.use_stderr() => return Err(error.into()),
        Err(error) => {
            mistakes.push(of_parser(&error));
            return Err(Mistakes(mistakes).into());
        }
    };
    let converted = convert(&gathered, findings);
    if let Err(settings) = &converted {
        mistakes.extend(settings.0.iter().cloned());
        mistakes.extend(unknown_names(&gathered.args));
    }
    match converted {
        Ok(run) if mistakes.is_empty() => Ok(run),
        _ => Err(Mistakes(mistakes).into()),
    }
}

/// What was typed without the flags that there are not and their values, and a mistake for each.
fn without_unknown(typed: &[OsString]) -> (Vec<OsString>, Vec<Mistake>) {
    let command = perf_command();
    let mut kept = typed.to_vec();
    let mut mistakes = Vec::new();
    while let Some(unknown) = first_unknown(&command, &kept) {
        let is_it = |token: &OsString| {
            let token = token.to_string_lossy();
            token.strip_prefix(&*unknown).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
                // Short flags have their values, or further flags, behind them.
                || (!unknown.starts_with("--") && unknown.len() == 2 && token.starts_with(&unknown))
        };
        let Some(at) = kept.iter().position(is_it) else { break };
        let values = kept[at + 1..].iter().take_while(|token| is_value(token)).count();
        let is_flag = unknown.starts_with('-');
        kept.drain(at..=at + if is_flag { values } else { 0 });
        mistakes.push(if is_flag { no_flag(&command, &unknown) } else { no_value(&unknown) });
    }
    (kept, mistakes)
}

/// The first argument that the parser does not know.
fn first_unknown(command: &clap::Command, typed: &[OsString]) -> Option<String> {
    let tokens = std::iter::once(OsString::from("loadwright perf")).chain(typed.iter().cloned());
    let error = command.clone().try_get_matches_from(tokens).err()?;
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(argument))) => {
            Some(argument.clone())
        }
        _ => None,
    }
}

/// Whether `token` belongs to the flag before it: no flag itself, but a number may be negative.
fn is_value(token: &OsStr) -> bool {
    let token = token.to_string_lossy();
    token.strip_prefix('-').is_none_or(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn no_flag(command: &clap::Command, unknown: &str) -> Mistake {
    let name = unknown.trim_start_matches('-');
    let known = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let text = match tips::instead(name, known.filter_map(clap::Arg::get_long)) {
        Some(flag) => format!("is not a flag of perf; did you mean --{flag}?"),
        None => "is not a flag of perf; --help shows all of them".into(),
    };
    Mistake { flag: name.into(), origin: None, text }
}

fn no_value(word: &str) -> Mistake {
    let text = "is not a flag, and no flag before it takes it; quote or remove it".into();
    Mistake { flag: word.into(), origin: Some("the command line".into()), text }
}

/// What else the parser says, in the words of a mistake.
fn of_parser(error: &clap::Error) -> Mistake {
    let said = error.to_string();
    let text = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => argument.as_str(),
        _ => "perf",
    };
    let flag = argument.split([' ', '=']).next().unwrap_or(argument).trim_start_matches('-');
    Mistake { flag: flag.into(), origin: None, text: text.into() }
}

/// The variables that may hold settings; those that are not text cannot.
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("LOADWRIGHT_"))
        .collect()
}
