//! Fault injection: which requests fail, and how, as users write it. The service carries it out.

pub(crate) mod plan;

use crate::millis;
use crate::seed::mix;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The header with which a request asks for faults: one fault or a list of them as JSON, or the bare
/// name of one without parameters.
pub(crate) const FAULT_HEADER: &str = "x-sim-fault";

/// One way in which a reply departs from a normal one. Several may be combined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The connection is closed before any reply.
    Drop,
    /// The connection is reset before any reply.
    Reset,
    /// The connection is closed, and the listener is closed for a while.
    Refuse {
        /// For how long.
        #[serde(with = "millis")]
        ms: Duration,
    },
    /// A response with this status and an error body.
    Status {
        /// e.g. 429
        code: u16,
        /// `Retry-After`, in seconds.
        #[serde(default)]
        retry_after: Option<u32>,
        /// The body; none: an OpenAI-style error.
        #[serde(default)]
        body: Option<String>,
    },
    /// Bytes that are not HTTP; then the connection is closed.
    GarbageHead,
    /// An informational (1xx) response before the real one.
    Informational {
        /// e.g. 103
        code: u16,
    },
    /// The head is sent in pieces, spread over this time.
    SlowHead {
        /// For how long.
        #[serde(with = "millis")]
        ms: Duration,
    },
    /// The connection is closed in the middle of the body; after half of it, where not streamed.
    Cut {
        /// Frames with output before it.
        after: u32,
        /// With RST instead of FIN.
        #[serde(default)]
        reset: bool,
    },
    /// Nothing is sent for a while; after half of the body, where not streamed.
    Stall {
        /// Frames with output before it.
        after: u32,
        /// For how long; none: until the client disconnects.
        #[serde(default, with = "millis::optional")]
        ms: Option<Duration>,
    },
    /// A frame that is not JSON; the stream continues.
    GarbageFrame {
        /// Frames with output before it.
        after: u32,
    },
    /// An error event in a stream with status 200, which ends there.
    ErrorEvent {
        /// Frames with output before it.
        after: u32,
    },
    /// A reply without output; its usage is 0.
    Empty,
    /// The stream starts with a frame that holds only a role, ahead of the first token.
    RoleFirst,
    /// Usage is omitted, even if requested.
    NoUsage,
    /// `[DONE]` is omitted.
    NoDone,
    /// The finish reason is omitted.
    NoFinish,
    /// The blank line after the last event is omitted.
    NoFinalBlank,
    /// Every write is split into pieces, sent a moment apart.
    Split {
        /// Size of a piece.
        bytes: usize,
    },
    /// Several frames are sent in one write.
    Merge {
        /// Frames per write.
        frames: u32,
    },
    /// The line ending of the event stream.
    Lines(LineEnd),
    /// A comment and an empty event before every frame.
    Comments,
    /// The data of an event is split over two lines.
    MultiLine,
    /// The connection is closed after the reply, as its head announces.
    Close,
    /// The connection is closed after the reply without announcement.
    CloseSilently,
    /// The connection is closed after being idle this long.
    IdleClose {
        /// For how long.
        #[serde(with = "millis")]
        ms: Duration,
    },
    /// How the end of the body is marked.
    Body(Body),
    /// The head claims gzip; the body is not compressed.
    GzipClaim,
    /// The reply starts with reasoning.
    Reasoning {
        /// Number of reasoning tokens.
        tokens: u32,
    },
    /// The reply is a tool call.
    ToolCall,
}

/// The line ending of an event stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnd {
    /// `\n`
    #[default]
    Lf,
    /// `\r\n`
    Crlf,
    /// `\r`
    Cr,
}

/// How the end of a body is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// By chunked transfer coding: the default for streams.
    Chunked,
    /// By a content length: the default for other replies. A stream is buffered to know it.
    Length,
    /// By closing the connection.
    UntilClose,
}

/// Which requests fail, and how: every rule that matches applies.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Script(pub Vec<Rule>);

/// Faults, and the requests they apply to: those that meet every condition given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Completion requests by index, numbered from 0 as they are received.
    pub requests: Option<Vec<u64>>,
    /// Completion requests by a range of indices, both ends included.
    pub range: Option<(u64, u64)>,
    /// This share of requests, 0 to 1, drawn with the server's seed.
    pub ratio: Option<f64>,
    /// The faults.
    pub faults: Vec<Fault>,
}

