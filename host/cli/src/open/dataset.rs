//! Generates the dataset's first item before the run, so that what would fail every request is
//! reported now, with the flag to change.

use super::setting_faults::by_flag;
use crate::diagnostics::{SettingError, SettingErrors};
use crate::error::CommandError;
use crate::plan::Run;
use loadwright_core::ports::{
    Cause, Dataset, DatasetFactory, DatasetProperties, Fault, PluginFailure,
};
use loadwright_wasm::{DATASET_PATH, Kind, OpenError};

/// Checks that `dataset` has items, and that its first one can be made. Returns what it says of
/// itself.
///
/// # Errors
/// It is empty, or fails in a way that no other item would escape.
pub(super) fn check(
    run: &Run,
    dataset: &dyn DatasetFactory,
) -> Result<DatasetProperties, CommandError> {
    let refused = |failure| by_flag(Kind::Dataset, OpenError::Failed(failure));
    let mut dataset = dataset.instance().map_err(refused)?;
    let properties = dataset.properties().map_err(refused)?;
    match found(&mut *dataset, &properties, run.first_item) {
        Ok(Found::Items) => Ok(properties),
        Ok(Found::Nothing) => Err(SettingErrors(vec![empty(run)]).into()),
        Ok(Found::End) => Err(SettingErrors(vec![beyond(run)]).into()),
        Err(failure) if concerns_all(&failure.cause) => Err(refused(failure)),
        // That item alone: its request fails, and the run's policy says what follows.
        Err(_) => Ok(properties),
    }
}

/// What there is to send.
enum Found {
    Items,
    /// The dataset is empty.
    Nothing,
    /// A timed dataset, which does not start over, ends before the item with which the run begins.
    End,
}

fn found(
    dataset: &mut dyn Dataset,
    properties: &DatasetProperties,
    first: u64,
) -> Result<Found, PluginFailure> {
    let begins = match properties.items {
        Some(0) => return Ok(Found::Nothing),
        Some(size) if !properties.timed => first % u64::from(size),
        Some(_) | None => first,
    };
    let begins = u32::try_from(begins).unwrap_or(0);
    if has_item(dataset, begins)? {
        Ok(Found::Items)
    } else if begins == 0 || !has_item(dataset, 0)? {
        Ok(Found::Nothing)
    } else if properties.timed {
        Ok(Found::End)
    } else {
        Ok(Found::Items)
    }
}

/// Whether there is an item `index`.
fn has_item(dataset: &mut dyn Dataset, index: u32) -> Result<bool, PluginFailure> {
    let item = dataset.generate(index, 1)?.pop();
    Ok(item.transpose()?.is_some())
}

/// Whether other items would fail as this one did.
fn concerns_all(cause: &Cause) -> bool {
    match cause {
        Cause::Fault(Fault::Settings(_) | Fault::Unsupported(_))
        | Cause::TimeLimit(_)
        | Cause::HostTimeLimit(_)
        | Cause::MemoryLimit(_)
        | Cause::OutputLimit(_)
        | Cause::System(_)
        | Cause::Stopped => true,
        Cause::Fault(Fault::Input(_) | Fault::Transient(_) | Fault::Fatal(_))
        | Cause::Trap(_)
        | Cause::Contract(_) => false,
    }
}

fn beyond(run: &Run) -> SettingError {
    let text = format!(
        "the timed dataset {} ends before item {}, and does not start over; give a smaller one",
        run.points[0].request.dataset, run.first_item
    );
    SettingError { flag: "dataset-offset".into(), origin: None, text }
}

fn empty(run: &Run) -> SettingError {
    let lengths = ["min_prompt_length", "max_prompt_length"];
    let bounded =
        lengths.iter().any(|name| run.dataset_settings[name].as_u64().is_some_and(|n| n > 0));
    let dataset = &run.points[0].request.dataset;
    let file = run.files.iter().find(|(name, _)| name == DATASET_PATH);
    let (flag, text) = match file.map(|(_, path)| path) {
        Some(path) if bounded => (
            "dataset-path",
            format!(
                "{} has no prompts within --min-prompt-length and --max-prompt-length; change \
                 them, or give another file",
                path.display()
            ),
        ),
        Some(path) => {
            ("dataset-path", format!("{} has no prompts; give a file that does", path.display()))
        }
        None => ("dataset", format!("`{dataset}` has no items; choose another")),
    };
    SettingError { flag: flag.into(), origin: None, text }
}
