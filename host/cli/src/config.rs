//! Merges settings of three origins, in rising precedence: a file, the environment, the command line.
//! The result is a command line as if everything had been typed.

mod environment;
mod file;
mod stored;

use crate::args::{PerfArgs, perf_command};
use crate::diagnostics::{Diagnostics, Origins};
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, FromArgMatches};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// Separates the values of a list in the argument made of a file's or variable's setting: the ASCII
/// unit separator, which is never typed. So a value may begin with a dash.
const SEPARATOR: char = '\u{1f}';

/// What a file or a variable sets a flag to.
#[derive(Debug, Clone, PartialEq)]
enum Setting {
    /// A switch.
    Switch(bool),
    /// One or more values.
    Values(Vec<String>),
}

/// The settings of all three origins.
#[derive(Debug, Clone, PartialEq)]
pub struct MergedSettings {
    /// The command line as if all had been typed.
    pub args: PerfArgs,
    /// The same as a JSON object, by flag with `_` for `-`.
    pub typed: serde_json::Map<String, serde_json::Value>,
    /// Where each given flag came from: `the command line`, a file or a variable.
    pub sources: Origins,
}

/// Settings by flag.
type Layer = BTreeMap<String, Setting>;

/// Merges the file of `--config`, `environment` and `typed`, the arguments after `perf`. What cannot
/// be used of file and environment is an error in `diagnostics`, which also gets the origins.
///
/// # Errors
/// The command line itself does not parse.
pub fn merge(
    typed: &[OsString],
    environment: &[(String, String)],
    diagnostics: &mut Diagnostics,
) -> Result<MergedSettings, clap::Error> {
    let program = OsString::from("loadwright perf");
    let command = perf_command();
    let tokens = std::iter::once(program.clone()).chain(typed.iter().cloned());
    let matches = command.clone().try_get_matches_from(tokens)?;

    let variables = environment::read(&command, environment, diagnostics);
    let mut layer = Layer::new();
    if let Some(path) = config_path(&matches, &variables) {
        layer = file::read(&command, &path, diagnostics);
    }
    layer.extend(variables);
    layer.retain(|flag, _| !is_typed(&matches, flag));
    diagnostics.origins.retain(|flag, _| layer.contains_key(flag));
    let mut sources = diagnostics.origins.clone();
    let by_hand = settable(&command).filter(|flag| is_given(&matches, flag));
    sources.extend(by_hand.map(|flag| (flag.to_owned(), "the command line".to_owned())));

    let tokens = std::iter::once(program)
        .chain(layer.iter().flat_map(|(flag, setting)| to_arguments(&command, flag, setting)))
        .chain(typed.iter().cloned());
    let merged = with_separators(command.clone()).try_get_matches_from(tokens)?;
    let typed = stored::typed_settings(&command, &merged);
    Ok(MergedSettings { args: PerfArgs::from_arg_matches(&merged)?, typed, sources })
}

fn config_path(matches: &ArgMatches, variables: &Layer) -> Option<PathBuf> {
    let typed = matches.get_one::<PathBuf>("config").cloned();
    typed.or_else(|| match variables.get("config") {
        Some(Setting::Values(values)) => values.first().map(PathBuf::from),
        _ => None,
    })
}

/// Whether the flag, or the one that negates it, is on the command line.
fn is_typed(matches: &ArgMatches, flag: &str) -> bool {
    is_given(matches, flag) || is_given(matches, &opposite(flag))
}

fn is_given(matches: &ArgMatches, flag: &str) -> bool {
    let id = flag.replace('-', "_");
    let id = if matches.try_contains_id(&id).is_ok() { id } else { flag.into() };
    matches.try_contains_id(&id).is_ok()
        && matches.value_source(&id) == Some(ValueSource::CommandLine)
}

/// `no-stream` for `stream` and the other way round.
pub(crate) fn opposite(flag: &str) -> String {
    flag.strip_prefix("no-").map_or_else(|| format!("no-{flag}"), str::to_owned)
}

/// A setting as command line arguments.
fn to_arguments(command: &clap::Command, flag: &str, setting: &Setting) -> Vec<OsString> {
    let token = |text: String| OsString::from(text);
    match setting {
        Setting::Switch(true) => vec![token(format!("--{flag}"))],
        Setting::Switch(false) if find(command, &opposite(flag)).is_some() => {
            vec![token(format!("--{}", opposite(flag)))]
        }
        Setting::Switch(false) => Vec::new(),
        Setting::Values(values) if find(command, flag).is_some_and(takes_many) => {
            vec![token(format!("--{flag}={}", values.join(&SEPARATOR.to_string())))]
        }
        Setting::Values(values) => {
            values.iter().map(|value| token(format!("--{flag}={value}"))).collect()
        }
    }
}

fn with_separators(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| if takes_many(&arg) { arg.value_delimiter(SEPARATOR) } else { arg })
}

fn find<'a>(command: &'a clap::Command, flag: &str) -> Option<&'a clap::Arg> {
    command.get_arguments().find(|arg| arg.get_long() == Some(flag))
}

fn takes_many(arg: &clap::Arg) -> bool {
    arg.get_num_args().is_some_and(|range| range.max_values() > 1)
}

fn is_switch(arg: &clap::Arg) -> bool {
    matches!(arg.get_action(), ArgAction::SetTrue)
}

/// Flags that a file or a variable may set, by name.
fn settable(command: &clap::Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter_map(clap::Arg::get_long).filter(|flag| *flag != "help")
}

#[cfg(test)]
mod tests;
