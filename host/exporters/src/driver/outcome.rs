//! What became of an exporter.

use loadwright_core::words::counted;

/// What became of an exporter by the end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportOutcome {
    /// Its name.
    pub exporter: String,
    /// Records of the run, as far as they are stored.
    pub records: u64,
    /// Those of them that it was not given.
    pub unsent: u64,
    /// Where to look.
    pub links: Vec<String>,
    /// What it could not send, in its own words.
    pub losses: Vec<String>,
    /// How it was told that the run ended; none: it was not told.
    pub ending: Option<String>,
    /// Why it did not finish; none: it did.
    pub failure: Option<String>,
    /// Whether it had begun.
    pub begun: bool,
}

impl ExportOutcome {
    /// Whether all was sent.
    pub fn is_complete(&self) -> bool {
        self.failure.is_none() && self.losses.is_empty() && self.unsent == 0
    }

    /// What was not sent, in words; none: all was.
    pub fn unsent(&self) -> Option<Unsent<'_>> {
        (self.failure.is_some() || self.unsent > 0).then_some(Unsent(self))
    }

    pub(super) fn panicked(exporter: String) -> Self {
        let failure = Some("its thread panicked; please report it".into());
        Self { exporter, failure, begun: true, ..Self::default() }
    }
}

/// What an exporter did not send.
#[derive(Debug)]
pub struct Unsent<'a>(&'a ExportOutcome);

impl std::fmt::Display for Unsent<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ExportOutcome { exporter, records, unsent, failure, .. } = self.0;
        match unsent {
            0 => write!(out, "exporter `{exporter}` did not finish")?,
            _ => write!(
                out,
                "exporter `{exporter}`: {} of {} were not sent",
                unsent,
                counted(*records, "record")
            )?,
        }
        match failure {
            Some(failure) => write!(out, ": {failure}"),
            None => Ok(()),
        }
    }
}
