//! Takes values out of a response into the vault, and makes the copy that the exporter sees.

use super::reply::Reply;
use crate::secrets::{Kept, Vault};
use http::header::{HeaderName, HeaderValue, SET_COOKIE};
use loadwright_core::export::http::{Keep, Location, Response};
use loadwright_core::ports::Fault;
use loadwright_core::secret::MASK;
use serde_json::Value;

/// Keeps what `keep` names, where the response has it.
pub(super) fn response(
    mut reply: Reply,
    keep: &[Keep],
    vault: &mut Vault,
) -> Result<Response, Fault> {
    let mut json = json(&reply, keep)?;
    for Keep { at, name } in keep {
        let value = match at {
            Location::Pointer(pointer) => json.as_mut().and_then(|json| take(json, pointer)),
            Location::Header(header) => take_header(&mut reply, header),
            Location::Cookie(cookie) => take_cookie(&mut reply, cookie),
        };
        if let Some(value) = value {
            let (origin, reach) = (reply.origin.clone(), reply.reach);
            vault.keep(name, Kept { value, origin, reach })?;
        }
    }
    let body = json.map_or(reply.body, |json| json.to_string().into_bytes());
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str().to_owned(), vault.masked(&value))
    };
    Ok(Response {
        status: reply.status,
        headers: reply.headers.iter().map(header).collect(),
        body: vault.masked_bytes(body),
        truncated: reply.truncated,
    })
}

/// The body, where a value is to be taken out of it.
fn json(reply: &Reply, keep: &[Keep]) -> Result<Option<Value>, Fault> {
    if !keep.iter().any(|keep| matches!(keep.at, Location::Pointer(_))) {
        return Ok(None);
    }
    if reply.truncated {
        let text = "value is to be kept of a response that is longer than max-bytes";
        return Err(Fault::Fatal(text.into()));
    }
    Ok(serde_json::from_slice(&reply.body).ok())
}

/// Text, numbers and booleans can be kept.
fn take(json: &mut Value, pointer: &str) -> Option<String> {
    let place = json.pointer_mut(pointer)?;
    let value = match place {
        Value::String(text) if !text.is_empty() => std::mem::take(text),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => return None,
    };
    *place = Value::from(MASK);
    Some(value)
}

fn take_header(reply: &mut Reply, name: &str) -> Option<String> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    let value = reply.headers.get(&name)?.to_str().ok()?.to_owned();
    reply.headers.insert(name, HeaderValue::from_static(MASK));
    Some(value)
}

/// The value of the cookie that is set last under this name.
fn take_cookie(reply: &mut Reply, name: &str) -> Option<String> {
    let mut found = None;
    let mut shown = Vec::new();
    for header in reply.headers.get_all(SET_COOKIE) {
        let text = header.to_str().unwrap_or_default();
        let (pair, rest) = text.split_at(text.find(';').unwrap_or(text.len()));
        match pair.split_once('=') {
            Some((set, value)) if set.trim() == name => {
                found = Some(value.trim().trim_matches('"').to_owned());
                shown.push(HeaderValue::from_str(&format!("{name}={MASK}{rest}")).ok()?);
            }
            _ => shown.push(header.clone()),
        }
    }
    reply.headers.remove(SET_COOKIE);
    for header in shown {
        reply.headers.append(SET_COOKIE, header);
    }
    found.filter(|value| !value.is_empty())
}
