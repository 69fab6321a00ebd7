//! How an exchange ended, as an enum: the whole space of what can go wrong with a request.

use serde::{Deserialize, Serialize};

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Outcome {
    /// A whole reply with output.
    Ok,
    /// A status other than 2xx.
    Status(u16),
    /// The connection was refused.
    Refused,
    /// The name could not be resolved.
    Dns,
    /// The TLS handshake failed.
    Tls,
    /// No connection, for another reason (unreachable, proxy refused).
    Connect,
    /// This machine ran out of ports or files.
    LocalLimit,
    /// The connection was reset.
    Reset,
    /// The reply ended early.
    Truncated,
    /// A stage took longer than its limit.
    Timeout(Stage),
    /// A 2xx reply without any output.
    Empty,
    /// An error inside a reply that began well.
    StreamError,
    /// The reply was not what it claimed to be: bad HTTP, bad JSON.
    Malformed,
    /// Data came before the request was sent, so it is not the reply to it.
    Unsolicited,
    /// More bytes or frames than a reply may hold.
    TooLarge,
    /// A plugin failed on this request.
    Plugin,
    /// Stopped by the user.
    Cancelled,
    /// Scheduled and never sent: over the cap of requests in flight, or no worker was free in time.
    Dropped,
}

/// The stage that timed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stage {
    /// Opening the connection.
    Connect,
    /// Between two reads.
    Read,
    /// The whole request.
    Total,
}

impl Outcome {
    /// Whether the request counts as successful.
    pub fn is_ok(self) -> bool {
        self == Self::Ok
    }

    /// Whether the request stands beside Total, Success and Failed rather than in them.
    pub fn is_beside(self) -> bool {
        matches!(self, Self::Cancelled | Self::Dropped)
    }

    /// Whether no connection to the service could be opened.
    pub fn is_connection_failure(self) -> bool {
        matches!(
            self,
            Self::Refused | Self::Dns | Self::Tls | Self::Connect | Self::Timeout(Stage::Connect)
        )
    }

    /// The class as records and reports spell it, e.g. `http_503`, `timeout_read`.
    pub fn class(self) -> String {
        match self {
            Self::Status(code) => format!("http_{code}"),
            other => other.fixed_class().into(),
        }
    }

    /// Reads what [`class`](Self::class) wrote.
    pub fn from_class(class: &str) -> Option<Self> {
        if let Some(code) = class.strip_prefix("http_") {
            return code.parse().ok().map(Self::Status);
        }
        Self::FIXED.iter().copied().find(|outcome| outcome.fixed_class() == class)
    }
}

/// Makes the list into a match and its inverse, so that no class can be written and not read.
macro_rules! classes {
    ($($outcome:ident $(($stage:ident))? is $class:literal,)+) => {
        impl Outcome {
            /// Every outcome with one class; the class of [`Outcome::Status`] depends on its code.
            pub const FIXED: &[Self] = &[$(Self::$outcome $((Stage::$stage))?),+];

            fn fixed_class(self) -> &'static str {
                match self {
                    Self::Status(_) => "http",
                    $(Self::$outcome $((Stage::$stage))? => $class,)+
                }
            }
        }
    };
}

classes! {
    Ok is "ok",
    Refused is "refused",
    Dns is "dns",
    Tls is "tls",
    Connect is "connect",
    LocalLimit is "local_limit",
    Reset is "reset",
    Truncated is "truncated",
    Timeout(Connect) is "timeout_connect",
    Timeout(Read) is "timeout_read",
    Timeout(Total) is "timeout_total",
    Empty is "empty",
    StreamError is "stream_error",
    Malformed is "malformed",
    Unsolicited is "unsolicited",
    TooLarge is "too_large",
    Plugin is "plugin",
    Cancelled is "cancelled",
    Dropped is "dropped",
}

#[cfg(test)]
mod tests;
