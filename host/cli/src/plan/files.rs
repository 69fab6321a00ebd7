//! Files and folders that a dataset may read: that of `--dataset-path`, and those that its own settings
//! name. A plugin gets the names, never the paths.

use super::contents::Contents;
use super::plugins::Choice;
use crate::args::PerfArgs;
use crate::diagnostics::Diagnostics;
use loadwright_wasm::{DATASET_PATH, Identity};
use serde_json::{Map, Value};
use std::path::PathBuf;

/// Files and folders by the names of their settings. Reports those that the dataset needs and does not
/// get.
pub(super) fn files(
    args: &PerfArgs,
    choice: &Choice<'_>,
    contents: &Contents,
    diagnostics: &mut Diagnostics,
) -> Vec<(String, PathBuf)> {
    let path = args.dataset.dataset_path.clone();
    let mut files: Vec<_> = path.into_iter().map(|path| (DATASET_PATH.into(), path)).collect();
    let Some(dataset) = choice.dataset() else { return files };
    for name in &dataset.manifest.path_settings {
        if let Some(path) = contents.dataset.get(name).and_then(Value::as_str) {
            files.push((name.clone(), path.into()));
        }
    }
    for need in &dataset.manifest.needs.files {
        if files.iter().any(|(name, _)| *name == need.name) {
            continue;
        }
        let text = format!("is required by the dataset {}: {}", dataset.name(), need.reason);
        match need.name.as_str() {
            DATASET_PATH => diagnostics.error(DATASET_PATH, text),
            name => diagnostics.error("dataset-args", format!("`{name}` {text}")),
        }
    }
    files
}

/// The settings of the dataset as it gets them: paths are names of files.
pub(super) fn without_paths(
    settings: &Map<String, Value>,
    dataset: Option<&Identity>,
) -> Map<String, Value> {
    let is_path = |name: &String| {
        dataset.is_some_and(|dataset| dataset.manifest.path_settings.contains(name))
    };
    let named = |(name, value): (&String, &Value)| {
        let named = value.is_string() && is_path(name);
        (name.clone(), if named { Value::from(name.clone()) } else { value.clone() })
    };
    settings.iter().map(named).collect()
}
