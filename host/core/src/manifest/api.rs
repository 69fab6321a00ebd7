//! What an API's manifest says: the prompts that it takes, the paths that they go to, how it is
//! authorised, and what its plugin asks of the host.

use super::{PromptKind, check_prompts, section};
use crate::head::check_plugin_header;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Stands for the user's API key in the value of a header.
const API_KEY: &str = "{{api-key}}";

/// The longest path, in bytes.
const LONGEST_PATH: usize = 256;

/// The most paths of other endpoints.
const MOST_ENDPOINTS: usize = 64;

/// What the manifest of an API says of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiManifest {
    /// Kinds of prompt that it takes; empty: not known.
    pub prompts: Vec<PromptKind>,
    /// The path of a URL that has none, without the endpoint.
    #[serde(default)]
    pub root: String,
    /// The endpoint of each kind of prompt: appended to the path of a URL that names none.
    #[serde(default)]
    pub paths: BTreeMap<PromptKind, String>,
    /// Ends of paths that name other endpoints, to which nothing is appended.
    #[serde(default)]
    pub endpoints: Vec<String>,
    /// The header of the API key.
    #[serde(default)]
    pub auth: Auth,
    /// Whether replies can be streamed.
    #[serde(default = "yes")]
    pub stream: bool,
    /// Whether long texts stay in the host.
    #[serde(default)]
    pub held_text: bool,
    /// Whether a formatted request is used again for requests that differ in nothing but held
    /// texts, media and placeholders.
    #[serde(default)]
    pub reuse_by_shape: bool,
}

/// The header in which an API key is sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// Its name.
    pub header: String,
    /// Its value, with `{{api-key}}` in it.
    pub value: String,
}

fn yes() -> bool {
    true
}

impl Default for Auth {
    /// What most services take.
    fn default() -> Self {
        Self { header: "Authorization".into(), value: format!("Bearer {API_KEY}") }
    }
}

impl Default for ApiManifest {
    /// An API whose manifest says nothing of it.
    fn default() -> Self {
        Self {
            prompts: Vec::new(),
            root: String::new(),
            paths: BTreeMap::new(),
            endpoints: Vec::new(),
            auth: Auth::default(),
            stream: true,
            held_text: false,
            reuse_by_shape: false,
        }
    }
}

impl ApiManifest {
    /// Reads the member `api` of a manifest.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(json: &Value) -> Result<Self, String> {
        let api: Self = section("api", json)?;
        check_prompts("api", &api.prompts)?;
        if !api.root.is_empty() {
            check_path("api.root", &api.root)?;
        }
        for (kind, path) in &api.paths {
            if !api.prompts.contains(kind) {
                return Err(format!(
                    "api.paths: has a path for {kind}, which is not in api.prompts"
                ));
            }
            check_path(&format!("api.paths.{kind}"), path)?;
        }
        if api.endpoints.len() > MOST_ENDPOINTS {
            return Err(format!("api.endpoints: names more than {MOST_ENDPOINTS}"));
        }
        api.endpoints.iter().try_for_each(|path| check_path("api.endpoints", path))?;
        api.auth.check()?;
        Ok(api)
    }

    /// Whether it takes prompts of this kind, as far as the manifest tells.
    pub fn takes(&self, kind: &PromptKind) -> bool {
        self.prompts.is_empty() || self.prompts.contains(kind)
    }

    /// The endpoint that `path` ends with, of those that have prompts of their own.
    pub fn endpoint(&self, path: &str) -> Option<&str> {
        let path = path.trim_end_matches('/');
        let all = self.paths.values().chain(&self.endpoints);
        let longest = all.filter(|end| path.ends_with(*end)).max_by_key(|end| end.len())?;
        Some(longest)
    }

    /// Kinds of prompt that go to the endpoint that `path` ends with; empty: the path does not tell.
    pub fn kinds_at(&self, path: &str) -> Vec<&PromptKind> {
        let Some(endpoint) = self.endpoint(path) else { return Vec::new() };
        self.paths.iter().filter(|(_, end)| *end == endpoint).map(|(kind, _)| kind).collect()
    }

    /// `path` with the endpoint for prompts of this kind; none: it names an endpoint already, or none
    /// is known for them.
    pub fn completed(&self, path: &str, kind: &PromptKind) -> Option<String> {
        let path = path.trim_end_matches('/');
        if self.endpoint(path).is_some() {
            return None;
        }
        let root = if path.is_empty() { &self.root } else { path };
        Some(format!("{root}{}", self.paths.get(kind)?))
    }

    /// `path`, which ends with an endpoint of chat messages, with that for `kind` in its place.
    pub fn redirected(&self, path: &str, kind: &PromptKind) -> Option<String> {
        let path = path.trim_end_matches('/');
        let at = self.kinds_at(path);
        if !at.contains(&&PromptKind::Messages) || at.contains(&kind) {
            return None;
        }
        let root = path.strip_suffix(self.endpoint(path)?)?;
        Some(format!("{root}{}", self.paths.get(kind)?))
    }
}

impl Auth {
    /// The value of the header for `key`.
    pub fn value_for(&self, key: &str) -> String {
        self.value.replace(API_KEY, key)
    }

    fn check(&self) -> Result<(), String> {
        check_plugin_header(&self.header, &self.value)
            .map_err(|error| format!("api.auth: {error}"))?;
        if self.value.contains(API_KEY) {
            return Ok(());
        }
        Err(format!("api.auth.value: does not hold {API_KEY}, which stands for the API key"))
    }
}

fn check_path(at: &str, path: &str) -> Result<(), String> {
    let visible = path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte));
    if path.len() <= LONGEST_PATH && path.starts_with('/') && !path.ends_with('/') && visible {
        return Ok(());
    }
    Err(format!(
        "{at}: `{path}` is not a path; begin it with `/`, end it without, and leave out query and \
         blanks"
    ))
}
