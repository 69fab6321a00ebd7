//! The exporter: what each call of the host means for the W&B run of its point.

#[cfg(test)]
mod tests;

use crate::client::Upload;
use crate::closing::{Closing, exit};
use crate::description::{Description, Named};
use crate::history::{self, Line, Place, placed};
use crate::settings::{Mode, Settings};
use crate::state::{Ended, Open, State};
use crate::{offline, online};
use loadwright_plugin::exporter::{ExporterHost, Segment, ack};
use loadwright_plugin::host::Imports;
use loadwright_plugin::{Ack, EndReason, Exporter, Fault, Point, Row, Run, Summary};

/// Where the host keeps the report.
pub(crate) const REPORT: &str = "results/performance_summary.txt";

/// Why the run stops.
const STOPPED: &str = "the run was stopped in its page on Weights & Biases";

/// Sends a run to Weights & Biases.
#[derive(Debug)]
pub struct Wandb<H = Imports> {
    host: H,
    settings: Settings,
    /// None before `begin`.
    run: Option<Run>,
    state: State,
    /// The first point's run, made before its point begins.
    made: Option<Open>,
    /// Time of day of the next request.
    next: f64,
}

impl<H: ExporterHost> Wandb<H> {
    pub(crate) fn new(host: H, settings: &str) -> Result<Self, Fault> {
        let settings = Settings::read(settings)?;
        let state = State::default();
        Ok(Self { host, settings, run: None, state, made: None, next: 0.0 })
    }

    /// Whatever would keep the run from being sent is found here, before its first request: so the
    /// first point's run is made already.
    pub(crate) fn begin(&mut self, run: Run) -> Result<Ack, Fault> {
        self.state = read(&run.resume)?;
        let run = self.run.insert(run);
        if self.settings.mode != Mode::Online {
            return Ok(ack());
        }
        online::check(&self.host, &self.settings)?;
        if self.state == State::default() {
            let name = run.points.first().map_or("", String::as_str);
            let first = Named { index: 0, name, settings: &run.settings };
            let run = Description::new(&self.settings, run, first);
            let sent = online::find_or_make(&self.host, &self.settings, &run)?;
            self.made = Some(Open { id: run.id, sent, ..Open::default() });
        }
        Ok(ack())
    }

    pub(crate) fn begin_point(&mut self, point: &Point) -> Result<Ack, Fault> {
        let named = Named { index: point.index, name: &point.name, settings: &point.settings };
        let run = Description::new(&self.settings, begun(&self.run)?, named);
        let mut ack = ack();
        if self.state.ended.iter().any(|ended| ended.id == run.id) {
            return Ok(ack);
        }
        let known = self.state.open.clone().filter(|open| open.point == point.index);
        let open = match self.settings.mode {
            Mode::Disabled => return Ok(ack),
            Mode::Offline => self.open_file(known, point, &run)?,
            Mode::Online => {
                let mut open = self.open_run(known, point, &run)?;
                let stopped = online::announce(&self.host, &self.settings, &mut open, &run.begun)?;
                ack.stop = stopped.then(|| STOPPED.into());
                self.next = self.host.now() + self.settings.interval;
                ack.links.push(online::page(&self.settings, &open));
                open
            }
        };
        self.state.open = Some(open);
        self.stored(ack)
    }

    fn open_file(
        &mut self,
        known: Option<Open>,
        point: &Point,
        run: &Description,
    ) -> Result<Open, Fault> {
        if let Some(open) = known {
            offline::resume(&self.host, &open)?;
            return Ok(open);
        }
        let mut open = fresh(point, run);
        offline::make(&self.host, &self.settings, run, &mut open)?;
        Ok(open)
    }

    fn open_run(
        &mut self,
        known: Option<Open>,
        point: &Point,
        run: &Description,
    ) -> Result<Open, Fault> {
        if let Some(open) = known {
            // The service may have given it up in the meantime.
            online::make(&self.host, &self.settings, run)?;
            return Ok(open);
        }
        let mut open = fresh(point, run);
        open.sent = match &self.made {
            Some(made) if made.id == run.id => made.sent.clone(),
            _ => online::find_or_make(&self.host, &self.settings, run)?,
        };
        open.step = open.sent.offset;
        Ok(open)
    }

    pub(crate) fn progress(&mut self, rows: &[Row]) -> Result<Ack, Fault> {
        if self.settings.mode == Mode::Disabled {
            return Ok(ack());
        }
        let open = self.state.open.as_mut().ok_or_else(no_point)?;
        let lines = lines(begun(&self.run)?, open, rows);
        let mut ack = ack();
        if self.settings.mode == Mode::Offline {
            offline::add(&self.host, open, &lines)?;
            open.advance(lines);
            return self.stored(ack);
        }
        lines.iter().for_each(|line| online::add(open, line));
        open.advance(lines);
        let now = self.host.now();
        if now >= self.next || online::is_full(open) {
            let stopped = online::flush(&self.host, &self.settings, open)?;
            ack.stop = stopped.then(|| STOPPED.into());
            self.next = now + self.settings.interval;
        }
        self.stored(ack)
    }

