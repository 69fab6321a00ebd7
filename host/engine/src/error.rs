//! Why a point could not be run. Failures of requests are data and not among these.

use loadwright_core::ports::PluginFailure;
use std::io;

/// A point could not be run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The URL is invalid.
    #[error(transparent)]
    Url(#[from] InvalidUrl),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A plugin could not be set up.
    #[error(transparent)]
    Plugin(#[from] PluginFailure),
    /// The API plugin's reading plan is invalid.
    #[error("the API plugin's reading plan is invalid: {0}")]
    ReadingPlan(#[from] InvalidRule),
    /// The system has no more threads, files or timers.
    #[error("the system refused a resource: {0}")]
    System(#[from] io::Error),
}

/// A URL that requests cannot be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It does not parse.
    #[error(
        "`--url {url}` is not a URL: {reason}; give one like \
         http://127.0.0.1:8000/v1/chat/completions"
    )]
    Parse {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Neither http nor https.
    #[error("`--url {0}` is neither http:// nor https://")]
    Scheme(String),
    /// The environment's proxy is not an HTTP proxy.
    #[error(
        "the environment's proxy is a {0}:// one; use an http:// proxy, or list the host in NO_PROXY"
    )]
    Proxy(String),
}

/// TLS cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The certificates could not be read.
    #[error("`--ca-cert {path}` cannot be used: {reason}; give a PEM file of certificates")]
    CaCert {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The TLS client could not be configured.
    #[error("the TLS client cannot be set up: {0}")]
    Config(String),
}

/// A rule of a reading plan that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// A JSON pointer that is neither empty nor begins with a slash.
    #[error("the pointer `{0}` of the reading plan must be empty or begin with `/`")]
    NoSlash(String),
    /// A JSON pointer with a `~` that is not followed by 0 or 1.
    #[error("the pointer `{0}` of the reading plan has a `~` that is neither `~0` nor `~1`")]
    Escape(String),
    /// A JSON pointer of too many steps.
    #[error("the pointer `{pointer}` of the reading plan has more than {limit} steps")]
    TooDeep {
        /// The pointer.
        pointer: String,
        /// The most steps that one may have.
        limit: usize,
    },
    /// Too many rules.
    #[error("the reading plan has more than {0} rules")]
    TooMany(usize),
    /// Too many different guards.
    #[error("the reading plan has more than {0} different guards")]
    TooManyGuards(usize),
    /// A pointer other than the empty one, although payloads are text.
    #[error("the pointer `{0}` of the reading plan must be empty, since payloads are text")]
    IntoText(String),
    /// Rules, although payloads are opaque.
    #[error("the reading plan has rules, although its payloads are opaque")]
    Opaque,
    /// Wildcards and indices at the same arrays multiply beyond the limit.
    #[error("the pointers of the reading plan mix `*` and indices in more than {0} ways")]
    TooManyNodes(usize),
}
