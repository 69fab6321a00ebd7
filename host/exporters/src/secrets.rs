//! What an exporter may use without seeing it: secrets, which are bound to hosts, and values that were
//! kept from responses. Both are filled in for placeholders, and masked in whatever the exporter says.

mod forms;
mod kept;
mod placeholders;

pub(crate) use kept::{Kept, check_name};
pub(crate) use placeholders::{Piece, pieces, whole_kept};

use crate::grants::Grants;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kept::KeptValues;
use loadwright_core::ports::Fault;
use loadwright_core::secret::Secrets;
use std::collections::BTreeMap;
use std::fmt;
use url::Url;

/// A secret, and the hosts that it may be sent to.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its value.
    pub value: String,
    /// Where it may go.
    pub hosts: Grants,
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Secret(for {})", self.hosts)
    }
}

/// The secrets and kept values of one exporter.
#[derive(Debug, Default)]
pub(crate) struct Vault {
    secrets: BTreeMap<String, Secret>,
    kept: KeptValues,
    /// What is masked beside kept values.
    own: Secrets,
    masks: Secrets,
}

/// A text whose placeholders were filled in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    pub(crate) text: String,
    /// Whether there was one: it may not follow a redirect to another origin.
    pub(crate) secret: bool,
}

/// Where a text goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct To<'a> {
    pub(crate) url: &'a Url,
    /// Whether its host was granted; otherwise it is a kept URL.
    pub(crate) granted: bool,
}

impl Vault {
    /// Secrets by name; `also` is masked, but has no name.
    pub(crate) fn new(secrets: BTreeMap<String, Secret>, also: &[String]) -> Self {
        let values: Vec<&str> = secrets.values().map(|secret| secret.value.as_str()).collect();
        let spelled: Vec<String> = values.iter().flat_map(|value| forms::of(value)).collect();
        let own = Secrets::default().with_values(&values).with_values(&spelled).with_values(also);
        Self { secrets, kept: KeptValues::default(), masks: own.clone(), own }
    }

    /// `template` with its placeholders filled in, each value as `spelled` writes it.
    pub(crate) fn fill(
        &mut self,
        template: &str,
        to: To<'_>,
        spelled: impl Fn(&str) -> String,
    ) -> Result<Filled, Fault> {
        let mut filled = Filled { text: String::new(), secret: false };
        for piece in pieces(template)? {
            let value = match piece {
                Piece::Text(text) => {
                    filled.text += text;
                    continue;
                }
                Piece::Secret(name) => self.secret(name, to)?.to_owned(),
                Piece::Basic { user, name } => self.basic(user, name, to)?,
                Piece::Kept(name) => self.kept_value(name, to)?.to_owned(),
            };
            filled.text += &spelled(&value);
            filled.secret = true;
        }
        Ok(filled)
    }

    fn secret(&self, name: &str, to: To<'_>) -> Result<&str, Fault> {
        let secret = self.secrets.get(name).ok_or_else(|| {
            refused(format!("{{{{secret:{name}}}}} has no value; name it in needs.secrets"))
        })?;
        if to.granted && secret.hosts.covers(to.url) {
            return Ok(&secret.value);
        }
        let (host, hosts) = (origin(to.url), &secret.hosts);
        Err(refused(format!("secret `{name}` may not go to {host}; it is bound to {hosts}")))
    }

    fn basic(&mut self, user: &str, name: &str, to: To<'_>) -> Result<String, Fault> {
        let credentials = STANDARD.encode(format!("{user}:{}", self.secret(name, to)?));
        self.own = std::mem::take(&mut self.own).with_values(&[&credentials]);
        self.mask();
        Ok(credentials)
    }

    /// A kept value: for where it came from, and where secrets may go.
    pub(crate) fn kept_value(&self, name: &str, to: To<'_>) -> Result<&str, Fault> {
        let kept = self.kept.get(name)?;
        let bound = self.secrets.values().any(|secret| secret.hosts.covers(to.url));
        if to.granted && (bound || kept.origin == to.url.origin()) {
            return Ok(&kept.value);
        }
        let host = origin(to.url);
        Err(refused(format!("kept value `{name}` may not go to {host}: it came from elsewhere")))
    }

    /// The kept value `name` as a URL.
    pub(crate) fn kept_url(&self, name: &str) -> Result<(Url, &Kept), Fault> {
        let kept = self.kept.get(name)?;
        let url = Url::parse(&kept.value).ok().filter(crate::grants::is_http);
        url.map(|url| (url, kept))
            .ok_or_else(|| refused(format!("kept value `{name}` is no URL of HTTP")))
    }

    /// Keeps a value under `name`, in place of the one before.
    pub(crate) fn keep(&mut self, name: &str, kept: Kept) -> Result<(), Fault> {
        self.kept.insert(name, kept)?;
        self.mask();
        Ok(())
    }

    fn mask(&mut self) {
        self.masks = self.own.clone().with_values(&self.kept.values());
    }

    /// `text` with secrets and kept values masked.
    pub(crate) fn masked(&self, text: &str) -> String {
        self.masks.masked(text).into_owned()
    }

    /// Bytes with secrets and kept values masked, where they are text.
    pub(crate) fn masked_bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        match std::str::from_utf8(&bytes).map(|text| self.masks.masked(text)) {
            Ok(std::borrow::Cow::Owned(masked)) => masked.into_bytes(),
            Ok(std::borrow::Cow::Borrowed(_)) | Err(_) => bytes,
        }
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn refused(text: String) -> Fault {
    Fault::Fatal(text)
}

#[cfg(test)]
mod tests;
