//! Settings that a plugin refused, as errors of the flags that set them: the one place that knows
//! which flag a plugin's setting comes from.

use crate::args::perf_command;
use crate::diagnostics::{SettingError, SettingErrors};
use crate::error::CommandError;
use loadwright_core::ports::{Cause, Fault, PluginFailure};
use loadwright_core::setting::SettingFault;
use loadwright_wasm::{Kind, OpenError};

/// Both, or why not: setting errors on both sides are reported together.
pub(super) fn both<A, B>(
    one: Result<A, CommandError>,
    other: Result<B, CommandError>,
) -> Result<(A, B), CommandError> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(CommandError::Settings(mut one)), Err(CommandError::Settings(other))) => {
            one.0.extend(other.0);
            Err(one.into())
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// Settings that a plugin of this `kind` refused, as setting errors; any other error as it is.
pub(super) fn by_flag(kind: Kind, error: OpenError) -> CommandError {
    match error {
        OpenError::Settings { plugin, faults } => {
            let errors = faults.iter().map(|fault| setting_error(kind, &plugin, fault));
            SettingErrors(errors.collect()).into()
        }
        OpenError::Failed(PluginFailure {
            plugin,
            cause: Cause::Fault(Fault::Settings(fault)),
            ..
        }) => SettingErrors(vec![setting_error(kind, &plugin, &fault)]).into(),
        error => CommandError::Plugin(error),
    }
}

fn setting_error(kind: Kind, plugin: &str, fault: &SettingFault) -> SettingError {
    let (flag, text) = match fault.name.as_deref().and_then(|name| flag(kind, name)) {
        // The flag of the plugin's own settings does not say which of them it is.
        Some(flag) if flag == kind.settings_flag() => (flag, format!("{plugin}: {fault}")),
        Some(flag) => (flag, fault.text.clone()),
        None => (kind.flag().into(), format!("{plugin}: {fault}")),
    };
    SettingError { flag, origin: None, text }
}

/// The flag that sets `name`, e.g. `max-prompt-length` for `max_prompt_length`.
fn flag(kind: Kind, name: &str) -> Option<String> {
    let name = name.strip_prefix("generation.").unwrap_or(name);
    match name {
        "template" => Some("query-template".into()),
        "n" => Some("n-choices".into()),
        name if name == "settings" || name.starts_with("settings.") => {
            Some(kind.settings_flag().into())
        }
        name => {
            let flag = name.replace('_', "-");
            perf_command().get_arguments().any(|arg| arg.get_long() == Some(&flag)).then_some(flag)
        }
    }
}

#[cfg(test)]
mod tests;
