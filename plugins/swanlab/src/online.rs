//! Experiments on a server: SwanLab's cloud, or one of the user's own.

mod bodies;
mod client;
mod project;
mod upload;

use crate::model::{Batch, End, Experiment, Finish, JOB_TYPE, Line, Scalar};
use crate::settings::Settings;
use crate::target::{Refused, Target};
use client::Client;
use formats::{text::segment, time};
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::ExporterHost;
use project::Project;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// Seconds between two signs of life: the server takes an experiment without them for crashed.
const HEARTBEAT: f64 = 600.0;

/// A server as a target.
#[derive(Debug)]
pub(crate) struct Online<H> {
    client: Client<H>,
    settings: Settings,
    project: Project,
    /// The server's id of the open experiment.
    experiment: String,
    heartbeat: f64,
    declared: HashSet<String>,
    sent: Sent,
}

/// What the server has of the open experiment: it refuses a step that is not above the last.
#[derive(Debug, Default)]
struct Sent {
    /// The last step of each scalar.
    scalars: HashMap<String, i64>,
    /// Texts and charts.
    media: HashSet<String>,
    /// The last line of the log.
    line: i64,
}

impl Sent {
    /// Reads what the server says.
    fn read(summaries: &Value) -> Self {
        let of = |kind: &str| {
            let list = summaries.get(kind).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(|entry| {
                let step = entry.get("step")?.as_i64()?;
                Some((entry.get("key").and_then(Value::as_str).unwrap_or_default().into(), step))
            })
            .collect::<Vec<(String, i64)>>()
        };
        Self {
            scalars: of("scalar").into_iter().collect(),
            media: of("media").into_iter().map(|(key, _)| key).collect(),
            line: of("log").into_iter().map(|(_, step)| step).max().unwrap_or(0),
        }
    }
}

impl<H: ExporterHost> Online<H> {
    pub(crate) fn new(host: H, settings: Settings) -> Self {
        Self {
            client: Client::new(host, &settings.host),
            settings,
            project: Project::default(),
            experiment: String::new(),
            heartbeat: 0.0,
            declared: HashSet::new(),
            sent: Sent::default(),
        }
    }

    /// The experiment's path in the API of projects.
    fn run(&self) -> String {
        format!("/project/{}/runs/{}", self.project.path(), segment(&self.experiment))
    }

    fn beat(&mut self) -> Result<(), Fault> {
        let now = self.client.host.now();
        if now - self.heartbeat < HEARTBEAT {
            return Ok(());
        }
        let path = format!("/house/experiments/{}/heartbeat", segment(&self.experiment));
        self.client.call("POST", &path, Some(&json!({ "flagId": "123456" })))?.taken()?;
        self.heartbeat = now;
        Ok(())
    }

    /// What is there of an experiment that goes on.
    fn summaries(&mut self, experiment: &Value) -> Result<Sent, Fault> {
        let mut created = experiment.get("createdAt").cloned();
        if created.is_none() {
            let run = self.client.call("GET", &self.run(), None)?.done()?;
            created = run.get("createdAt").cloned();
        }
        let created = match created {
            Some(Value::String(text)) => time::parse(&text),
            Some(Value::Number(number)) => number.as_i64(),
            _ => None,
        };
        let path = format!(
            "/house/metrics/summaries/{}/{}?all=true&createdAt={}",
            segment(&self.project.id),
            segment(&self.experiment),
            created.unwrap_or(0)
        );
        Ok(Sent::read(&self.client.call("GET", &path, None)?.done()?))
    }

    /// Declares the columns that have not been declared yet.
    fn declare(&mut self, batch: &Batch, refused: &mut Refused) -> Result<(), Fault> {
        let columns = batch.columns.iter().filter(|it| !self.declared.contains(&it.key));
        let columns: Vec<_> = columns.collect();
        let (path, bodies) = if self.project.series {
            (format!("/projects/{}/series", self.project.path()), bodies::series(&columns))
        } else {
            let path = format!("/experiment/{}/columns", segment(&self.experiment));
            (path, bodies::columns(&columns))
        };
        for body in bodies {
            let count = body.get("series").unwrap_or(&body).as_array().map_or(0, Vec::len);
            let answer = self.client.call("POST", &path, Some(&body))?.taken()?;
            count_refused(refused, answer, count, "columns");
        }
        self.declared.extend(batch.columns.iter().map(|column| column.key.clone()));
        Ok(())
    }

    /// One part of values.
    fn values(&mut self, kind: &str, values: &Value) -> Result<Option<String>, Fault> {
        let body = json!({
            "type": kind, "projectId": self.project.id, "experimentId": self.experiment,
            "metrics": values,
        });
        self.client.call("POST", "/house/metrics", Some(&body))?.taken()
    }

