//! The files of a run beside its records and its log. A live run and a report made again go through
//! the same functions, so that both write the same bytes.

use crate::exit::Exit;
use loadwright_core::condition::{Condition, check};
use loadwright_core::plan::Plan;
use loadwright_core::summary::Summary;
use loadwright_report::{
    RunInfo, Style, benchmark_args_json, benchmark_percentile_json, benchmark_summary_json,
    run_text,
};
use loadwright_storage::folder::{FolderError, create_point, write_whole};
use std::path::Path;

/// Writes the three files of a point into its folder in `run`.
///
/// # Errors
/// One of them cannot be written.
pub(crate) fn write_point(run: &Path, plan: &Plan, summary: &Summary) -> Result<(), FolderError> {
    let folder = create_point(run, &plan.name)?;
    let files = [
        ("benchmark_args.json", benchmark_args_json(plan)),
        ("benchmark_summary.json", benchmark_summary_json(summary)),
        ("benchmark_percentile.json", benchmark_percentile_json(summary)),
    ];
    files.iter().try_for_each(|(name, text)| write_whole(&folder.join(name), text.as_bytes()))
}

/// Writes `performance_summary.txt`: the report as printed, without colours.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write_run(
    run: &Path,
    info: &RunInfo,
    summaries: &[Summary],
) -> Result<(), FolderError> {
    // The folder may be moved, and the report made again where it then is.
    let info = RunInfo { folder: None, ..info.clone() };
    let text = run_text(summaries, &info, &Style::FILE);
    write_whole(&run.join("performance_summary.txt"), text.as_bytes())
}

/// What the report says of the run as a whole: `points`, by name, are those that were asked for, and
/// `plan` is the first of them.
pub(crate) fn run_info(plan: Option<&Plan>, points: Vec<String>, run: &Path) -> RunInfo {
    RunInfo {
        name: plan.and_then(|plan| setting(plan, "name")),
        alias: plan.and_then(alias),
        points,
        folder: Some(run.display().to_string()),
        conditions: plan.map(conditions).unwrap_or_default(),
        ..RunInfo::default()
    }
}

/// The conditions under which the run counts as failed.
fn conditions(plan: &Plan) -> Vec<Condition> {
    let given = plan.settings.get("fail_if").and_then(|given| given.as_array());
    let texts = given.into_iter().flatten().filter_map(|text| text.as_str());
    // What could not be read was refused before the run.
    texts.filter_map(|text| text.parse().ok()).collect()
}

/// How a run that nothing broke ends by its metrics; `met`: a point meets a condition.
pub(crate) fn exit(summaries: &[Summary], met: bool) -> Exit {
    if met && !summaries.is_empty() {
        Exit::ConditionMet
    } else if summaries.iter().any(|summary| summary.counts.succeeded > 0) {
        Exit::Measured
    } else {
        Exit::NothingMeasured
    }
}

/// Whether a point of the run meets one of its conditions.
pub(crate) fn meets_condition(summaries: &[Summary], info: &RunInfo) -> bool {
    !check(&info.conditions, summaries, &info.points).is_empty()
}

/// What reports call the model, where the user gave that.
pub(crate) fn alias(plan: &Plan) -> Option<String> {
    setting(plan, "alias").filter(|alias| !alias.is_empty())
}

fn setting(plan: &Plan, name: &str) -> Option<String> {
    plan.settings.get(name)?.as_str().map(str::to_owned)
}
