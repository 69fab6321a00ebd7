//! `loadwright report`: a run's files made again from its records, through the functions that the
//! run itself went through.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::results;
use crate::terminal::Terminal;
use loadwright_core::metrics::Metrics;
use loadwright_core::summary::Summary;
use loadwright_export::{RECORDS, Reader};
use loadwright_report::run_text;
use std::path::Path;

/// Makes the files of the run in `folder` again, and prints its report.
///
/// # Errors
/// Records cannot be read, or files not written.
pub(crate) fn report(folder: &Path) -> Result<Exit, Failure> {
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
    let info = results::run_info(points.first().map(|point| &point.plan), reader.asked()?, folder);
    results::write_run(folder, &info, &summaries)?;
    let terminal = Terminal::new();
    terminal.print(&run_text(&summaries, &info, terminal.style()));
    let measured = summaries.iter().any(|summary| summary.counts.succeeded > 0);
    Ok(if measured { Exit::Measured } else { Exit::NothingMeasured })
}
