//! `loadwright report`: a run's files made again from its records, through the functions that the
//! run itself went through.

use crate::args::ReportArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::findings::{Findings, Mistakes};
use crate::results;
use crate::terminal::{Reports, Terminal};
use loadwright_core::condition::Condition;
use loadwright_core::metrics::Metrics;
use loadwright_core::summary::Summary;
use loadwright_export::{RECORDS, Reader};
use loadwright_report::{run_json, run_text};

/// Makes the files of the run again, and prints its report or document.
///
/// # Errors
/// Records cannot be read, files not written, or conditions not understood.
pub(crate) fn report(args: &ReportArgs) -> Result<Exit, Failure> {
    let given = conditions(&args.fail_if)?;
    let folder = args.folder.as_path();
    let reader = Reader::open(&folder.join(RECORDS))?;
    let points = reader.points()?;
    let mut summaries: Vec<Summary> = Vec::new();
    for point in &points {
        let mut metrics = Metrics::new(&point.plan);
        let closing = reader.replay(point, &mut metrics)?;
        let summary = metrics.finish(&closing);
        results::write_point(folder, &point.plan, &summary)?;
        summaries.push(summary);
    }
    let mut info =
        results::run_info(points.first().map(|point| &point.plan), reader.asked()?, folder);
    results::write_run(folder, &info, &summaries)?;
    // The files are the run's own; conditions given now hold for what is printed now.
    if !given.is_empty() {
        info.conditions = given;
    }
    let terminal = Terminal::new(if args.json { Reports::Stderr } else { Reports::Stdout });
    terminal.print(&run_text(&summaries, &info, &terminal.style()));
    if args.json {
        terminal.document(&run_json(&summaries, &info));
    }
    Ok(results::exit(&summaries, results::meets_condition(&summaries, &info)))
}

/// The conditions among `given`.
///
/// # Errors
/// Every one that is not understood.
fn conditions(given: &[String]) -> Result<Vec<Condition>, Mistakes> {
    let mut findings = Findings::default();
    let mut conditions = Vec::new();
    for text in given {
        match text.parse() {
            Ok(condition) => conditions.push(condition),
            Err(bad) => findings.mistake("fail-if", bad),
        }
    }
    if findings.mistakes.0.is_empty() { Ok(conditions) } else { Err(findings.mistakes) }
}
