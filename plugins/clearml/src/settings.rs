//! The settings of the exporter, read and checked; where they come from is in the manifest.

use loadwright_plugin::{Fault, settings};
use serde::Deserialize;

/// The API of the hosted service.
const HOSTED_API: &str = "https://api.clear.ml";

const NO_KEYS: &str = "has no value: set CLEARML_API_ACCESS_KEY and CLEARML_API_SECRET_KEY, or \
                       CLEARML_AUTH_TOKEN, or run clearml-init, which writes ~/clearml.conf";

/// What `configure` gets.
#[derive(Debug, Deserialize)]
struct Given {
    settings: Plain,
    #[serde(default)]
    secrets: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Plain {
    api_host: String,
    web_host: String,
    files_host: String,
    access_key: String,
    project: String,
    name: String,
    tags: String,
    comment: String,
    mode: String,
}

/// How requests are authorised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Auth {
    /// By a token that signing in returns for this access key and its secret key.
    Keys(String),
    /// By a token that the user has.
    Token,
}

/// Where tasks go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mode {
    /// To a server.
    Online(Auth),
    /// To files.
    Offline,
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) api: String,
    /// None: there are no links.
    pub(crate) web: Option<String>,
    /// None: artifacts are not sent.
    pub(crate) files: Option<String>,
    pub(crate) project: String,
    /// Empty: that of the run.
    pub(crate) name: String,
    pub(crate) tags: Vec<String>,
    pub(crate) comment: String,
    pub(crate) mode: Mode,
}

impl Settings {
    /// Reads the JSON of `configure`.
    pub(crate) fn read(json: &str) -> Result<Self, Fault> {
        let Given { settings: plain, secrets } = settings::parse(json)?;
        let has = |secret: &str| secrets.iter().any(|name| name == secret);
        let api = or(host(&plain.api_host), HOSTED_API);
        let tags = plain.tags.split(',').map(str::trim).filter(|tag| !tag.is_empty());
        Ok(Self {
            web: given(&plain.web_host),
            files: given(&plain.files_host),
            project: or(plain.project.trim().into(), "perf_benchmark"),
            name: plain.name.trim().into(),
            tags: tags.map(Into::into).collect(),
            comment: plain.comment,
            mode: match is_offline(&plain.mode)? {
                true => Mode::Offline,
                false => Mode::Online(auth(plain.access_key.trim(), has)?),
            },
            api,
        })
    }
}

fn host(text: &str) -> String {
    text.trim().trim_end_matches('/').into()
}

fn given(text: &str) -> Option<String> {
    Some(host(text)).filter(|host| !host.is_empty())
}

fn or(text: String, default: &str) -> String {
    if text.is_empty() { default.into() } else { text }
}

fn is_offline(mode: &str) -> Result<bool, Fault> {
    match mode.trim().to_ascii_lowercase().as_str() {
        "" | "online" | "0" | "false" | "no" | "off" | "n" | "f" => Ok(false),
        "offline" | "1" | "true" | "yes" | "on" | "y" | "t" => Ok(true),
        _ => Err(settings::fault("mode", "is neither online nor offline")),
    }
}

fn auth(access_key: &str, has: impl Fn(&str) -> bool) -> Result<Auth, Fault> {
    if has("auth-token") {
        return Ok(Auth::Token);
    }
    if access_key.is_empty() {
        return Err(settings::fault("access_key", NO_KEYS));
    }
    if !has("secret-key") {
        return Err(settings::fault("secret-key", NO_KEYS));
    }
    // It is written into a placeholder, and ends at a colon in the header.
    if !access_key.bytes().all(|byte| byte.is_ascii_graphic() && !b":{}".contains(&byte)) {
        return Err(settings::fault("access_key", "is no access key: it has other characters"));
    }
    Ok(Auth::Keys(access_key.into()))
}

#[cfg(test)]
mod tests;
