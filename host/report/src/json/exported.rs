//! What became of exporters, in the documents of `--json`.

use super::{object, pretty};
use crate::exported::{Exported, Traffic};
use serde_json::Value;

/// `{"folder", "exporters"}`: the document of `export --json`.
pub fn export_json(folder: &str, exporters: &[Exported]) -> String {
    pretty(&object([("folder", folder.into()), ("exporters", listed(exporters))]))
}

/// A list of `exporters`.
pub(super) fn listed(exporters: &[Exported]) -> Value {
    exporters.iter().map(exported).collect()
}

fn exported(exporter: &Exported) -> Value {
    let Traffic { requests, retries, refused, bytes_sent, bytes_received } = exporter.traffic;
    let traffic = object([
        ("requests", requests.into()),
        ("retries", retries.into()),
        ("refused", refused.into()),
        ("bytes_sent", bytes_sent.into()),
        ("bytes_received", bytes_received.into()),
    ]);
    object([
        ("name", exporter.name.clone().into()),
        ("plugin", exporter.plugin.clone().into()),
        ("version", exporter.version.clone().into()),
        ("ending", exporter.ending.clone().into()),
        ("records_sent", exporter.sent.into()),
        ("records_unsent", exporter.unsent.into()),
        ("links", exporter.links.clone().into()),
        ("losses", exporter.losses.clone().into()),
        ("failure", exporter.failure.clone().into()),
        ("traffic", traffic),
    ])
}