    pub(crate) fn end_point(&mut self, summary: &Summary) -> Result<Ack, Fault> {
        if self.settings.mode == Mode::Disabled {
            return Ok(ack());
        }
        // The state changes once all is done: what fails is done again as a whole.
        let Some(open) = self.state.open.clone() else {
            return if self.state.ended.is_empty() { Err(no_point()) } else { Ok(ack()) };
        };
        let place = Place { step: open.step, at: summary.ended, origin: open.origin };
        let metrics = &begun(&self.run)?.summary_metrics;
        let closing = Closing::new(metrics, summary, &open.last, place);
        self.close(open, closing)
    }

    fn close(&mut self, mut open: Open, closing: Closing) -> Result<Ack, Fault> {
        let mut ack = ack();
        let code = closing.exit;
        if self.settings.mode == Mode::Offline {
            offline::close(&self.host, &self.settings, &mut open, &closing)?;
        } else {
            ack.losses = online::close(&self.host, &self.settings, &mut open, closing)?;
        }
        (self.state.open, self.made) = (None, None);
        self.state.ended.push(Ended {
            id: open.id,
            exit: code,
            entity: open.sent.entity,
            project: open.sent.project,
            folder: open.file.folder,
        });
        self.stored(ack)
    }

    pub(crate) fn end(&mut self, reason: EndReason) -> Result<Ack, Fault> {
        let mut ack = ack();
        if let Some(open) = self.state.open.clone() {
            let closing = Closing::cut(&open.last, reason, open.seconds());
            ack = self.close(open, closing)?;
        } else if let Some(made) = &self.made {
            ack.losses = online::abandon(&self.host, &self.settings, made, exit(reason));
        }
        let exists = self.settings.files && self.settings.mode != Mode::Disabled;
        if exists && self.host.entries("results")?.iter().any(|entry| entry.name == REPORT) {
            self.attach(&mut ack)?;
        }
        self.stored(ack)
    }

    /// The report is one of the whole sweep, and each of its runs has it.
    fn attach(&mut self, ack: &mut Ack) -> Result<(), Fault> {
        for ended in &self.state.ended {
            if self.settings.mode == Mode::Offline {
                let report = offline::report(&self.host, REPORT)?;
                offline::attach(&self.host, ended, &report)?;
            } else {
                let content = Segment::Artifact(REPORT.into());
                let file = Upload { name: offline::REPORT.into(), content };
                ack.losses.extend(online::attach(&self.host, &self.settings, ended, file));
            }
        }
        Ok(())
    }

    fn stored(&self, mut ack: Ack) -> Result<Ack, Fault> {
        let state = serde_json::to_string(&self.state);
        ack.state = Some(state.map_err(|error| Fault::Fatal(error.to_string()))?);
        Ok(ack)
    }
}

impl Exporter for Wandb {
    fn configure(settings: &str) -> Result<Self, Fault> {
        Self::new(Imports, settings)
    }

    fn begin(&mut self, run: Run) -> Result<Ack, Fault> {
        Wandb::begin(self, run)
    }

    fn begin_point(&mut self, point: Point) -> Result<Ack, Fault> {
        Wandb::begin_point(self, &point)
    }

    fn progress(&mut self, _: u32, rows: Vec<Row>) -> Result<Ack, Fault> {
        Wandb::progress(self, &rows)
    }

    fn end_point(&mut self, _: u32, summary: Summary) -> Result<Ack, Fault> {
        Wandb::end_point(self, &summary)
    }

    fn end(&mut self, reason: EndReason) -> Result<Ack, Fault> {
        Wandb::end(self, reason)
    }
}

fn fresh(point: &Point, run: &Description) -> Open {
    Open { point: point.index, id: run.id.clone(), origin: point.origin, ..Open::default() }
}

/// The lines of rows. Those that were taken before the state was stored are left out.
fn lines(run: &Run, open: &Open, rows: &[Row]) -> Vec<Line> {
    let new = rows.iter().filter(|row| open.step == 0 || row.at > open.seconds());
    let lines = new.enumerate().map(|(n, row)| {
        let step = open.step + n as u64;
        placed(history::row(&run.row_metrics, row), Place { step, at: row.at, origin: open.origin })
    });
    lines.collect()
}

fn read(state: &str) -> Result<State, Fault> {
    if state.is_empty() {
        return Ok(State::default());
    }
    serde_json::from_str(state)
        .map_err(|error| Fault::Fatal(format!("its stored state cannot be read: {error}")))
}

fn begun(run: &Option<Run>) -> Result<&Run, Fault> {
    run.as_ref().ok_or_else(|| Fault::Fatal("the run has not begun".into()))
}

fn no_point() -> Fault {
    Fault::Fatal("no point has begun".into())
}
