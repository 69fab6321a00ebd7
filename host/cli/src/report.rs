//! `loadwright report`: regenerates a run's files from its records, with the functions that the run
//! itself uses.

use crate::args::ReportArgs;
use crate::diagnostics::{Diagnostics, SettingErrors};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::results;
use crate::terminal::{Reports, Terminal};
use loadwright_core::condition::Condition;
use loadwright_core::summary::{Summary, SummaryBuilder};
use loadwright_report::{run_json, run_text};
use loadwright_storage::folder::FolderError;
use loadwright_storage::{RECORDS, Reader};
use std::path::{Path, PathBuf};

/// Regenerates the files of a run, and prints its report or document. What cannot be written is
/// reported after that.
///
/// # Errors
/// Records cannot be read, or conditions not understood.
pub(crate) fn report(args: &ReportArgs) -> Result<Exit, CommandError> {
    let given = conditions(&args.fail_if)?;
    let records = records(&args.path);
    let folder = args.outputs_dir.as_deref().unwrap_or_else(|| folder_of(&records));
    let reader = Reader::open(&records)?;
    let points = reader.points()?;
    let mut summaries: Vec<Summary> = Vec::new();
    let mut written =
        std::fs::create_dir_all(folder).map_err(|cause| FolderError { path: folder.into(), cause });
    for point in &points {
        let mut metrics = SummaryBuilder::new(&point.plan);
        let point_end = reader.replay(point, &mut metrics)?;
        let summary = metrics.finish(&point_end);
        written = written.and_then(|()| results::write_point(folder, &point.plan, &summary));
        summaries.push(summary);
    }
    let mut info =
        results::run_info(points.first().map(|point| &point.plan), reader.run()?.points, folder);
    written = written.and_then(|()| results::write_run(folder, &info, &summaries));
    // The files are the run's own; conditions given now hold for what is printed now.
    if !given.is_empty() {
        info.conditions = given;
    }
    let terminal = Terminal::new(if args.json { Reports::Stderr } else { Reports::Stdout });
    terminal.print_report(&run_text(&summaries, &info, &terminal.style()));
    if args.json {
        terminal.print_stdout(&run_json(&summaries, &info));
    }
    written?;
    Ok(results::exit(&summaries, results::meets_condition(&summaries, &info)))
}

/// The file of records that `path` names: itself, or the one in a run's folder.
pub(crate) fn records(path: &Path) -> PathBuf {
    if path.is_dir() { path.join(RECORDS) } else { path.into() }
}

/// The folder that a file lies in.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// The conditions among `given`.
///
/// # Errors
/// Every one that is not understood.
fn conditions(given: &[String]) -> Result<Vec<Condition>, SettingErrors> {
    let mut diagnostics = Diagnostics::default();
    let mut conditions = Vec::new();
    for text in given {
        match text.parse() {
            Ok(condition) => conditions.push(condition),
            Err(bad) => diagnostics.error("fail-if", bad),
        }
    }
    diagnostics.into_result(conditions)
}
