//! Heads of requests: secrets that the host fills in, and the checks of what plugins made.

use loadwright_core::head::check_plugin_header;
use loadwright_core::plan::Plan;
use loadwright_core::ports::{Cause, PluginFailure};
use loadwright_core::request::Head;
use loadwright_core::secret::{filled, has_secret};
use std::borrow::Cow;

/// Fills in the secrets that headers of the API plugin name.
///
/// # Errors
/// One is not declared, or was not given.
pub(crate) fn fill_secrets(plan: &Plan, head: &mut Head) -> Result<(), PluginFailure> {
    for (name, value) in &mut head.headers {
        let filled = filled(value, &plan.target.secrets)
            .map_err(|error| by_api(plan, format!("its header `{name}`: {error}")))?;
        if let Cow::Owned(filled) = filled {
            *value = filled;
        }
    }
    Ok(())
}

/// Checks the head of a request.
///
/// # Errors
/// It cannot be sent.
pub(crate) fn check(plan: &Plan, head: &Head) -> Result<(), PluginFailure> {
    head.check().map_err(|error| by_api(plan, error.to_string()))
}

/// Checks the headers of a dataset's turn.
///
/// # Errors
/// One cannot be sent, or names a secret.
pub(super) fn check_turn(plan: &Plan, headers: &[(String, String)]) -> Result<(), PluginFailure> {
    let by_dataset = |text| refused(&plan.request.dataset, "generate", text);
    for (name, value) in headers {
        if has_secret(value) {
            let text = format!("its header `{name}` names a secret, which only API plugins may");
            return Err(by_dataset(text));
        }
        check_plugin_header(name, value).map_err(|error| by_dataset(error.to_string()))?;
    }
    Ok(())
}

fn by_api(plan: &Plan, text: String) -> PluginFailure {
    refused(&plan.request.api, "format", text)
}

fn refused(plugin: &str, call: &str, text: String) -> PluginFailure {
    PluginFailure { plugin: plugin.into(), call: call.into(), cause: Cause::Contract(text) }
}

#[cfg(test)]
mod tests;
