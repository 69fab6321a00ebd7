//! What the host calls: tasks, events and artifacts made of what it gives.

mod ending;

use crate::artifact::Artifact;
use crate::destination::Destination;
use crate::events::{self, Series};
use crate::failure::text;
use crate::offline::Offline;
use crate::online::Online;
use crate::settings::{Mode, Settings};
use crate::state::{State, Task};
use crate::task::Description;
use loadwright_plugin::exporter::{
    Ack, EndReason, Exporter, ExporterHost, Point, Row, Run, Summary, ack,
};
use loadwright_plugin::{Fault, host::Imports};
use std::rc::Rc;

/// The report, and the most of it that is sent.
const REPORT: &str = "results/performance_summary.txt";
const LONGEST: u32 = 4 << 20;

/// Rows whose events are in memory at once.
const ROWS: usize = 100;

/// Where neither a setting nor the API's address says where files go.
const NO_FILES: &str = "artifacts of all tasks: there is no file server; set CLEARML_FILES_HOST, or \
                        api.files_server in clearml.conf";

/// The configured exporter.
pub struct ClearMl {
    settings: Settings,
    host: Rc<dyn ExporterHost>,
    to: Box<dyn Destination>,
    run: Option<Run>,
    series: Series,
    state: State,
}

impl std::fmt::Debug for ClearMl {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ClearMl").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl ClearMl {
    pub(crate) fn new(settings: Settings, host: Rc<dyn ExporterHost>) -> Self {
        let to: Box<dyn Destination> = match settings.mode.clone() {
            Mode::Online(auth) => Box::new(Online::new(Rc::clone(&host), &settings, auth)),
            Mode::Offline => Box::new(Offline::new(Rc::clone(&host), &settings)),
        };
        let (series, state) = (Series::default(), State::default());
        Self { settings, host, to, run: None, series, state }
    }

    /// All was sent but `losses`.
    fn done(&self, losses: Vec<String>) -> Ack {
        Ack { state: Some(self.state.json()), losses, ..ack() }
    }

    /// The report as printed; none: a loss.
    fn report(&self) -> Result<Artifact, String> {
        let content = self.host.read(REPORT, 0.0, LONGEST);
        let content = content.map_err(|fault| format!("report: {}", text(&fault)))?;
        let (key, file) = ("report", "performance_summary.txt");
        Ok(Artifact { key, file, mime: "text/plain", content })
    }

    fn send_report(&mut self, task: &mut Task, report: &Artifact) -> Result<Vec<String>, Fault> {
        let shown = String::from_utf8_lossy(&report.content);
        let at = self.host.now() - task.origin;
        let line = events::log(task, at, "info", &shown);
        let mut losses = self.to.log(task, &[line])?;
        losses.extend(attach(self.to.as_mut(), task, report));
        Ok(losses)
    }
}

impl Exporter for ClearMl {
    fn configure(settings: &str) -> Result<Self, Fault> {
        Ok(Self::new(Settings::read(settings)?, Rc::new(Imports)))
    }

    fn begin(&mut self, run: Run) -> Result<Ack, Fault> {
        self.state = State::read(&run.resume)?;
        self.series = Series::new(&run.row_metrics);
        self.to.begin(&run)?;
        self.run = Some(run);
        let lost = self.settings.mode != Mode::Offline && self.settings.files.is_none();
        Ok(self.done(lost.then(|| NO_FILES.into()).into_iter().collect()))
    }

    fn begin_point(&mut self, point: Point) -> Result<Ack, Fault> {
        if self.state.task(point.index).is_ok() {
            return Ok(self.done(Vec::new()));
        }
        let run = self.run.as_ref().ok_or_else(not_begun)?;
        let description = Description::new(&self.settings, run, &point);
        let id = self.to.open(&description)?;
        let mut task = Task {
            point: point.index,
            id,
            name: description.name,
            origin: point.origin,
            ..Task::default()
        };
        let text = format!("{} of run {} by {}", point.name, run.id, run.tool);
        let begun = events::log(&task, 0.0, "info", &text);
        let losses = self.to.log(&mut task, &[begun])?;
        let links = self.to.link(&task).into_iter().collect();
        self.state.tasks.push(task);
        Ok(Ack { links, ..self.done(losses) })
    }

    fn progress(&mut self, point: u32, rows: Vec<Row>) -> Result<Ack, Fault> {
        let live = self.run.as_ref().is_some_and(|run| run.live);
        let task = self.state.task(point)?;
        let (mut next, mut losses) = (task.next, Vec::new());
        for rows in rows.chunks(ROWS) {
            let (events, after) = self.series.scalars(task, rows, next);
            losses.extend(self.to.metrics(task, &events)?);
            next = after;
        }
        // Only now: a call that failed is made again, with the same iterations.
        task.next = next;
        let stop = if live { self.to.watch(task) } else { None };
        Ok(Ack { stop, ..self.done(losses) })
    }

    fn end_point(&mut self, point: u32, summary: Summary) -> Result<Ack, Fault> {
        let run = self.run.as_ref().ok_or_else(not_begun)?;
        let task = self.state.task(point)?;
        if task.ended {
            return Ok(self.done(Vec::new()));
        }
        let losses = ending::send(self.to.as_mut(), task, &run.summary_metrics, &summary)?;
        task.ended = true;
        Ok(self.done(losses))
    }

    fn end(&mut self, _end_reason: EndReason) -> Result<Ack, Fault> {
        let mut tasks = self.state.tasks.clone();
        let mut losses = Vec::new();
        match self.report() {
            Ok(report) => {
                for task in &mut tasks {
                    losses.extend(self.send_report(task, &report)?);
                }
            }
            Err(loss) => losses.push(loss),
        }
        self.to.finish(&tasks)?;
        self.state.tasks = tasks;
        Ok(self.done(losses))
    }
}

/// Adds a file to a task; a loss where it cannot be: the rest of a point is worth more than one file.
fn attach(to: &mut dyn Destination, task: &Task, artifact: &Artifact) -> Option<String> {
    let failed = to.attach(task, artifact).err()?;
    Some(format!("1 artifact, {} of {}: {}", artifact.file, task.name, text(&failed)))
}

fn not_begun() -> Fault {
    Fault::Fatal("there is no run: call begin first".into())
}

#[cfg(test)]
mod tests;
