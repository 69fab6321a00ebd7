//! What the status of a call of gRPC means for the next try.

use crate::http::{cause, innermost};
use crate::otlp::environment::Link;
use crate::otlp::transport::{Trouble, tls};
use std::error::Error;
use std::time::Duration;
use tonic::{Code, ConnectError, Status};
use tonic_types::StatusExt;

/// The longest text of a receiver that is shown, in characters.
const LONGEST_TOLD: usize = 200;

/// What tonic itself says of a message beyond its bounds, with a code that may be tried again.
const TOO_LARGE: &str = "message length too large";

/// Whether another try may help, by the table of the specification.
pub(super) fn trouble(status: &Status, link: &Link) -> Trouble {
    if let Some(why) = Error::source(status).and_then(|error| tls::why(error, link)) {
        return Trouble::Final(why);
    }
    let why = why(status, link);
    let after = delay(status);
    match status.code() {
        Code::OutOfRange if status.message().contains(TOO_LARGE) => Trouble::Final(why),
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => Trouble::Again { why, after },
        // Without a time to come back, there is no room for good.
        Code::ResourceExhausted if after.is_some() => Trouble::Again { why, after },
        Code::Unauthenticated | Code::PermissionDenied => {
            Trouble::Final(format!("{why}; check OTEL_EXPORTER_OTLP_HEADERS"))
        }
        Code::Unimplemented => Trouble::Final(format!(
            "{why}; check OTEL_EXPORTER_OTLP_ENDPOINT, or leave a signal that it does not take out \
             with traces, metrics or logs=false"
        )),
        _ => Trouble::Final(why),
    }
}

/// When the receiver asks to be tried again.
fn delay(status: &Status) -> Option<Duration> {
    status.get_details_retry_info().map(|info| info.retry_delay.unwrap_or_default())
}

fn why(status: &Status, link: &Link) -> String {
    let host = link.endpoint.host_str().unwrap_or_default();
    let Some(error) = Error::source(status) else {
        let clean = |char: char| if char.is_control() { ' ' } else { char };
        let told: String = status.message().chars().take(LONGEST_TOLD).map(clean).collect();
        return format!("answered {:?}: {told}", status.code());
    };
    match cause::<ConnectError>(error) {
        Some(_) => format!("no connection to {host}: {}", innermost(error)),
        None => format!("no response from {host}: {}", innermost(error)),
    }
}
