//! Values of the secrets that the API plugin may name in headers.

use super::plugins::Choice;
use crate::args::PerfArgs;
use crate::diagnostics::Diagnostics;
use crate::inputs::Inputs;
use loadwright_core::head::check_header;
use loadwright_core::secret::{API_KEY, SECRET_PREFIX};

/// The API key and the secrets that the plugin needs, by the names of their placeholders. Reports
/// those that are missing.
pub(super) fn secrets(
    args: &PerfArgs,
    inputs: &Inputs,
    choice: &Choice<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<(String, String)> {
    let key = api_key(args).map(|key| (API_KEY.to_owned(), key.to_owned()));
    let mut secrets: Vec<_> = key.into_iter().collect();
    let Some(api) = choice.api() else { return secrets };
    for need in &api.manifest.needs.secrets {
        let variable = need.variable();
        let given =
            inputs.secrets.iter().find(|(name, value)| *name == variable && !value.is_empty());
        match given {
            None => {
                let (api, name, reason) = (api.name(), &need.name, &need.reason);
                let text = format!(
                    "`{api}` needs the secret `{name}`: {reason}; put it into the variable {variable}"
                );
                diagnostics.error("api", text);
            }
            Some((_, value)) if check_header("x-secret", value).is_err() => {
                let text = format!(
                    "the variable {variable} cannot be sent in a header; check it for line breaks"
                );
                diagnostics.error("api", text);
            }
            Some((_, value)) => {
                secrets.push((format!("{SECRET_PREFIX}{}", need.name), value.clone()));
            }
        }
    }
    secrets
}

/// The API key; an empty one counts as not given, as scripts leave it with an unset variable.
pub(super) fn api_key(args: &PerfArgs) -> Option<&str> {
    args.target.api_key.as_deref().filter(|key| !key.is_empty())
}
