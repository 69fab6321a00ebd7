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
/// Every setting that cannot be used, wherever it stands, and every unknown flag.
pub fn run(typed: &[OsString], environment: &[(String, String)]) -> Result<Run, UsageError> {
    let (typed, mut mistakes) = parsable(typed);
    let mut findings = Findings::default();
    let gathered = match gather(&typed, environment, &mut findings) {
        Ok(gathered) => gathered,
        Err(error) if error.use_stderr() && !mistakes.is_empty() => {
            return Err(Mistakes(mistakes).into());
        }
        Err(error) => return Err(error.into()),
    };
    let converted = convert(&gathered, findings);
    if let Err(settings) = &converted {
        // A flag that the parser refused may now be missed.
        let told: Vec<String> = mistakes.iter().map(|mistake| mistake.flag.clone()).collect();
        let new = settings.0.iter().filter(|mistake| !told.contains(&mistake.flag));
        mistakes.extend(new.cloned());
        mistakes.extend(unknown_names(&gathered.args));
    }
    match converted {
        Ok(run) if mistakes.is_empty() => Ok(run),
        _ => Err(Mistakes(mistakes).into()),
    }
}

/// What was typed without the flags that the parser refuses and their values, and a mistake for each.
fn parsable(typed: &[OsString]) -> (Vec<OsString>, Vec<Mistake>) {
    let command = perf_command();
    let mut kept = typed.to_vec();
    let mut mistakes = Vec::new();
    while let Some((argument, error)) = refused(&command, &kept) {
        let names = [Some(argument.clone()), short_of(&command, &argument)];
        let is_it = |token: &OsString| names.iter().flatten().any(|name| is_argument(token, name));
        let Some(at) = kept.iter().position(is_it) else {
            mistakes.push(other(&argument, &error));
            break;
        };
        let is_flag = argument.starts_with('-');
        let values = kept[at + 1..].iter().take_while(|token| is_flag && is_value(token)).count();
        kept.drain(at..=at + values);
        mistakes.push(match error.kind() {
            ErrorKind::UnknownArgument if is_flag => no_flag(&command, &argument),
            ErrorKind::UnknownArgument => no_value(&argument),
            _ => other(&argument, &error),
        });
    }
    (kept, mistakes)
}

/// The first argument that the parser refuses, and why.
fn refused(command: &clap::Command, typed: &[OsString]) -> Option<(String, clap::Error)> {
    let tokens = std::iter::once(OsString::from("loadwright perf")).chain(typed.iter().cloned());
    let error =
        command.clone().try_get_matches_from(tokens).err().filter(clap::Error::use_stderr)?;
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    // A flag may be named with what it takes.
    let argument = argument.split([' ', '=']).next().unwrap_or(argument).to_owned();
    Some((argument, error))
}

/// The short name of a flag that the parser names by its long one.
fn short_of(command: &clap::Command, argument: &str) -> Option<String> {
    let long = argument.strip_prefix("--")?;
    let arg = command.get_arguments().find(|arg| arg.get_long() == Some(long))?;
    arg.get_short().map(|short| format!("-{short}"))
}

/// Whether `token` is the `argument` that the parser named, with its value or without.
fn is_argument(token: &OsStr, argument: &str) -> bool {
    let token = token.to_string_lossy();
    let is_short = argument.starts_with('-') && argument.chars().count() == 2;
    token.strip_prefix(argument).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with('=') || (is_short && !token.starts_with("--"))
    })
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

/// What else the parser says of an argument.
fn other(argument: &str, error: &clap::Error) -> Mistake {
    let flag = argument.trim_start_matches('-').into();
    let text = match (error.kind(), error.get(ContextKind::InvalidValue)) {
        (ErrorKind::TooManyValues, _) => "takes no value; leave it out".into(),
        (ErrorKind::InvalidValue, Some(ContextValue::String(value))) if value.is_empty() => {
            "needs a value; give one behind it".into()
        }
        _ => {
            let said = error.to_string();
            said.lines().next().unwrap_or_default().trim_start_matches("error: ").into()
        }
    };
    Mistake { flag, origin: None, text }
}

/// The variables that may hold settings; those that are not text cannot.
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("LOADWRIGHT_"))
        .collect()
}
