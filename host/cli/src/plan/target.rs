//! Where requests go: the URL, headers, and what is secret in them.

use super::plugins::Choice;
use super::{endpoint, secrets};
use crate::args::PerfArgs;
use crate::diagnostics::Diagnostics;
use crate::inputs::Inputs;
use base64::Engine as _;
use loadwright_core::head::{BadHead, check_header, check_headers, check_url};
use loadwright_core::manifest::Auth;
use loadwright_core::plan::Target;
use loadwright_core::secret::masked_url;
use url::Url;

/// Where requests go, and how the connection is made.
pub(super) fn target(
    args: &PerfArgs,
    inputs: &Inputs,
    choice: &Choice<'_>,
    diagnostics: &mut Diagnostics,
) -> Target {
    let mut url = url(args, inputs, diagnostics);
    let mut headers = headers(args, &choice.takes.auth, diagnostics);
    if let Some(credentials) = take_credentials(&mut url) {
        if sets(&headers, "Authorization") {
            let text = "its user and password are sent as Authorization, which --api-key or \
                        --headers sets too; give one of them";
            diagnostics.error("url", text);
        }
        headers.push(("Authorization".into(), credentials));
    }
    endpoint::complete(args, choice, &mut url, diagnostics);
    let target = &args.target;
    if target.unix_socket.is_some() && url.scheme() == "https" {
        let text =
            "cannot be combined with an https URL; give an http:// URL, or remove the socket";
        diagnostics.error("unix-socket", text);
    }
    if target.simulate && target.unix_socket.is_some() {
        diagnostics.error("unix-socket", "cannot be combined with --simulate");
    }
    Target {
        url: url.into(),
        unix_socket: target.unix_socket.clone(),
        http2: target.http2,
        headers,
        secrets: secrets::secrets(args, inputs, choice, diagnostics),
        insecure: target.insecure,
        ca_cert: target.ca_cert.clone(),
    }
}

/// The URL as it was given, or that of the simulated server; a placeholder if it cannot be used.
fn url(args: &PerfArgs, inputs: &Inputs, diagnostics: &mut Diagnostics) -> Url {
    let target = &args.target;
    let given = match (&target.url, inputs.simulated_server.filter(|_| target.simulate)) {
        (Some(_), Some(_)) => Err("cannot be combined with --simulate".into()),
        (None, Some(address)) => parse_url(&format!("http://{address}")),
        (Some(text), None) => parse_url(text),
        (None, None) => Err("is required; give the server's address, or try --simulate".into()),
    };
    given.unwrap_or_else(|why| {
        diagnostics.error("url", why);
        Url::parse("http://localhost").expect("it is a URL")
    })
}

fn parse_url(text: &str) -> Result<Url, String> {
    check_url(text).map_err(|why| why.to_string())?;
    let shown = masked_url(text);
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        Ok(url) if url.cannot_be_a_base() => {
            Err(format!("`{shown}` has no scheme; write http://{shown}"))
        }
        Ok(url) => Err(format!("the scheme `{}` is not http or https", url.scheme())),
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            Err(format!("`{shown}` has no scheme; write http://{shown}"))
        }
        Err(error) => Err(format!("`{shown}` is not a URL: {error}")),
    }
}

/// The headers that were given, and that of the API key.
fn headers(args: &PerfArgs, auth: &Auth, diagnostics: &mut Diagnostics) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    for given in args.target.headers.iter().flatten() {
        match header(given) {
            Ok(header) => headers.push(header),
            Err(why) => diagnostics.error("headers", why),
        }
    }
    if let Err(why) = check_headers(&headers) {
        diagnostics.error("headers", why.to_string());
    }
    let Some(key) = secrets::api_key(args) else { return headers };
    let value = auth.value_for(key);
    if sets(&headers, &auth.header) {
        diagnostics.notice(format!("--headers sets {}, so --api-key is not used", auth.header));
    } else if check_header(&auth.header, &value).is_err() {
        diagnostics.error("api-key", "cannot be sent in a header; check it for line breaks");
    } else {
        headers.push((auth.header.clone(), value));
    }
    headers
}

fn sets(headers: &[(String, String)], wanted: &str) -> bool {
    headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted))
}

/// One `name=value`, split at the first `=`.
fn header(given: &str) -> Result<(String, String), String> {
    let Some((name, value)) = given.split_once('=') else {
        return Err(format!("`{}` has no `=`; write NAME=VALUE", shown(given)));
    };
    // Only blanks: a line break is an error, wherever it is.
    let (name, value) = (name.trim_matches([' ', '\t']), value.trim_matches([' ', '\t']));
    check_header(name, value).map_err(|error| match error {
        BadHead::Name(_) => format!("{error}; write NAME=VALUE"),
        error => error.to_string(),
    })?;
    Ok((name.into(), value.into()))
}

/// The start of a text that may be half of a secret header.
fn shown(given: &str) -> String {
    let start: String = given.chars().take(12).collect();
    if start == given { start } else { format!("{start}…") }
}

/// Moves user and password out of the URL into the value of an Authorization header.
fn take_credentials(url: &mut Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decode =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pair = format!("{}:{}", decode(url.username()), decode(url.password().unwrap_or_default()));
    url.set_username("").expect("a URL with a host takes a user");
    url.set_password(None).expect("a URL with a host takes a password");
    Some(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
}
