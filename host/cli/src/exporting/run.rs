//! A run as exporters are told of it, from its file of records: the same while it goes on and later.

use crate::error::CommandError;
use loadwright_core::export::ExportRun;
use loadwright_core::export_summary::{summary_metrics, sweep_metrics};
use loadwright_core::interval::RowNames;
use loadwright_core::plan::Plan;
use loadwright_storage::{RECORDS, Reader};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A run in a folder.
pub(crate) struct StoredRun {
    /// Its file of records.
    pub(crate) records: PathBuf,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// What is told of it.
    pub(crate) run: ExportRun,
    /// Names of its points, where all of them are told as one.
    pub(crate) compat: Option<Vec<String>>,
}

/// The run in `folder`, whose points do `plans`: those that are known. `compat`: all points are one.
/// `live`: it goes on.
///
/// # Errors
/// Its records cannot be read.
pub(crate) fn stored(
    folder: &Path,
    plans: &[&Plan],
    compat: bool,
    live: bool,
) -> Result<StoredRun, CommandError> {
    let records = folder.join(RECORDS);
    let header = Reader::open(&records)?.run()?;
    let first = plans.first();
    let model = first.map(|plan| plan.request.model.clone()).unwrap_or_default();
    let name = first.and_then(|plan| plan.settings.get("name").and_then(Value::as_str));
    let name = name.map_or_else(|| default_name(&model, folder), str::to_owned);
    let service = first.map(|plan| plan.request.metrics.as_slice()).unwrap_or_default();
    let points = header.points;
    let names = if compat { RowNames::EvalScope } else { RowNames::Own };
    let plugin = |it: loadwright_storage::RunPlugin| {
        (it.name, format!("{} sha256:{}", it.version, it.sha256))
    };
    let run = ExportRun {
        points: if compat { vec![name.clone()] } else { points.clone() },
        name,
        id: header.id,
        model,
        started: header.started,
        tool: concat!("loadwright ", env!("CARGO_PKG_VERSION")).into(),
        settings: Value::Object(settings(if compat {
            plans
        } else {
            &plans[..plans.len().min(1)]
        }))
        .to_string(),
        row_metrics: names.metrics(service),
        summary_metrics: if compat { sweep_metrics(&points) } else { summary_metrics() },
        plugins: header.plugins.into_iter().map(plugin).collect(),
        live,
        resume: String::new(),
    };
    let compat = compat.then_some(points);
    Ok(StoredRun { records, folder: folder.into(), run, compat })
}

/// The settings of `plans`: a list of values, one a plan, where they differ.
fn settings(plans: &[&Plan]) -> Map<String, Value> {
    let Some((first, others)) = plans.split_first() else { return Map::new() };
    let mut settings = first.settings.clone();
    for (name, value) in &mut settings {
        let of_others = others.iter().map(|plan| plan.settings.get(name));
        if of_others.clone().any(|other| other != Some(value)) {
            let of_others = of_others.map(|other| other.cloned().unwrap_or_default());
            *value = std::iter::once(value.clone()).chain(of_others).collect();
        }
    }
    settings
}

/// The last part of the model's name and of the folder's path: its date, where it has one.
fn default_name(model: &str, folder: &Path) -> String {
    let model = model.rsplit('/').next().unwrap_or(model);
    let parent = folder.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let is_date =
        parent.starts_with("20") && parent.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if is_date { format!("{model}_{parent}") } else { model.to_owned() }
}
