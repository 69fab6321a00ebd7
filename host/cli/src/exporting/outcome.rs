//! What became of the exporters of a run, in words and for the document of `--json`.

use super::open::SenderInfo;
use crate::console::Console;
use loadwright_core::words::counted;
use loadwright_exporters::{ExportOutcome, Used};
use loadwright_report::{Exported, Traffic};
use loadwright_storage::Exporting;
use std::path::Path;

/// Says what each exporter sent, and what it did not. Returns whether all of them sent everything.
pub(crate) fn report(
    console: &Console,
    outcomes: &[ExportOutcome],
    senders: &[SenderInfo],
    folder: &Path,
) -> bool {
    for outcome in outcomes.iter().filter(|outcome| outcome.begun) {
        let name = &outcome.exporter;
        match outcome.unsent() {
            None => console.info(&sent(outcome, used(name, senders))),
            Some(unsent) => console.notice(&format!(
                "{unsent}; `loadwright export {} --exporter {name}` sends them",
                folder.display()
            )),
        }
    }
    outcomes.iter().all(ExportOutcome::is_complete)
}

/// The same for the document of `--json`.
pub(crate) fn exported(outcomes: &[ExportOutcome], senders: &[SenderInfo]) -> Vec<Exported> {
    let find = |outcome: &ExportOutcome| {
        let sender = senders.iter().find(|it| it.exporting.exporter == outcome.exporter)?;
        let Used { requests, retries, refused, bytes_sent, bytes_received } = sender.usage.read();
        let traffic = Traffic { requests, retries, refused, bytes_sent, bytes_received };
        let Exporting { exporter, plugin, version, .. } = sender.exporting.clone();
        Some(Exported {
            name: exporter,
            plugin,
            version,
            ending: outcome.ending.clone(),
            sent: outcome.records.saturating_sub(outcome.unsent),
            unsent: outcome.unsent,
            links: outcome.links.clone(),
            losses: outcome.losses.clone(),
            failure: outcome.failure.clone(),
            traffic,
        })
    };
    outcomes.iter().filter_map(find).collect()
}

fn used(name: &str, senders: &[SenderInfo]) -> Used {
    let sender = senders.iter().find(|sender| sender.exporting.exporter == name);
    sender.map(|sender| sender.usage.read()).unwrap_or_default()
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
