//! Faults on demand: which requests go wrong, and how. Only words and choice; the connection acts.

use crate::config::{millis, optional_millis};
use crate::words::mix;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The header by which a request asks for faults of its own: one fault or a list of them as JSON,
/// or the bare name of one that takes no parameters.
pub(crate) const HEADER: &str = "x-sim-fault";

/// One way in which a reply departs from the plain one. Several may be combined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The connection is closed before any reply.
    Drop,
    /// The connection is reset before any reply.
    Reset,
    /// The connection is closed, and the listener with it for a while.
    Refuse {
        /// How long.
        #[serde(with = "millis")]
        ms: Duration,
    },
    /// A reply with this status and an error body.
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
    /// Bytes that are not HTTP, then the end of the connection.
    GarbageHead,
    /// An informational head before the real one.
    Informational {
        /// e.g. 103
        code: u16,
    },
    /// The head comes in pieces, spread over this time.
    SlowHead {
        /// How long.
        #[serde(with = "millis")]
        ms: Duration,
    },
    /// The connection is closed in the middle of the body; without streaming, after half of it.
    Cut {
        /// Frames with output before it.
        after: u32,
        /// By RST instead of FIN.
        #[serde(default)]
        reset: bool,
    },
    /// Nothing more comes for a while; without streaming, after half of the body.
    Stall {
        /// Frames with output before it.
        after: u32,
        /// How long; none: until the client leaves.
        #[serde(default, with = "optional_millis")]
        ms: Option<Duration>,
    },
    /// A frame that is not JSON; the stream goes on.
    GarbageFrame {
        /// Frames with output before it.
        after: u32,
    },
    /// An error event in a 200 stream, which ends there.
    ErrorEvent {
        /// Frames with output before it.
        after: u32,
    },
    /// A reply without any output, usage 0.
    Empty,
    /// The stream begins with a frame that holds a role alone, before the first token is due.
    RoleFirst,
    /// Usage is left out even where asked for.
    NoUsage,
    /// `[DONE]` is left out.
    NoDone,
    /// The finish reason is left out.
    NoFinish,
    /// The blank line after the last event is left out.
    NoFinalBlank,
    /// Every write is cut into pieces of so many bytes, a moment apart.
    Split {
        /// Bytes a piece.
        bytes: usize,
    },
    /// So many frames go out in one write.
    Merge {
        /// Frames a write.
        frames: u32,
    },
    /// How lines of the event stream end.
    Lines(LineEnd),
    /// A comment and a blank event before every frame.
    Comments,
    /// The data of an event is spread over two lines.
    MultiLine,
    /// The connection is closed after the reply, as its head says.
    Close,
    /// The connection is closed after the reply, though its head does not say so.
    CloseSilently,
    /// The connection is closed when it has waited so long for its next request.
    IdleClose {
        /// How long.
        #[serde(with = "millis")]
        ms: Duration,
    },
    /// How the body's end is marked.
    Body(Body),
    /// The head claims gzip; the body is plain.
    GzipClaim,
    /// So many tokens at the start are reasoning.
    Reasoning {
        /// Tokens.
        tokens: u32,
    },
    /// The reply is a tool call.
    ToolCall,
}

/// How lines of an event stream end.
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

/// How a body's end is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// By chunks: the default of streams.
    Chunked,
    /// By its length, sent ahead: the default of other replies. A stream is held back for it.
    Length,
    /// By the end of the connection.
    UntilClose,
}

/// Which requests go wrong, and how: every rule that matches applies.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Script(pub Vec<Rule>);

/// Faults, and the requests they befall: those that meet every condition given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Completion requests by index, in order of receipt from 0.
    pub requests: Option<Vec<u64>>,
    /// Completion requests by a range of indices, both ends included.
    pub range: Option<(u64, u64)>,
    /// This share of requests, drawn by the server's seed; 0 to 1.
    pub ratio: Option<f64>,
    /// What befalls them.
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

    /// Reads a list of rules.
    ///
    /// # Errors
    /// It is none; the text names the fault, and what it lacks.
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| {
            let rules = serde_json::from_str(text).unwrap_or(Value::Null);
            wrong_fault(&rules).unwrap_or_else(|| error.to_string())
        })
    }

    /// What befalls request `index` of a server with `seed`.
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

/// What is wrong with the first fault that is none.
fn wrong_fault(rules: &Value) -> Option<String> {
    rules.as_array()?.iter().enumerate().find_map(|(at, rule)| {
        let why =
            rule.get("faults")?.as_array()?.iter().find_map(|fault| read_fault(fault).err())?;
        Some(format!("rule {}: {why}", at + 1))
    })
}

/// Faults that a request asks for itself.
///
/// # Errors
/// The header is neither a fault's name nor its JSON; the text says why.
pub(crate) fn from_header(value: &str) -> Result<Vec<Fault>, String> {
    let value = value.trim();
    let read = match value.chars().next() {
        Some('[' | '{') => {
            serde_json::from_str(value).map_err(|error| format!("{HEADER} is not JSON: {error}"))?
        }
        _ => Value::from(value),
    };
    let faults = if let Value::Array(faults) = read { faults } else { vec![read] };
    let fault = |fault: &Value| read_fault(fault).map_err(|why| format!("{HEADER}: {why}"));
    faults.iter().map(fault).collect()
}

/// The fault, or what is wrong with it: its name, and what it lacks.
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
        // A name that needs more: what, is told where it is given with nothing, or no choice.
        Value::String(name) => {
            let lacking = |given: Value| read(&json!({ name.as_str(): given })).err();
            let members = lacking(json!({})).filter(|error| error.starts_with("missing field"));
            let error = members.or_else(|| lacking(json!("?"))).unwrap_or(error);
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
