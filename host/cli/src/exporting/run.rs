//! A run as exporters are told of it, from its file of records: the same while it goes on and later.

use crate::error::CommandError;
use loadwright_core::export::ExportRun;
use loadwright_core::interval::RowNames;
use loadwright_core::plan::Plan;
use loadwright_storage::{RECORDS, Reader};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A run in a folder.
pub(crate) struct StoredRun {
    /// Its file of records.
    pub(crate) records: PathBuf,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// What is told of it.
    pub(crate) run: ExportRun,
}

/// The run in `folder`, whose first point does `plan`. `live`: it goes on.
///
/// # Errors
/// Its records cannot be read.
pub(crate) fn stored(
    folder: &Path,
    plan: &Plan,
    compat: bool,
    live: bool,
) -> Result<StoredRun, CommandError> {
    let records = folder.join(RECORDS);
    let header = Reader::open(&records)?.run()?;
    let model = plan.request.model.clone();
    let name = plan.settings.get("name").and_then(Value::as_str).map(str::to_owned);
    let names = if compat { RowNames::EvalScope } else { RowNames::Own };
    let plugin = |it: loadwright_storage::RunPlugin| {
        (it.name, format!("{} sha256:{}", it.version, it.sha256))
    };
    let name = name.unwrap_or_else(|| default_name(&model, folder));
    let run = ExportRun {
        points: if compat { vec![name.clone()] } else { header.points },
        name,
        id: header.id,
        model,
        started: header.started,
        tool: concat!("loadwright ", env!("CARGO_PKG_VERSION")).into(),
        settings: Value::Object(plan.settings.clone()).to_string(),
        row_metrics: names.metrics(),
        summary_metrics: loadwright_core::export_summary::summary_metrics(),
        plugins: header.plugins.into_iter().map(plugin).collect(),
        live,
        resume: String::new(),
    };
    Ok(StoredRun { records, folder: folder.into(), run })
}

/// The last part of the model's name and of the folder's path: its date, where it has one.
fn default_name(model: &str, folder: &Path) -> String {
    let model = model.rsplit('/').next().unwrap_or(model);
    let parent = folder.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let is_date =
        parent.starts_with("20") && parent.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if is_date { format!("{model}_{parent}") } else { model.to_owned() }
}
