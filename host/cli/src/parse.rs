//! Parses the process's arguments and environment into a run. All errors are reported together; a
//! request for help is answered before any file is read.

use crate::args::{Cli, perf_command, suggestions};
use crate::config::{MergedSettings, merge};
use crate::diagnostics::{Diagnostics, SettingError, SettingErrors};
use crate::inputs::Inputs;
use crate::plan::{Run, convert};
use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use loadwright_core::manifest::VARIABLE;
use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;

/// Why a command line cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// The parser's answer: an error, or the help or version that was asked for.
    #[error("{0}")]
    Parser(#[from] clap::Error),
    /// Settings that cannot be used.
    #[error("{0}")]
    Settings(#[from] SettingErrors),
}

/// The command line as typed.
///
/// # Errors
/// It does not parse, or asks for help.
pub fn command_line(arguments: &[OsString]) -> Result<Cli, UsageError> {
    Ok(Cli::try_parse_from(arguments)?)
}

/// A `perf` command line, merged with the settings file and the environment, not yet converted.
#[derive(Debug)]
pub struct PerfRequest {
    settings: MergedSettings,
    /// Arguments that the parser refused.
    refused: Vec<SettingError>,
    /// Variables that hold secrets of plugins.
    secrets: Vec<(String, String)>,
    diagnostics: Diagnostics,
}

/// Parses `perf` with the arguments `typed`, those after `perf`. What cannot be used is reported
/// by [`PerfRequest::convert`], all at once.
///
/// # Errors
/// Help was asked for, or the arguments cannot be parsed at all.
pub fn perf(
    typed: &[OsString],
    environment: &[(String, String)],
) -> Result<PerfRequest, UsageError> {
    let (typed, refused) = parsable(typed);
    let mut diagnostics = Diagnostics::default();
    match merge(&typed, environment, &mut diagnostics) {
        Ok(settings) => {
            let secrets = environment.iter().filter(|(name, _)| name.starts_with(VARIABLE));
            let secrets = secrets.cloned().collect();
            Ok(PerfRequest { settings, refused, secrets, diagnostics })
        }
        Err(error) if error.use_stderr() && !refused.is_empty() => {
            Err(SettingErrors(refused).into())
        }
        Err(error) => Err(error.into()),
    }
}

impl PerfRequest {
    /// Whether the simulated server is to be measured.
    pub fn simulates(&self) -> bool {
        self.settings.args.target.simulate
    }

    /// The run that it describes; `simulated_server` is where that server will listen.
    ///
    /// # Errors
    /// Every setting that cannot be used, wherever it was set, and every unknown flag.
    pub fn convert(self, simulated_server: Option<SocketAddr>) -> Result<Run, SettingErrors> {
        let Self { settings, refused, secrets, mut diagnostics } = self;
        let mut inputs = Inputs::read(&settings.args, simulated_server, &mut diagnostics);
        inputs.secrets = secrets;
        let converted = convert(&settings, &inputs, diagnostics);
        if refused.is_empty() {
            return converted;
        }
        // A flag that the parser refused counts as missing in the conversion: report it once.
        let is_new = |error: &SettingError| !refused.iter().any(|known| known.flag == error.flag);
        let found = converted.err().unwrap_or_default().0;
        let new: Vec<SettingError> = found.into_iter().filter(is_new).collect();
        Err(SettingErrors(refused.into_iter().chain(new).collect()))
    }
}

/// The arguments without those that the parser refuses and their values, and an error for each.
fn parsable(typed: &[OsString]) -> (Vec<OsString>, Vec<SettingError>) {
    let command = perf_command();
    let mut kept = typed.to_vec();
    let mut errors = Vec::new();
    while let Some((argument, error)) = refused(&command, &kept) {
        let names = [Some(argument.clone()), short_of(&command, &argument)];
        let is_it = |token: &OsString| names.iter().flatten().any(|name| is_argument(token, name));
        let Some(at) = kept.iter().position(is_it) else {
            errors.push(other_error(&argument, &error));
            break;
        };
        let is_flag = argument.starts_with('-');
        let values = kept[at + 1..].iter().take_while(|token| is_flag && is_value(token)).count();
        kept.drain(at..=at + values);
        errors.push(match error.kind() {
            ErrorKind::UnknownArgument if is_flag => unknown_flag(&command, &argument),
            ErrorKind::UnknownArgument => stray_value(&argument),
            _ => other_error(&argument, &error),
        });
    }
    (kept, errors)
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

fn unknown_flag(command: &clap::Command, unknown: &str) -> SettingError {
    let name = unknown.trim_start_matches('-');
    let known = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let text = match suggestions::suggest(name, known.filter_map(clap::Arg::get_long)) {
        Some(flag) => format!("is not a flag of perf; did you mean --{flag}?"),
        None => "is not a flag of perf; --help shows all of them".into(),
    };
    SettingError { flag: name.into(), origin: None, text }
}

fn stray_value(word: &str) -> SettingError {
    let text = "is not a flag, and no flag before it takes it; quote or remove it".into();
    SettingError { flag: word.into(), origin: Some("the command line".into()), text }
}

/// What else the parser says of an argument.
fn other_error(argument: &str, error: &clap::Error) -> SettingError {
    let flag = argument.trim_start_matches('-').into();
    let text = match (error.kind(), error.get(ContextKind::InvalidValue)) {
        (ErrorKind::TooManyValues, _) => "takes no value; leave it out".into(),
        (ErrorKind::InvalidValue, Some(ContextValue::String(value))) if value.is_empty() => {
            "needs a value; give one after it".into()
        }
        _ => {
            let said = error.to_string();
            said.lines().next().unwrap_or_default().trim_start_matches("error: ").into()
        }
    };
    SettingError { flag, origin: None, text }
}

/// The variables that may hold settings; those that are not text cannot.
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("LOADWRIGHT_"))
        .collect()
}
