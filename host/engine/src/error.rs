//! Why a point could not be run. What goes wrong with requests is data, and none of these.

use crate::interpret::reading::BadRule;
use loadwright_core::ports::PluginFailure;
use std::io;

/// A point could not be run. What goes wrong with requests is data, and none of these.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The URL cannot be called.
    #[error(transparent)]
    Url(#[from] BadUrl),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsSetup),
    /// A plugin could not be set up.
    #[error(transparent)]
    Plugin(#[from] PluginFailure),
    /// A protocol's reading plan is malformed.
    #[error("the protocol's reading plan is malformed: {0}")]
    Plan(#[from] BadRule),
    /// The system gives no more threads, files or timers.
    #[error("the system refused a resource: {0}")]
    System(#[from] io::Error),
}

/// A URL that cannot be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// It does not parse.
    #[error(
        "`--url {url}` is no URL: {reason}; give one like http://127.0.0.1:8000/v1/chat/completions"
    )]
    Parse {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not http or https.
    #[error("`--url {0}` is neither http:// nor https://")]
    Scheme(String),
    /// The environment's proxy speaks another language.
    #[error(
        "the environment's proxy is a {0}:// one; name an http:// proxy, or the host in NO_PROXY"
    )]
    Proxy(String),
}

/// TLS cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsSetup {
    /// The certificates could not be read.
    #[error("`--ca-cert {path}` cannot be used: {reason}; give a PEM file of certificates")]
    CaCert {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The protocol versions could not be set.
    #[error("the TLS client cannot be set up: {0}")]
    Config(String),
}
