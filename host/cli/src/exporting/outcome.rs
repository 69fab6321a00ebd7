//! What became of the exporters of a run, in words.

use crate::console::Console;
use loadwright_core::words::counted;
use loadwright_exporters::{ExportOutcome, Usage, Used};
use std::path::Path;

/// Says what each exporter sent, and what it did not. Returns whether all of them sent everything.
pub(crate) fn report(
    console: &Console,
    outcomes: &[ExportOutcome],
    usage: &[(String, Usage)],
    folder: &Path,
) -> bool {
    for outcome in outcomes.iter().filter(|outcome| outcome.begun) {
        let name = &outcome.exporter;
        let used = usage.iter().find(|(other, _)| other == name);
        let used = used.map(|(_, usage)| usage.read()).unwrap_or_default();
        match outcome.unsent() {
            None => console.info(&sent(outcome, used)),
            Some(unsent) => console.notice(&format!(
                "{unsent}; `loadwright export {} --exporter {name}` sends them",
                folder.display()
            )),
        }
    }
    outcomes.iter().all(ExportOutcome::is_complete)
}

fn sent(outcome: &ExportOutcome, used: Used) -> String {
    let ExportOutcome { exporter, records, losses, .. } = outcome;
    let mut text = format!("exporter `{exporter}`: {} sent", counted(*records, "record"));
    if used.requests > 0 {
        text += &format!(
            ", in {} of {} bytes",
            counted(used.requests, "HTTP request"),
            used.bytes_sent
        );
    }
    if losses.is_empty() { text } else { text + "; what it could not send is told above" }
}
