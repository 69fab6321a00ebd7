//! Why a request was not carried out.

use loadwright_plugin::Fault;

/// A request that failed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    /// None: there was no response.
    pub(crate) status: Option<u16>,
    pub(crate) fault: Fault,
}

impl Failure {
    /// The server's answer to `action`.
    pub(crate) fn answered(action: &str, status: u16, message: &str) -> Self {
        let text = match status {
            401 => format!(
                "ClearML does not accept the key ({action} was answered with 401: {message}); make \
                 another in its settings, and check access_key and api_host"
            ),
            403 => format!("ClearML forbids {action} (403: {message}); check the user's rights"),
            _ => format!("ClearML answered {action} with {status}: {message}"),
        };
        let passing = status == 429 || status >= 500;
        let fault = if passing { Fault::Transient(text) } else { Fault::Fatal(text) };
        Self { status: Some(status), fault }
    }

    /// There was no response to `action`.
    pub(crate) fn unanswered(action: &str, fault: Fault) -> Self {
        let fault = match fault {
            Fault::Transient(text) => Fault::Transient(format!("{action}: {text}")),
            Fault::Fatal(text) => Fault::Fatal(format!("{action}: {text}")),
            other => other,
        };
        Self { status: None, fault }
    }

    /// Whether the request itself was refused, so that others may still be carried out.
    pub(crate) fn is_refusal(&self) -> bool {
        self.status.is_some_and(|status| {
            (400..500).contains(&status) && ![401, 403, 429].contains(&status)
        })
    }
}

/// What went wrong.
pub(crate) fn text(fault: &Fault) -> &str {
    match fault {
        Fault::Transient(text) | Fault::Fatal(text) | Fault::Input(text) => text,
        Fault::Unsupported(text) => text,
        Fault::Settings(setting) => &setting.text,
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        failure.fault
    }
}
