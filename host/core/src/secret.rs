//! Secrets: what replaces them where settings are stored or shown, where URLs and headers hold them,
//! and how they are masked in text that a server or a plugin wrote.

mod placeholders;

pub use placeholders::{API_KEY, NoSecret, SECRET_PREFIX, filled, has_secret};

use crate::plan::Target;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use std::fmt;

/// Characters that URLs spell as `%XX`: all but letters, digits and these four.
const IN_URLS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Replaces a secret wherever settings are stored or shown.
pub const MASK: &str = "**********";

/// Names of query members whose values are never stored or shown.
const SECRET: [&str; 13] = [
    "key",
    "api_key",
    "api-key",
    "apikey",
    "subscription-key",
    "token",
    "access_token",
    "auth",
    "sig",
    "signature",
    "secret",
    "client_secret",
    "password",
];

/// Headers whose values are stored and shown; the values of all others may be secret.
const HARMLESS: [&str; 12] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "anthropic-version",
    "cache-control",
    "content-encoding",
    "content-language",
    "content-type",
    "host",
    "openai-beta",
    "user-agent",
];

/// Whether the value of the header `name` counts as secret: of every header but a few, which are
/// known to carry none.
pub fn is_secret_header(name: &str) -> bool {
    !HARMLESS.iter().any(|harmless| name.eq_ignore_ascii_case(harmless))
}

/// `url` with its user and password, and secret members of its query, masked. Any other text is
/// treated as a URL, since it may be one with a typo.
pub fn masked_url(url: &str) -> String {
    let (rest, fragment) = split_before(url, '#');
    let (path, query) = split_before(rest, '?');
    let mut masked = masked_user(path);
    if let Some(query) = query.strip_prefix('?') {
        let members: Vec<String> = query.split('&').map(masked_member).collect();
        masked.push('?');
        masked += &members.join("&");
    }
    masked + fragment
}

/// The text before the first `mark`, and the rest from there on.
fn split_before(text: &str, mark: char) -> (&str, &str) {
    text.split_at(text.find(mark).unwrap_or(text.len()))
}

fn masked_user(path: &str) -> String {
    let start = path.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = path.split_at(start);
    let (host, path) = split_before(rest, '/');
    match host.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}{MASK}@{host}{path}"),
        None => format!("{scheme}{host}{path}"),
    }
}

fn masked_member(member: &str) -> String {
    match secret_member(member) {
        Some((name, _)) => format!("{name}={MASK}"),
        None => member.into(),
    }
}

/// Name and value of a query's member, where the value is secret.
fn secret_member(member: &str) -> Option<(&str, &str)> {
    member
        .split_once('=')
        .filter(|(name, _)| SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret)))
}

/// Serialises a URL as [`masked_url`] shows it.
///
/// # Errors
/// Those of the serialiser.
pub fn serialize_url<S: serde::Serializer>(url: &str, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&masked_url(url))
}

/// Shorter secrets are not looked for in texts: they would be found in every other word.
const SHORTEST: usize = 4;

/// Bytes from which on a secret is masked within a longer word too, and where a text breaks off in
/// the middle of it.
const UNMISTAKABLE: usize = 8;

/// What a run knows to be secret, to be masked in texts that a server or a plugin wrote: they may
/// hold what was sent to them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(Vec<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Secrets({} of them)", self.0.len())
    }
}

impl Secrets {
    /// The secrets of `target`: those for placeholders, the values of its secret headers (of credentials also the part
    /// behind the scheme, and user and password behind `Basic`), user and password of its URL, and
    /// the values of secret members of its query; each as it is, and as JSON and URLs spell it.
    pub fn of(target: &Target) -> Self {
        let mut found = Self::default();
        let secret = target.headers.iter().filter(|(name, _)| is_secret_header(name));
        secret.for_each(|(_, value)| found.add_header(value));
        target.secrets.iter().for_each(|(_, value)| found.add(value));
        let (rest, _) = split_before(&target.url, '#');
        let (path, query) = split_before(rest, '?');
        let path = path.split_once("://").map_or(path, |(_, rest)| rest);
        if let Some((pair, _)) = split_before(path, '/').0.rsplit_once('@') {
            found.add_pair(pair);
        }
        for member in query.trim_start_matches('?').split('&') {
            if let Some((_, value)) = secret_member(member) {
                found.add(value);
                found.add(&decoded(value));
            }
        }
        found.sorted()
    }

    /// These, and those of the `value` of one more header.
    #[must_use]
    pub fn with_header(mut self, value: Option<&str>) -> Self {
        value.into_iter().for_each(|value| self.add_header(value));
        self.sorted()
    }

    /// These and `values`, each as it is, and as JSON and URLs spell it.
    #[must_use]
    pub fn with_values<T: AsRef<str>>(mut self, values: &[T]) -> Self {
        values.iter().for_each(|value| self.add(value.as_ref()));
        self.sorted()
    }

    /// Where one holds another, the longer one goes first.
    fn sorted(mut self) -> Self {
        self.0.sort_unstable_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        self.0.dedup();
        self
    }

    fn add_header(&mut self, value: &str) {
        self.add(value);
        if let Some((scheme, credentials)) = value.split_once(' ') {
            self.add(credentials.trim());
            let pair =
                BASE64.decode(credentials.trim()).ok().and_then(|b| String::from_utf8(b).ok());
            if let Some(pair) = pair.filter(|_| scheme.eq_ignore_ascii_case("basic")) {
                self.add_pair(&pair);
            }
        }
    }

    fn add_pair(&mut self, pair: &str) {
        self.add(pair);
        for part in pair.splitn(2, ':') {
            self.add(part);
            self.add(&decoded(part));
        }
    }

    fn add(&mut self, secret: &str) {
        if secret.len() < SHORTEST || secret.bytes().all(|byte| byte == b'*') {
            return;
        }
        let quoted = serde_json::Value::from(secret).to_string();
        self.0.extend([
            secret.into(),
            quoted[1..quoted.len() - 1].into(),
            utf8_percent_encode(secret, IN_URLS).to_string(),
        ]);
    }

    /// `text` with each secret in it replaced by [`MASK`], and with it the beginning of one where
    /// the text breaks off there. Secrets of fewer than 8 bytes count only as words of their own,
    /// those of fewer than 4 not at all.
    pub fn masked<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut masked = Cow::Borrowed(text);
        for secret in &self.0 {
            while let Some(at) = position(&masked, secret) {
                masked.to_mut().replace_range(at..at + secret.len(), MASK);
            }
        }
        let end = masked.trim_end_matches(['…', '\u{fffd}']).len();
        let begun = self.0.iter().filter_map(|secret| begun(&masked[..end], secret)).max();
        if let Some(bytes) = begun {
            masked.to_mut().replace_range(end - bytes..end, MASK);
        }
        masked
    }
}

/// Where `secret` stands in `text`, a short one as a word of its own.
fn position(text: &str, secret: &str) -> Option<usize> {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let stands_alone = |at: usize| {
        !is_word(text[..at].chars().next_back())
            && !is_word(text[at + secret.len()..].chars().next())
    };
    let mut found = text.match_indices(secret).map(|(at, _)| at);
    found.find(|&at| secret.len() >= UNMISTAKABLE || stands_alone(at))
}

/// Bytes at the end of `text` that are the beginning of `secret`, though not all of it.
fn begun(text: &str, secret: &str) -> Option<usize> {
    let longest = secret.len().min(text.len());
    (UNMISTAKABLE..=longest)
        .rev()
        .find(|&length| secret.get(..length).is_some_and(|start| text.ends_with(start)))
}

/// `text` with `%XX` read.
fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests;
