//! Hosts that an exporter may reach: `scheme://host[:port]`, or `*.suffix` for all names below one.

use crate::address::never_reached;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// The most grants of one exporter.
const MOST: usize = 256;

/// The longest text of one, in bytes.
const LONGEST: usize = 512;

/// Hosts that are granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(Vec<Grant>);

/// One host, or the names below one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    secure: bool,
    hosts: Hosts,
    /// None: the one of the scheme.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    One(Host<String>),
    /// The suffix, with its leading dot.
    Below(String),
}

/// How a grant covers a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cover {
    /// By a suffix: whoever granted it did not have this host in mind.
    Suffix,
    /// By its name.
    Named,
}

impl Grants {
    /// Reads grants.
    ///
    /// # Errors
    /// One is none, and why.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, String> {
        if texts.len() > MOST {
            return Err(format!("more than {MOST} hosts are granted"));
        }
        texts.iter().map(|text| text.as_ref().parse()).collect::<Result<_, _>>().map(Self)
    }

    /// The hosts that a manifest names, with `{setting:KEY}` read from `settings`. A host whose setting
    /// has no value is left out.
    ///
    /// # Errors
    /// One is none, and why.
    pub fn resolve<T: AsRef<str>>(names: &[T], settings: &Value) -> Result<Self, String> {
        let mut texts = Vec::new();
        for name in names.iter().map(AsRef::as_ref) {
            match setting_of(name) {
                None => texts.push(name.to_owned()),
                Some(key) => texts.extend(origin(key, settings)?),
            }
        }
        Self::parse(&texts)
    }

    /// Each as it is typed.
    pub fn texts(&self) -> Vec<String> {
        self.0.iter().map(Grant::to_string).collect()
    }

    /// These and `others`.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0.into_iter().take(MOST));
        self
    }

    /// How `url` is covered; none: it is not.
    pub(crate) fn cover(&self, url: &Url) -> Option<Cover> {
        self.0.iter().filter_map(|grant| grant.cover(url)).max()
    }

    /// Whether `url` is covered.
    pub fn covers(&self, url: &Url) -> bool {
        self.cover(url).is_some()
    }

    /// Why one of them leads nowhere: exporters never reach its host, granted or not.
    pub fn never_reached(&self) -> Option<String> {
        self.0.iter().find_map(|grant| match &grant.hosts {
            Hosts::One(Host::Domain(name)) => never_reached(&Host::Domain(name)),
            Hosts::One(Host::Ipv4(address)) => never_reached(&Host::Ipv4(*address)),
            Hosts::One(Host::Ipv6(address)) => never_reached(&Host::Ipv6(*address)),
            Hosts::Below(_) => None,
        })
    }

    /// Whether nothing is granted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Grants {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, grant) in self.0.iter().enumerate() {
            write!(out, "{}{grant}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// `KEY` of `{setting:KEY}`.
pub fn setting_of(name: &str) -> Option<&str> {
    name.strip_prefix("{setting:")?.strip_suffix('}')
}

/// Scheme, host and port of the URL that a setting holds; without a scheme it is https.
fn origin(key: &str, settings: &Value) -> Result<Option<String>, String> {
    let text = match settings.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.trim(),
        Some(_) => return Err(format!("setting `{key}`: is no URL")),
    };
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&whole).ok().filter(is_http);
    let origin = url.map(|url| url.origin().ascii_serialization());
    origin.map(Some).ok_or_else(|| {
        let shown = loadwright_core::secret::masked_url(text);
        format!("setting `{key}`: `{shown}` is no URL; write https://HOST or http://HOST:PORT")
    })
}

pub(crate) fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host().is_some()
}

impl Grant {
    fn cover(&self, url: &Url) -> Option<Cover> {
        let cover = match (&self.hosts, url.host()?) {
            (Hosts::One(granted), host) if *granted == host.to_owned() => Cover::Named,
            (Hosts::Below(suffix), Host::Domain(name))
                if name.ends_with(suffix.as_str()) && name.len() > suffix.len() =>
            {
                Cover::Suffix
            }
            _ => return None,
        };
        self.has_port(url).then_some(cover)
    }

    /// A grant of http without a port covers https as well: servers redirect there.
    fn has_port(&self, url: &Url) -> bool {
        let default = |secure| if secure { 443 } else { 80 };
        let port = url.port_or_known_default();
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return false,
        };
        let same = secure == self.secure && port == Some(self.port.unwrap_or(default(secure)));
        let raised = secure && self.port.is_none() && port == Some(443);
        same || raised
    }
}

impl FromStr for Grant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        read(text).ok_or_else(|| {
            let shown: String = text.chars().take(64).filter(|c| !c.is_control()).collect();
            let shown = loadwright_core::secret::masked_url(&shown);
            format!("`{shown}` names no host; write https://HOST, http://HOST:PORT or *.SUFFIX")
        })
    }
}

fn read(text: &str) -> Option<Grant> {
    if text.len() > LONGEST || text.contains(['@', '?', '#', '\\']) {
        return None;
    }
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    let (suffix, host) = match rest.strip_prefix("*.") {
        Some(host) => (true, host),
        None => (false, rest),
    };
    let host = host.strip_suffix('/').unwrap_or(host);
    if host.contains(['/', '*']) || host.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return None;
    }
    let url = Url::parse(&format!("{}://{host}/", scheme.to_ascii_lowercase())).ok()?;
    if !is_http(&url) || url.path() != "/" {
        return None;
    }
    let hosts = match (suffix, url.host()?.to_owned()) {
        (false, host) => Hosts::One(host),
        (true, Host::Domain(name)) if name.contains('.') => Hosts::Below(format!(".{name}")),
        _ => return None,
    };
    Some(Grant { secure: url.scheme() == "https", hosts, port: url.port() })
}

impl fmt::Display for Grant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}://", if self.secure { "https" } else { "http" })?;
        match &self.hosts {
            Hosts::One(host) => write!(out, "{host}")?,
            Hosts::Below(suffix) => write!(out, "*{suffix}")?,
        }
        self.port.map_or(Ok(()), |port| write!(out, ":{port}"))
    }
}

#[cfg(test)]
mod tests;
