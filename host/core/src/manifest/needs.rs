//! What a plugin cannot work without.

use super::{is_line, section};
use serde::Deserialize;
use serde_json::Value;

/// The longest reason, in bytes.
const LONGEST_REASON: usize = 200;

/// The longest name of a secret or of a file's setting, in bytes.
const LONGEST_NAME: usize = 64;

/// The most things of one kind that a plugin may need.
const MOST: usize = 16;

/// What begins the name of a variable that holds a secret.
pub const VARIABLE: &str = "LOADWRIGHT_SECRET_";

/// What a plugin cannot work without, each with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Needs {
    /// Secrets, which the host fills into headers.
    pub secrets: Vec<Need>,
    /// Hosts that an exporter sends to: `scheme://host`, with a port or without, `*.` before a
    /// domain, or `{setting:KEY}`.
    pub hosts: Vec<Need>,
    /// Folders that an exporter writes to beside its own in the run's folder.
    pub folders: Vec<Need>,
    /// Why an exporter may end the run, if it may.
    pub stop: Option<String>,
    /// Files: `dataset-path`, or a setting of its own with the format `path`.
    pub files: Vec<Need>,
    /// Why it needs a tokenizer, if it does.
    pub tokenizer: Option<String>,
}

/// One thing that a plugin needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Its name.
    pub name: String,
    /// What for: a lower-case fragment.
    pub reason: String,
    /// Hosts that a secret of an exporter may be sent to.
    #[serde(default)]
    pub hosts: Vec<String>,
}

impl Need {
    /// The environment variable that holds the secret of this name.
    pub fn variable(&self) -> String {
        format!("{VARIABLE}{}", self.name.to_uppercase().replace('-', "_"))
    }
}

impl Needs {
    /// Reads the member `needs` of a manifest.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(json: &Value) -> Result<Self, String> {
        let needs: Self = section("needs", json)?;
        check_names("secrets", NAME, &needs.secrets, |byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
        })?;
        check_names("files", NAME, &needs.files, |byte| {
            byte.is_ascii_alphanumeric() || b"-_".contains(&byte)
        })?;
        check_names("hosts", PLACE, &needs.hosts, is_place)?;
        check_names("folders", PLACE, &needs.folders, is_place)?;
        let only_secrets = needs.files.iter().chain(&needs.hosts).chain(&needs.folders);
        if let Some(need) = only_secrets.into_iter().find(|need| !need.hosts.is_empty()) {
            return Err(format!("needs: `{}` has hosts, which only secrets have", need.name));
        }
        let hosts = needs.secrets.iter().flat_map(|secret| &secret.hosts);
        if let Some(host) =
            hosts.into_iter().find(|host| !needs.hosts.iter().any(|it| it.name == **host))
        {
            return Err(format!("needs.secrets: `{host}` is not among needs.hosts"));
        }
        let reasons = [("tokenizer", &needs.tokenizer), ("stop", &needs.stop)];
        match reasons.iter().find(|(_, reason)| {
            reason.as_ref().is_some_and(|reason| !is_line(reason, LONGEST_REASON))
        }) {
            Some((member, _)) => Err(bad_reason(member)),
            None => Ok(needs),
        }
    }
}

/// What names may hold, in words.
const NAME: &str = "lower-case letters, digits and `-`";
const PLACE: &str = "visible ASCII characters";

/// What names of hosts and folders may hold.
fn is_place(byte: u8) -> bool {
    byte.is_ascii_graphic()
}

fn check_names(
    member: &str,
    hint: &str,
    needs: &[Need],
    may_hold: impl Fn(u8) -> bool,
) -> Result<(), String> {
    if needs.len() > MOST {
        return Err(format!("needs.{member}: names more than {MOST}"));
    }
    for (index, Need { name, reason, .. }) in needs.iter().enumerate() {
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(&may_hold) {
            return Err(format!("needs.{member}: `{name}` is not a name; use {hint}"));
        }
        if needs[..index].iter().any(|other| other.name == *name) {
            return Err(format!("needs.{member}: names `{name}` twice"));
        }
        if !is_line(reason, LONGEST_REASON) {
            return Err(bad_reason(&format!("{member}: `{name}`")));
        }
    }
    Ok(())
}

fn bad_reason(what: &str) -> String {
    format!("needs.{what}: give a reason on one line, of at most {LONGEST_REASON} bytes")
}