impl Script {
    /// The same faults for every request.
    #[must_use]
    pub fn always(faults: impl Into<Vec<Fault>>) -> Self {
        Self(vec![Rule { faults: faults.into(), ..Rule::default() }])
    }

    /// Faults for the requests of these indices.
    #[must_use]
    pub fn requests(range: RangeInclusive<u64>, faults: impl Into<Vec<Fault>>) -> Self {
        let range = Some((*range.start(), *range.end()));
        Self(vec![Rule { range, faults: faults.into(), ..Rule::default() }])
    }

    /// Faults for a share of requests.
    #[must_use]
    pub fn ratio(ratio: f64, faults: impl Into<Vec<Fault>>) -> Self {
        Self(vec![Rule { ratio: Some(ratio), faults: faults.into(), ..Rule::default() }])
    }

    /// Both scripts' rules.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Parses a JSON list of rules.
    ///
    /// # Errors
    /// It is not a list of rules; the text names the first invalid fault.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| {
            let rules = serde_json::from_str(text).unwrap_or(Value::Null);
            invalid_fault(&rules).unwrap_or_else(|| error.to_string())
        })
    }

    /// The faults of request `index` on a server with `seed`.
    pub(crate) fn faults(&self, index: u64, seed: u64) -> Vec<Fault> {
        let rules = self.0.iter().enumerate();
        rules
            .filter(|(at, rule)| rule.matches(index, mix(seed, *at as u64)))
            .flat_map(|(_, rule)| rule.faults.iter().cloned())
            .collect()
    }
}

impl Rule {
    fn matches(&self, index: u64, seed: u64) -> bool {
        let drawn = || mix(seed, index) as f64 / u64::MAX as f64;
        self.requests.as_ref().is_none_or(|requests| requests.contains(&index))
            && self.range.is_none_or(|(first, last)| (first..=last).contains(&index))
            && self.ratio.is_none_or(|ratio| drawn() < ratio)
    }
}

/// What is wrong with the first invalid fault.
fn invalid_fault(rules: &Value) -> Option<String> {
    rules.as_array()?.iter().enumerate().find_map(|(at, rule)| {
        let why =
            rule.get("faults")?.as_array()?.iter().find_map(|fault| read_fault(fault).err())?;
        Some(format!("rule {}: {why}", at + 1))
    })
}

/// The faults that a request asks for in its header.
///
/// # Errors
/// The header is neither the name of a fault nor JSON; the text says why.
pub(crate) fn from_header(value: &str) -> Result<Vec<Fault>, String> {
    let value = value.trim();
    let read = match value.chars().next() {
        Some('[' | '{') => serde_json::from_str(value)
            .map_err(|error| format!("{FAULT_HEADER} is not JSON: {error}"))?,
        _ => Value::from(value),
    };
    let faults = if let Value::Array(faults) = read { faults } else { vec![read] };
    let fault = |fault: &Value| read_fault(fault).map_err(|why| format!("{FAULT_HEADER}: {why}"));
    faults.iter().map(fault).collect()
}

/// Parses a fault; the error names the fault and what is missing.
fn read_fault(fault: &Value) -> Result<Fault, String> {
    let read = |fault: &Value| Fault::deserialize(fault).map_err(|error| error.to_string());
    let error = match read(fault) {
        Ok(fault) => return Ok(fault),
        Err(error) => error,
    };
    if error.starts_with("unknown variant") && fault.is_string() {
        return Err(error);
    }
    match fault {
        // A bare name that needs parameters: parsing it with none, or with an unknown choice, says
        // which.
        Value::String(name) => {
            let error_with = |given: Value| read(&json!({ name.as_str(): given })).err();
            let members = error_with(json!({})).filter(|error| error.starts_with("missing field"));
            let error = members.or_else(|| error_with(json!("?"))).unwrap_or(error);
            Err(format!("the fault `{name}`: {error}"))
        }
        Value::Object(object) => {
            let name = object.keys().next().map_or("", String::as_str);
            Err(format!("the fault `{name}`: {error}"))
        }
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests;
