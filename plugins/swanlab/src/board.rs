//! Experiments in the folder of the local dashboard, which `swanlab watch` shows: a table of
//! experiments and charts, and a folder an experiment with a file of lines a metric. Tables and charts
//! of other kinds are not shown there, so they are left out.

mod tables;

use crate::content::TIME;
use crate::model::{Batch, End, Experiment, Finish, Line};
use crate::settings::Settings;
use crate::target::{Refused, Target};
use formats::time;
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::ExporterHost;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Lines in one file of a metric.
const LINES: u64 = 1_000;
/// Bytes of such a file that are read, more than it can have.
const LINES_BYTES: u32 = 1 << 20;

/// The dashboard's folder as a target.
#[derive(Debug)]
pub(crate) struct Board<H> {
    host: H,
    settings: Settings,
    place: Place,
}

/// Where the open experiment is, and how far it was written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Place {
    folder: String,
    metrics: Vec<Metric>,
}

/// The values of a metric so far: what the dashboard calls its summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Metric {
    key: String,
    lines: u64,
    min: (f64, i64),
    max: (f64, i64),
    last: i64,
}

impl Metric {
    fn take(&mut self, value: f64, step: i64) {
        self.lines += 1;
        self.last = step;
        if value < self.min.0 {
            self.min = (value, step);
        }
        if value > self.max.0 {
            self.max = (value, step);
        }
    }
}

impl<H: ExporterHost> Board<H> {
    pub(crate) fn new(host: H, settings: Settings) -> Self {
        Self { host, settings, place: Place::default() }
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.place.folder)
    }

    /// The file of the line `number`, from 0. Named so that their order is that of their names.
    fn lines_file(&self, metric: usize, number: u64) -> String {
        let last = (number / LINES + 1) * LINES;
        self.path(&format!("logs/{metric}/{last:09}.log"))
    }

    /// Takes back lines that were written after the place was kept, or by an earlier export of the
    /// same run: they are written once more.
    fn take_back(&self) -> Result<(), Fault> {
        let Ok(entries) = self.host.entries(&self.path("logs")) else { return Ok(()) };
        for entry in entries.iter().filter(|entry| entry.size > 0.0) {
            let Some((metric, last)) = numbers(&entry.name) else { continue };
            let lines = self.place.metrics.get(metric).map_or(0, |metric| metric.lines);
            let kept = lines.saturating_sub(last.saturating_sub(LINES));
            if kept < LINES {
                let content = self.host.read(&entry.name, 0.0, LINES_BYTES)?;
                let kept = content.split_inclusive(|byte| *byte == b'\n').take(kept as usize);
                self.host.put(&entry.name, &kept.collect::<Vec<_>>().concat())?;
            }
        }
        Ok(())
    }

    /// Appends values, a file a metric. A metric is shown once it has one: a page fails on a metric
    /// without lines, and on lines without a number.
    fn values(&mut self, batch: &Batch) -> Result<(), Fault> {
        let mut place = self.place.clone();
        let mut files = std::collections::BTreeMap::<String, String>::new();
        let mut statements = Vec::new();
        for scalar in batch.scalars.iter().filter(|it| it.key != TIME && it.value.is_finite()) {
            let found = place.metrics.iter().position(|it| it.key == scalar.key);
            let position = found.unwrap_or(place.metrics.len());
            if found.is_none() {
                let at = (scalar.value, scalar.step);
                let key = scalar.key.clone();
                place.metrics.push(Metric { key, lines: 0, min: at, max: at, last: i64::MIN });
                let now = self.host.now();
                statements.extend(tables::metric(&place.folder, &scalar.key, position, now));
            }
            let metric = &mut place.metrics[position];
            if scalar.step <= metric.last {
                continue;
            }
            let line = json!({
                "index": scalar.step, "data": scalar.value, "create_time": time::offset(scalar.at),
            });
            let file = files.entry(self.lines_file(position, metric.lines)).or_default();
            file.push_str(&format!("{line}\n"));
            metric.take(scalar.value, scalar.step);
        }
        for (file, lines) in files {
            self.host.append(&file, lines.as_bytes())?;
        }
        if !statements.is_empty() {
            self.host.execute(tables::FILE, &statements)?;
        }
        self.place = place;
        Ok(())
    }

    fn lines(&self, lines: &[Line]) -> Result<(), Fault> {
        for line in lines {
            let day = time::utc(line.at);
            let file = self.path(&format!("console/{}.log", &day[..10]));
            let text = if line.error {
                format!("error: {}\n", line.text)
            } else {
                format!("{}\n", line.text)
            };
            self.host.append(&file, text.as_bytes())?;
        }
        Ok(())
    }

    fn summaries(&self) -> Result<(), Fault> {
        for (position, metric) in self.place.metrics.iter().enumerate() {
            let summary = json!({
                "max": metric.max.0, "max_step": metric.max.1, "min": metric.min.0,
                "min_step": metric.min.1, "num": metric.lines,
            });
            let file = self.path(&format!("logs/{position}/_summary.json"));
            self.host.put(&file, summary.to_string().as_bytes())?;
        }
        Ok(())
    }
}

impl<H: ExporterHost + std::fmt::Debug> Target for Board<H> {
    fn begin(&mut self) -> Result<(), Fault> {
        let statements = tables::project(&self.settings.project, self.host.now());
        self.host.execute(tables::FILE, &statements).map(drop)
    }

    fn open(&mut self, experiment: &Experiment, place: &str) -> Result<Option<String>, Fault> {
        let folder = format!("run-{}-{}", time::stamp(experiment.started), experiment.id);
        match serde_json::from_str(place) {
            Ok(place) => {
                self.place = place;
                self.take_back()?;
            }
            Err(_) => {
                self.place = Place { folder, metrics: Vec::new() };
                self.take_back()?;
                let config = serde_json::to_vec(&experiment.config).unwrap_or_default();
                // JSON is YAML too.
                self.host.put(&self.path("files/config.yaml"), &config)?;
                let metadata = json!({ "command": "loadwright" }).to_string();
                self.host.put(&self.path("files/swanlab-metadata.json"), metadata.as_bytes())?;
                self.host.put(&self.path("files/requirements.txt"), b"")?;
            }
        }
        let statements = tables::experiment(&self.place.folder, experiment, self.host.now());
        self.host.execute(tables::FILE, &statements)?;
        Ok(None)
    }

    fn write(&mut self, batch: &Batch) -> Result<Refused, Fault> {
        self.values(batch)?;
        self.lines(&batch.lines)?;
        for file in &batch.files {
            self.host.put(&self.path(&format!("files/{}", file.name)), &file.content)?;
        }
        Ok(Refused::new())
    }

    fn finish(&mut self, finish: &Finish) -> Result<(), Fault> {
        self.summaries()?;
        let finished = finish.end == End::Finished;
        let statements = tables::finish(&self.place.folder, finished, self.host.now());
        self.host.execute(tables::FILE, &statements).map(drop)
    }

    fn place(&self) -> String {
        serde_json::to_string(&self.place).unwrap_or_default()
    }
}

/// The metric and the last line of a file of lines.
fn numbers(name: &str) -> Option<(usize, u64)> {
    let mut parts = name.strip_suffix(".log")?.rsplit('/');
    let last = parts.next()?.parse().ok()?;
    Some((parts.next()?.parse().ok()?, last))
}

#[cfg(test)]
mod tests;
