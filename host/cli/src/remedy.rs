//! What to do about a failed connection test, by its outcome. Requests that fail later are in the
//! report.

use crate::args::perf_command;
use loadwright_core::outcome::{Outcome, Stage};
use loadwright_engine::{FailedProbe, ProbeFailure};
use serde_json::Value;

const SKIP: &str = "or skip the test with --no-test-connection";

/// The failure in one line, and what to do about it.
pub(crate) fn describe(failure: &ProbeFailure) -> String {
    let text = one_line(&failure.to_string());
    match failure {
        ProbeFailure::Failed { failure, .. } => format!("{text}; {}", remedy(failure)),
        ProbeFailure::Interrupted | ProbeFailure::Engine(_) => text,
    }
}

/// `text` with its white space run together: bodies are often laid out over many lines.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn remedy(refusal: &FailedProbe) -> String {
    match refusal.outcome {
        Outcome::Status(status) => of_status(status, refusal),
        Outcome::Refused | Outcome::Connect | Outcome::Timeout(Stage::Connect) => format!(
            "start the server or check --url; --wait-for-server SECONDS waits longer for one that \
             is still loading; {SKIP}"
        ),
        Outcome::Dns => format!(
            "check the host's name in --url; --wait-for-server SECONDS waits for one that is not \
             known yet; {SKIP}"
        ),
        Outcome::Tls => {
            "check --url, trust the certificate with --ca-cert, or skip verification with --insecure".into()
        }
        Outcome::Timeout(Stage::Read | Stage::Total) => format!(
            "check --url and whether the model is loaded; --wait-for-server SECONDS waits longer \
             for a server that is still loading; {SKIP}"
        ),
        Outcome::Ok
        | Outcome::LocalLimit
        | Outcome::Reset
        | Outcome::Truncated
        | Outcome::Empty
        | Outcome::StreamError
        | Outcome::Malformed
        | Outcome::Unsolicited
        | Outcome::TooLarge
        | Outcome::Plugin
        | Outcome::Cancelled
        | Outcome::Dropped => format!("check --url, {SKIP}"),
    }
}

fn of_status(status: u16, refusal: &FailedProbe) -> String {
    match (status, &refusal.location) {
        (300..400, Some(location)) => {
            format!("the server redirects to {location}; give that address with --url")
        }
        (400 | 422, _) => match refused_member(&refusal.detail) {
            Some(member) => about(&member),
            None => format!(
                "check --model and the flags of generation against what the server says; \
                 --extra-args sets or removes members of the request; {SKIP}"
            ),
        },
        (401 | 403, _) => "check --api-key, or Authorization in --headers".into(),
        (404, _) => {
            format!("check --url, whose path or --model the server does not know, {SKIP}")
        }
        (429 | 502 | 503 | 504, _) => format!(
            "--wait-for-server SECONDS waits longer for a server that is still loading or busy; \
             {SKIP}"
        ),
        (500.., _) => format!("see the server's own log, check --url, {SKIP}"),
        _ => format!("check --url, {SKIP}"),
    }
}

/// What to do about a `member` of the request that the server refused, e.g. `messages.0.role`.
fn about(member: &str) -> String {
    let name = member.split('.').next().unwrap_or(member);
    let flag = match name {
        "n" => "n-choices".to_owned(),
        name => name.replace('_', "-"),
    };
    let known = perf_command().get_arguments().any(|arg| arg.get_long() == Some(&flag));
    let change = if known { format!("change --{flag}, or ") } else { String::new() };
    format!(
        "the server refused `{member}`: {change}set or remove it with --extra-args, e.g. \
         '{{\"{name}\": null}}'"
    )
}

/// The member that an error's body names: `error.param` as OpenAI has it, `detail[].loc` as
/// FastAPI does, or the latter within a message, as Python writes it.
fn refused_member(body: &str) -> Option<String> {
    let parsed: Value = serde_json::from_str(body).ok()?;
    let text = |at: &str| parsed.pointer(at)?.as_str().filter(|text| !text.is_empty());
    if let Some(param) = text("/error/param").or_else(|| text("/param")) {
        return Some(param.to_owned());
    }
    if let Some(Value::Array(loc)) = parsed.pointer("/detail/0/loc") {
        return joined(loc.iter().map(|part| match part {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }));
    }
    let message = text("/error/message").or_else(|| text("/message"))?;
    let (loc, _) = message.split_once("'loc': (")?.1.split_once(')')?;
    joined(loc.split(',').map(|part| part.trim().trim_matches('\'').to_owned()))
}

/// A path without the part that says that it is one into the body.
fn joined(parts: impl Iterator<Item = String>) -> Option<String> {
    let parts: Vec<String> = parts.filter(|part| part != "body" && !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join("."))
}

#[cfg(test)]
mod tests;
