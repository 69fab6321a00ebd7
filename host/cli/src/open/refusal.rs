//! What plugins refuse of their settings, as mistakes of the flags that set them: the one place
//! that knows which flag a setting comes from.

use crate::args::perf_command;
use crate::catalog::flag_of;
use crate::failure::Failure;
use crate::findings::{Mistake, Mistakes};
use loadwright_core::ports::{Cause, Fault, PluginFailure};
use loadwright_wasm::{Kind, OpenError};

/// Both, or what is wrong: mistakes on both sides are told at once.
pub(super) fn both<A, B>(
    one: Result<A, Failure>,
    other: Result<B, Failure>,
) -> Result<(A, B), Failure> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(Failure::Settings(mut one)), Err(Failure::Settings(other))) => {
            one.0.extend(other.0);
            Err(one.into())
        }
        (Err(failure), _) | (_, Err(failure)) => Err(failure),
    }
}

/// Settings that a plugin of this `kind` refused as mistakes; any other error as it is.
pub(super) fn refusal(kind: Kind, error: OpenError) -> Failure {
    match error {
        OpenError::Settings { plugin, mistakes } => {
            let own = |text: &String| mistake(own_flag(kind), &format!("{plugin}: {text}"));
            Mistakes(mistakes.iter().map(own).collect()).into()
        }
        OpenError::Failed(PluginFailure {
            plugin,
            cause: Cause::Fault(Fault::Settings(text)),
            ..
        }) => Mistakes(vec![of_setting(kind, &plugin, &text)]).into(),
        error => Failure::Plugin(error),
    }
}

/// The mistake that `text`, which begins with a setting's name and a colon, tells of.
fn of_setting(kind: Kind, plugin: &str, text: &str) -> Mistake {
    let named = text.split_once(": ").and_then(|(setting, rest)| {
        let flag = flag(kind, setting)?;
        // Of the plugin's own settings the flag alone does not say which.
        let rest = if flag == own_flag(kind) { text } else { rest };
        Some(mistake(&flag, rest))
    });
    named.unwrap_or_else(|| mistake(flag_of(kind), &format!("{plugin}: {text}")))
}

/// The flag that sets `setting`, e.g. `max-prompt-length` for `max_prompt_length`.
fn flag(kind: Kind, setting: &str) -> Option<String> {
    let name = setting.strip_prefix("generation.").unwrap_or(setting);
    match name {
        "template" => Some("query-template".into()),
        "n" => Some("n-choices".into()),
        "settings" => Some(own_flag(kind).into()),
        name if name.starts_with("settings.") => Some(own_flag(kind).into()),
        name => flags().find(|flag| *flag == name.replace('_', "-")),
    }
}

/// The flag that holds a plugin's own settings.
fn own_flag(kind: Kind) -> &'static str {
    match kind {
        Kind::Protocol => "api-args",
        Kind::Dataset => "dataset-args",
    }
}

fn flags() -> impl Iterator<Item = String> {
    let command = perf_command();
    let flags: Vec<String> =
        command.get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect();
    flags.into_iter()
}

/// A mistake whose text speaks of other settings by their flags, too.
fn mistake(flag: &str, text: &str) -> Mistake {
    let spelled = flags().filter(|flag| flag.contains('-')).fold(text.to_owned(), |text, flag| {
        text.replace(&flag.replace('-', "_"), &format!("--{flag}"))
    });
    Mistake { flag: flag.into(), origin: None, text: spelled }
}

#[cfg(test)]
mod tests;
