//! The run, call by call: an experiment a point, one at a time. An experiment is ended when the next
//! call shows that nothing more belongs to it, so that the report reaches the last one.

use crate::content;
use crate::limits;
use crate::model::{COLORS, End, Experiment, Finish};
use crate::settings::Settings;
use crate::state::State;
use crate::target::Target;
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::{Ack, EndReason, ExporterHost, Point, Row, Run, Summary};
use sha2::{Digest, Sha256};

/// The report as it was printed, among the artifacts.
const REPORT: &str = "results/performance_summary.txt";
/// Bytes of it that are sent.
const REPORT_BYTES: u32 = 4 << 20;

/// The exporter with where results go.
#[derive(Debug)]
pub(crate) struct Calls<H> {
    host: H,
    settings: Settings,
    target: Box<dyn Target>,
    run: Option<Run>,
    /// Of the open point.
    origin: f64,
    state: Option<State>,
    /// Whether the experiment is open in this instance.
    open: bool,
}

impl<H: ExporterHost> Calls<H> {
    pub(crate) fn new(host: H, settings: Settings, target: Box<dyn Target>) -> Self {
        Self { host, settings, target, run: None, origin: 0.0, state: None, open: false }
    }

    pub(crate) fn begin(&mut self, run: Run) -> Result<Ack, Fault> {
        self.target.begin()?;
        self.state = State::read(&run.resume);
        (self.run, self.open) = (Some(run), false);
        Ok(self.ack(Vec::new(), Vec::new()))
    }

    pub(crate) fn begin_point(&mut self, point: &Point) -> Result<Ack, Fault> {
        self.origin = point.origin;
        let Some(run) = &self.run else { return Err(early()) };
        let mut experiment = experiment(&self.settings, run, point);
        experiment.config = content::config(run, point);
        let tool = run.tool.clone();
        let mut losses = Vec::new();
        match self.state.clone() {
            Some(state) if state.point == point.index => {
                let link = self.target.open(&experiment, &state.place)?;
                self.open = true;
                return Ok(self.ack(link.into_iter().collect(), Vec::new()));
            }
            Some(ended) => {
                losses = self.finish_point(ended)?;
                self.state = None;
            }
            None => {}
        }
        let link = self.target.open(&experiment, "")?;
        let mut state = State { point: point.index, experiment, step: -1, ..State::default() };
        let text = format!("{tool}: point {}", point.name);
        let lines = vec![state.line(text, false, point.origin)];
        let refused = self.target.write(&crate::model::Batch { lines, ..Default::default() })?;
        state.refuse(refused);
        (self.state, self.open) = (Some(state), true);
        Ok(self.ack(link.into_iter().collect(), losses))
    }

    pub(crate) fn progress(&mut self, rows: &[Row]) -> Result<Ack, Fault> {
        let (Some(run), Some(state)) = (&self.run, &mut self.state) else { return Err(early()) };
        let (batch, step) = content::rows(&run.row_metrics, rows, self.origin, state.step);
        let refused = self.target.write(&batch)?;
        state.step = step;
        state.refuse(refused);
        Ok(self.ack(Vec::new(), Vec::new()))
    }

    pub(crate) fn end_point(&mut self, summary: &Summary) -> Result<Ack, Fault> {
        let (Some(run), Some(kept)) = (&self.run, &self.state) else { return Err(early()) };
        let mut state = kept.clone();
        let at = self.origin + summary.ended;
        let mut batch = content::summary(&run.summary_metrics, summary, at);
        for warning in &summary.warnings {
            batch.lines.push(state.line(format!("warning: {warning}"), false, at));
        }
        batch.lines.push(state.line(format!("verdict: {}", summary.verdict), false, at));
        let finish = finish(summary, at);
        if !finish.error.is_empty() {
            batch.lines.push(state.line(&finish.error, true, at));
        }
        let refused = self.target.write(&batch)?;
        state.refuse(refused);
        state.finish = Some(finish);
        let losses = state.losses();
        self.state = Some(state);
        Ok(self.ack(Vec::new(), losses))
    }

    pub(crate) fn end(&mut self) -> Result<Ack, Fault> {
        let Some(mut state) = self.state.clone() else {
            return Ok(self.ack(Vec::new(), Vec::new()));
        };
        self.reopen(&state)?;
        if let Ok(report) = self.host.read(REPORT, 0.0, REPORT_BYTES) {
            let at = state.finish.as_ref().map_or(self.origin, |finish| finish.at);
            let refused = self.target.write(&content::report(report, at))?;
            state.refuse(refused);
        }
        let losses = self.finish_point(state)?;
        self.state = None;
        Ok(self.ack(Vec::new(), losses))
    }

    /// Ends the experiment of a point that has ended.
    fn finish_point(&mut self, mut state: State) -> Result<Vec<String>, Fault> {
        self.reopen(&state)?;
        if let Some(finish) = &state.finish {
            self.target.finish(finish)?;
        }
        self.open = false;
        Ok(state.losses())
    }

    /// Opens an experiment that another instance left.
    fn reopen(&mut self, state: &State) -> Result<(), Fault> {
        if !self.open {
            self.target.open(&state.experiment, &state.place)?;
            self.open = true;
        }
        Ok(())
    }

    fn ack(&mut self, links: Vec<String>, losses: Vec<String>) -> Ack {
        let state = self.state.as_mut().map(|state| {
            if self.open {
                state.place = self.target.place();
            }
            state.stored()
        });
        Ack { state: Some(state.unwrap_or_default()), links, losses, ..loadwright_plugin::ack() }
    }
}

fn early() -> Fault {
    Fault::Fatal("the call comes before begin or begin-point".into())
}

fn experiment(settings: &Settings, run: &Run, point: &Point) -> Experiment {
    let name = if settings.name.is_empty() { &run.name } else { &settings.name };
    let full = match run.points.len() {
        0 | 1 => name.clone(),
        _ => format!("{name} {}", point.name),
    };
    let group = if settings.group.is_empty() { name } else { &settings.group };
    let digest = Sha256::digest(format!("{}/{}", run.id, point.index));
    Experiment {
        id: formats::text::hex(&digest[..8]),
        name: limits::cut(&full, limits::NAME),
        description: settings.description.clone(),
        tags: settings.tags.clone(),
        group: limits::cut(group, limits::NAME),
        color: COLORS[point.index as usize % COLORS.len()].into(),
        started: point.origin,
        config: serde_json::Value::Null,
    }
}

fn finish(summary: &Summary, at: f64) -> Finish {
    let (end, error) = match summary.end_reason {
        EndReason::Completed => (End::Finished, String::new()),
        EndReason::Interrupted => (End::Aborted, "the run was interrupted".into()),
        EndReason::Failed => {
            let why = summary.warnings.join("; ");
            let why = if why.is_empty() { "see the log of the run".into() } else { why };
            (End::Crashed, format!("the point failed: {why}"))
        }
    };
    Finish { end, error, at }
}

#[cfg(test)]
mod tests;
