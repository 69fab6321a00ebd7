//! What the user chose, checked before the first request.

use crate::limits;
use loadwright_plugin::Fault;
use loadwright_plugin::settings::{fault, own, parse};
use serde::Deserialize;
use serde_json::Value;

/// The secret with the API key, as the manifest names it.
pub(crate) const KEY: &str = "api-key";

const API: &str = "https://api.swanlab.cn";
const WEB: &str = "https://swanlab.cn";
const NO_KEY: &str = "there is no API key: give --swanlab-api-key, set SWANLAB_API_KEY or run \
    `swanlab login`; or write a folder for `swanlab watch` with --swanlab-api-key local, or one for \
    `swanlab sync` with --exporter-option swanlab.mode=offline";

/// What `configure` gets.
#[derive(Deserialize)]
struct Configured {
    settings: Option<Value>,
    /// Names of the secrets that have a value.
    #[serde(default)]
    secrets: Vec<String>,
}

/// The settings of the manifest, filled in by the host.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Given {
    host: String,
    web_host: String,
    workspace: String,
    project: String,
    name: String,
    tags: Value,
    group: String,
    description: String,
    mode: Mode,
    /// The host writes there in place of the run's folder.
    #[serde(rename = "log_dir")]
    _log_dir: String,
}

/// Where results go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// To a server.
    #[default]
    #[serde(alias = "cloud", alias = "")]
    Online,
    /// To a file that `swanlab sync` takes.
    Offline,
    /// To a folder that `swanlab watch` shows.
    Local,
    /// Nowhere.
    Disabled,
}

/// Settings that fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Scheme, host and port.
    pub(crate) host: String,
    pub(crate) web_host: String,
    /// Empty: the key's own.
    pub(crate) workspace: String,
    pub(crate) project: String,
    /// Empty: the run's.
    pub(crate) name: String,
    pub(crate) tags: Vec<String>,
    /// Empty: the run's.
    pub(crate) group: String,
    pub(crate) description: String,
    pub(crate) mode: Mode,
}

impl Settings {
    /// Reads and checks what `configure` got.
    ///
    /// # Errors
    /// A setting that cannot be used, by its name.
    pub(crate) fn read(json: &str) -> Result<Self, Fault> {
        let Configured { settings, secrets } = parse(json)?;
        let given: Given = own(settings.as_ref())?;
        if given.mode == Mode::Online && !secrets.iter().any(|name| name == KEY) {
            return Err(fault("mode", NO_KEY));
        }
        let project = or(given.project, "perf_benchmark");
        limits::project(&project).map_err(|why| fault("project", why))?;
        if !given.workspace.is_empty() {
            limits::workspace(&given.workspace).map_err(|why| fault("workspace", why))?;
        }
        for (setting, text, most) in [
            ("name", &given.name, limits::NAME),
            ("group", &given.group, limits::NAME),
            ("description", &given.description, limits::DESCRIPTION),
        ] {
            if !text.is_empty() {
                limits::length(text, most).map_err(|why| fault(setting, why))?;
            }
        }
        let host = origin("host", &given.host)?.unwrap_or_else(|| API.into());
        let web = origin("web_host", &given.web_host)?;
        Ok(Self {
            web_host: web.unwrap_or_else(|| if host == API { WEB.into() } else { host.clone() }),
            host,
            workspace: given.workspace,
            project,
            name: given.name,
            tags: tags(&given.tags)?,
            group: given.group,
            description: given.description,
            mode: given.mode,
        })
    }
}

fn or(text: String, default: &str) -> String {
    if text.is_empty() { default.into() } else { text }
}

/// Scheme, host and port of a URL; a host without a scheme is reached by https.
fn origin(setting: &str, url: &str) -> Result<Option<String>, Fault> {
    if url.is_empty() {
        return Ok(None);
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !matches!(scheme, "http" | "https") || host.is_empty() || host.contains(['@', ' ']) {
        return Err(fault(setting, format!("{url:?} is not a URL as https://HOST[:PORT]")));
    }
    Ok(Some(format!("{scheme}://{host}")))
}

/// A list, as JSON or with commas between, as the SDK takes it.
fn tags(given: &Value) -> Result<Vec<String>, Fault> {
    let text = |tag: &Value| match tag {
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Number(_) | Value::Bool(_) => Ok(tag.to_string()),
        _ => Err(fault("tags", "is a list of texts, or a text with commas between")),
    };
    let listed = match given {
        Value::Null => Vec::new(),
        Value::Array(tags) => tags.iter().map(text).collect::<Result<_, _>>()?,
        one => {
            let one = text(one)?;
            match serde_json::from_str::<Value>(&one) {
                Ok(Value::Array(tags)) => tags.iter().map(text).collect::<Result<_, _>>()?,
                _ => one.split(',').map(|tag| tag.trim().to_owned()).collect(),
            }
        }
    };
    let listed: Vec<String> = listed.into_iter().filter(|tag: &String| !tag.is_empty()).collect();
    if listed.len() > limits::TAGS {
        let why = format!("has {} tags; SwanLab takes {}", listed.len(), limits::TAGS);
        return Err(fault("tags", why));
    }
    for tag in &listed {
        limits::length(tag, limits::NAME).map_err(|why| fault("tags", why))?;
    }
    Ok(listed)
}

#[cfg(test)]
mod tests;