    fn scalars(&mut self, scalars: &[Scalar], refused: &mut Refused) -> Result<(), Fault> {
        let last = |key: &String| self.sent.scalars.get(key).copied().unwrap_or(i64::MIN);
        let new: Vec<_> = scalars.iter().filter(|it| it.step > last(&it.key)).cloned().collect();
        let mut done = 0;
        for part in bodies::scalars(&new) {
            let count = part.as_array().map_or(0, Vec::len);
            let answer = self.values("scalar", &part)?;
            count_refused(refused, answer, count, "values");
            for scalar in &new[done..done + count] {
                self.sent.scalars.insert(scalar.key.clone(), scalar.step);
            }
            done += count;
        }
        Ok(())
    }

    fn lines(&mut self, lines: &[Line], refused: &mut Refused) -> Result<(), Fault> {
        let new = lines.iter().filter(|line| i64::from(line.number) > self.sent.line);
        let new: Vec<_> = new.collect();
        for part in bodies::lines(&new) {
            let count = part.as_array().map_or(0, Vec::len);
            let answer = self.values("log", &part)?;
            count_refused(refused, answer, count, "lines of the log");
        }
        self.sent.line = new.last().map_or(self.sent.line, |line| i64::from(line.number));
        Ok(())
    }
}

impl<H: ExporterHost + std::fmt::Debug> Target for Online<H> {
    fn begin(&mut self) -> Result<(), Fault> {
        let user = self.client.log_in()?;
        let owner = self.settings.workspace.clone();
        let owner = if owner.is_empty() { user } else { owner };
        self.project = Project::find(&mut self.client, &owner, &self.settings.project)?;
        Ok(())
    }

    fn open(&mut self, experiment: &Experiment, _: &str) -> Result<Option<String>, Fault> {
        let now = self.client.host.now();
        let body = created(experiment, now);
        let path = format!("/project/{}/experiment", self.project.path());
        let answer = self.client.call("POST", &path, Some(&body))?;
        let is_new = answer.status == 201;
        let made = answer.done()?;
        let text = |key: &str| made.get(key).and_then(Value::as_str).filter(|it| !it.is_empty());
        let Some(id) = text("cuid") else {
            return Err(Fault::Fatal("the experiment has no id in the server's answer".into()));
        };
        self.experiment = id.into();
        (self.heartbeat, self.declared) = (f64::MIN, HashSet::new());
        self.sent = if is_new { Sent::default() } else { self.summaries(&made)? };
        self.beat()?;
        if !experiment.config.is_null() {
            let profile = json!({ "config": experiment.config });
            self.client.call("PUT", &format!("{}/profile", self.run()), Some(&profile))?.done()?;
        }
        let run = text("slug").unwrap_or(id);
        let page =
            format!("{}/@{}/runs/{}", self.settings.web_host, self.project.path(), segment(run));
        Ok(Some(page))
    }

    fn write(&mut self, batch: &Batch) -> Result<Refused, Fault> {
        let mut refused = Refused::new();
        self.beat()?;
        self.declare(batch, &mut refused)?;
        self.lines(&batch.lines, &mut refused)?;
        self.scalars(&batch.scalars, &mut refused)?;
        self.media(&batch.media, &mut refused)?;
        self.files(batch, &mut refused)?;
        Ok(refused)
    }

    fn finish(&mut self, finish: &Finish) -> Result<(), Fault> {
        let state = match finish.end {
            End::Finished => "FINISHED",
            End::Crashed => "CRASHED",
            End::Aborted => "ABORTED",
        };
        let at = time::utc(self.client.host.now());
        let body = json!({ "state": state, "finishedAt": at, "from": "sdk" });
        self.client.call("PUT", &format!("{}/state", self.run()), Some(&body))?.done()?;
        Ok(())
    }

    /// Nothing: the server knows an experiment by its id.
    fn place(&self) -> String {
        String::new()
    }
}

/// Makes an experiment, or goes on with the one that has the id. Its time is that of the call: the
/// server looks for values from then on.
fn created(experiment: &Experiment, now: f64) -> Value {
    let mut body = Map::new();
    let mut add = |key: &str, value: Value| {
        let empty = value.as_str().is_some_and(str::is_empty);
        if !empty && value.as_array().is_none_or(|list| !list.is_empty()) {
            body.insert(key.into(), value);
        }
    };
    add("name", experiment.name.clone().into());
    add("description", experiment.description.clone().into());
    add("createdAt", time::utc(now).into());
    add("colors", json!([experiment.color, experiment.color]));
    add("labels", experiment.tags.iter().map(|tag| json!({ "name": tag })).collect());
    add("job", JOB_TYPE.into());
    add("cluster", experiment.group.clone().into());
    add("cuid", experiment.id.clone().into());
    body.into()
}

fn count_refused(refused: &mut Refused, reason: Option<String>, count: usize, what: &str) {
    if let Some(reason) = reason {
        *refused.entry(format!("{what}: {reason}")).or_default() += count as u64;
    }
}

#[cfg(test)]
mod tests;
