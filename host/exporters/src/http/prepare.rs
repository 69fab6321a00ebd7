//! Requests of an exporter, checked and filled in.

use super::body::Part;
use super::policy::Policy;
use crate::address::Reach;
use crate::secrets::{Piece, To, Vault, check_name, pieces, whole_kept};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use loadwright_core::export::http::{Request, Segment};
use loadwright_core::ports::Fault;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fs::File;
use std::time::Duration;
use url::Url;

/// The most bytes of a response that an exporter sees.
const MOST_BYTES: u32 = 4 << 20;

/// The longest timeout of one try.
const LONGEST_TIMEOUT: f64 = 3600.0;

/// The longest URL, in bytes.
const LONGEST_URL: usize = 16 << 10;

/// The most headers, segments and values to keep.
const MOST_HEADERS: usize = 64;
const MOST_SEGMENTS: usize = 1024;
const MOST_KEPT: usize = 256;

/// Headers that belong to the connection, and so to the host.
const OF_HOST: [&str; 11] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What URLs spell as it is in a value that is filled in.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Opens an artifact to read: its content, and its size.
pub(crate) type OpenFile<'a> = &'a dyn Fn(&str) -> Result<(File, u64), Fault>;

/// A request that may be sent, but for where it goes.
#[derive(Debug)]
pub(super) struct Prepared<'r> {
    pub(super) request: &'r Request,
    pub(super) method: Method,
    pub(super) headers: Vec<(HeaderName, &'r str)>,
    pub(super) timeout: Duration,
    pub(super) most_bytes: usize,
}

/// Where a request goes first.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) url: Url,
    /// It was kept, from a server this close.
    pub(super) kept: Option<Reach>,
}

impl<'r> Prepared<'r> {
    pub(super) fn of(request: &'r Request) -> Result<Self, Fault> {
        let (headers, body) = (&request.headers, &request.body);
        if headers.len() > MOST_HEADERS
            || body.len() > MOST_SEGMENTS
            || request.keep.len() > MOST_KEPT
        {
            return Err(refused(format!(
                "request has more than {MOST_HEADERS} headers, {MOST_SEGMENTS} segments or \
                 {MOST_KEPT} values to keep"
            )));
        }
        let method = Method::from_bytes(request.method.as_bytes()).ok();
        let method = method.filter(|method| !matches!(method.as_str(), "CONNECT" | "TRACE"));
        let timeout = request.timeout;
        if !timeout.is_finite() || timeout <= 0.0 {
            return Err(refused("timeout of a request is not above 0".into()));
        }
        request.keep.iter().try_for_each(|keep| check_name(&keep.name))?;
        Ok(Self {
            request,
            method: method.ok_or_else(|| refused("method of a request is not allowed".into()))?,
            headers: headers
                .iter()
                .map(|(name, value)| header(name, value))
                .collect::<Result<_, _>>()?,
            timeout: Duration::from_secs_f64(timeout.min(LONGEST_TIMEOUT)),
            most_bytes: request.max_bytes.min(MOST_BYTES) as usize,
        })
    }

    /// Where it goes, checked before secrets are filled in.
    pub(super) fn target(&self, vault: &mut Vault, policy: &Policy) -> Result<Target, Fault> {
        let text = &self.request.url;
        if text.len() > LONGEST_URL {
            return Err(refused(format!("URL is longer than {LONGEST_URL} bytes")));
        }
        if let Some(name) = whole_kept(text) {
            let (url, kept) = vault.kept_url(name)?;
            return Ok(Target { url, kept: Some(kept.reach) });
        }
        let without: String = pieces(text)?.iter().map(stand_in).collect();
        let checked = Url::parse(&without).map_err(|error| refused(format!("URL: {error}")))?;
        policy.check(&checked, None)?;
        let to = To { url: &checked, granted: true };
        let filled = vault.fill(text, to, |value| utf8_percent_encode(value, PLAIN).to_string())?;
        let mut url = Url::parse(&filled.text).map_err(|error| refused(format!("URL: {error}")))?;
        url.set_fragment(None);
        if url.origin() != checked.origin() {
            return Err(refused("placeholder stands in the host of a URL".into()));
        }
        Ok(Target { url, kept: None })
    }

    /// Its headers at `to`, filled in; `stays`: this one does not go along.
    pub(super) fn headers_at(
        &self,
        vault: &mut Vault,
        to: To<'_>,
        stays: impl Fn(&HeaderName, &str) -> bool,
    ) -> Result<HeaderMap, Fault> {
        let mut headers = HeaderMap::new();
        for (name, template) in self.headers.iter().filter(|(name, value)| !stays(name, value)) {
            let filled = vault.fill(template, to, str::to_owned)?;
            let mut value = HeaderValue::from_str(&filled.text).map_err(|_| {
                refused(format!("header `{name}` holds a line break or a control character"))
            })?;
            value.set_sensitive(filled.secret);
            headers.append(name.clone(), value);
        }
        Ok(headers)
    }

    /// Its body at `to`.
    pub(super) fn parts(
        &self,
        vault: &Vault,
        to: To<'_>,
        open: OpenFile<'_>,
    ) -> Result<Vec<Part>, Fault> {
        let part = |segment: &Segment| {
            Ok(match segment {
                Segment::Bytes(bytes) => Part::Bytes(Bytes::copy_from_slice(bytes)),
                Segment::Artifact(name) => {
                    let (file, size) = open(name)?;
                    Part::File(file, size)
                }
                Segment::Kept(name) => {
                    Part::Bytes(Bytes::copy_from_slice(vault.kept_value(name, to)?.as_bytes()))
                }
            })
        };
        self.request.body.iter().map(part).collect()
    }
}

fn header<'r>(name: &'r str, value: &'r str) -> Result<(HeaderName, &'r str), Fault> {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    let read = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| refused(format!("`{shown}` is no name of a header")))?;
    if OF_HOST.contains(&read.as_str()) {
        return Err(refused(format!("header `{read}` is set by the host alone")));
    }
    Ok((read, value))
}

fn stand_in<'p>(piece: &Piece<'p>) -> &'p str {
    match piece {
        Piece::Text(text) => text,
        Piece::Secret(_) | Piece::Basic { .. } | Piece::Kept(_) => "x",
    }
}

fn refused(text: String) -> Fault {
    Fault::Fatal(text)
}
