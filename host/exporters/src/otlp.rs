//! The exporter `otlp`: spans, metrics and the log of a run to a receiver of OTLP, or into files.
//!
//! Conventions come compiled (`shapes`) from a plugin's description; `fields` are what they are
//! made of. `spans`, `metrics` and `logs` make requests of OTLP, `sender` sends them.
//!
//! opentelemetry-otlp does not send them: its metrics are dated by the clock at which they are collected,
//! not by the run's, so that a stored run would be sent as if it ran now; it tells nobody what a receiver
//! rejected; and three signals go one way here, into files too. It is what tests hold this against.

mod calls;
mod environment;
mod fields;
mod logs;
mod losses;
mod metrics;
mod options;
mod payload;
mod point;
mod port;
mod run_log;
mod sampler;
mod sender;
mod shapes;
mod signal;
mod spans;
mod state;
mod tail;
mod transport;

#[cfg(test)]
mod tests;

pub use options::{Histograms, Mode, OPTIONS_SCHEMA, Options};
pub use signal::Protocol;

use crate::deadline::Deadline;
use crate::http::Network;
use crate::usage::Usage;
use environment::Environment;
use fields::PointFacts;
use loadwright_core::export::telemetry::Shapes;
use loadwright_core::export::{ExportPoint, ExportRun};
use loadwright_core::ports::{ExporterServices, Fault};
use logs::Line;
use losses::Losses;
use metrics::Aggregated;
use opentelemetry::KeyValue;
use opentelemetry::logs::Severity;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use payload::Payload;
use point::Point;
use run_log::RunLog;
use sender::{Receiver, Sender};
use shapes::{Compiled, fixed};
use signal::Signal;
use state::State;
use std::collections::VecDeque;

/// What the exporter is made of.
pub struct Setup<'a> {
    /// Its options.
    pub options: Options,
    /// Looks up variables of the environment.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// What the conventions plugin describes.
    pub shapes: Shapes,
    /// How receivers are reached.
    pub network: Network,
    /// Until when it may work.
    pub deadline: Deadline,
    /// Counts what is sent.
    pub usage: Usage,
    /// The run's log, and where files are written with `mode=offline`.
    pub files: Box<dyn ExporterServices>,
}

/// The exporter.
pub struct Otlp {
    options: Options,
    shapes: Compiled,
    how: Aggregated,
    interval: f64,
    batch: usize,
    named: Vec<KeyValue>,
    sender: Sender,
    files: Box<dyn ExporterServices>,
    run: ExportRun,
    run_log: RunLog,
    resource: Resource,
    point: Option<Point>,
    lines: Vec<Line>,
    /// What a call sends, until all of it is.
    outbox: VecDeque<Payload>,
    state: State,
    /// The last time that was told, in seconds since the Unix epoch.
    latest: f64,
    losses: Losses,
}

/// What a conventions plugin is configured with: the opt-in to newer names, where there is one and the
/// plugin has a setting `semconv`, which is `known` then.
pub fn conventions_settings(
    options: &Options,
    environment: &dyn Fn(&str) -> Option<String>,
    known: bool,
) -> serde_json::Value {
    let opt_in = options.semconv.clone().or_else(|| Environment(environment).opt_in());
    let settings = match opt_in {
        Some(opt_in) if known => serde_json::json!({ "semconv": opt_in }),
        Some(_) | None => serde_json::json!({}),
    };
    serde_json::json!({ "settings": settings, "secrets": [] })
}

impl Otlp {
    /// The exporter that `setup` describes.
    ///
    /// # Errors
    /// A variable, an option or the description of the conventions plugin is not valid.
    pub fn open(setup: Setup<'_>) -> Result<Self, String> {
        let Setup { options, environment, shapes, network, deadline, usage, files } = setup;
        let options = options.sampled_by(environment)?;
        let environment = Environment(environment);
        let by_plugin = |error| format!("conventions plugin `{}`: {error}", options.conventions);
        let shapes = Compiled::new(shapes).map_err(by_plugin)?;
        let how = Aggregated {
            temporality: environment.temporality()?,
            histograms: environment.histograms(&options)?,
        };
        let sender = match options.mode {
            _ if environment.is_disabled() => Sender::Nowhere,
            Mode::Offline => Sender::Files,
            Mode::Online => {
                let wanted = Signal::ALL.into_iter().filter(|signal| options.has(*signal));
                let link = |signal| Ok((signal, environment.link(signal, &options)?));
                let links = wanted.map(link).collect::<Result<Vec<_>, String>>()?;
                Sender::Receiver(Receiver::new(links, &network, deadline, usage)?)
            }
        };
        Ok(Self {
            interval: environment.interval(&options)?,
            batch: environment.batch()?,
            named: environment.resource()?,
            run: ExportRun::default(),
            run_log: RunLog::default(),
            resource: Resource::builder_empty().build(),
            point: None,
            lines: Vec::new(),
            outbox: VecDeque::new(),
            state: State::default(),
            latest: 0.0,
            files,
            losses: Losses::default(),
            options,
            shapes,
            how,
            sender,
        })
    }

    /// Makes what a call sends, once however often the call is made, and sends it.
    fn once(&mut self, make: impl FnOnce(&mut Self)) -> Result<(), Fault> {
        if self.outbox.is_empty() {
            make(self);
        }
        while let Some(payload) = self.outbox.front() {
            let rejected = self.sender.send(payload, self.files.as_mut(), &mut self.state.files)?;
            self.losses.add(payload.signal(), rejected);
            self.outbox.pop_front();
        }
        Ok(())
    }

    /// Adds `payload` to what is sent, unless its signal is not wanted.
    fn put(&mut self, payload: Payload) {
        if self.options.has(payload.signal()) {
            self.outbox.push_back(payload);
        }
    }

    fn put_spans(&mut self, spans: Vec<SpanData>) {
        let resource = ResourceAttributesWithSchema::from(&self.resource);
        let mut spans = spans.into_iter().peekable();
        while spans.peek().is_some() {
            let batch = spans.by_ref().take(self.batch).collect();
            self.put(Payload::Traces(point::traces(batch, &resource)));
        }
    }

    /// Adds the metrics of the point until `until`, on its clock.
    fn put_metrics(&mut self, until: f64) {
        let Some(point) = &mut self.point else { return };
        if let Some(request) = point.collect(until) {
            (self.state.measured, self.state.until) = point.collected();
            self.put(Payload::Metrics(request));
        }
    }

    fn log(&mut self, at: f64, severity: Severity, text: impl Into<String>) {
        self.latest = self.latest.max(at);
        let point = self.point.as_ref().map(|point| point.facts.point.name.clone());
        let (point, source) = (point.unwrap_or_default(), String::new());
        self.lines.push(Line { at, severity, text: text.into(), point, source });
    }

    /// Adds what is new in the run's log, and the lines of this exporter itself. `end`: no more follows.
    fn put_log(&mut self, end: bool) {
        if !self.options.logs {
            return;
        }
        let mut lines = self.run_log.next(self.files.as_mut(), &mut self.state.log, end);
        lines.append(&mut self.lines);
        let resource = ResourceAttributesWithSchema::from(&self.resource);
        for lines in lines.chunks(self.batch) {
            self.put(Payload::Logs(logs::request(lines, &resource)));
        }
    }

    fn resource_of(&self, run: &ExportRun) -> Resource {
        let facts = PointFacts::new(
            &ExportPoint { settings: run.settings.clone(), ..ExportPoint::default() },
            &run.model,
        );
        let own = [
            KeyValue::new("service.name", "loadwright"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", run.id.clone()),
            KeyValue::new("loadwright.run.id", run.id.clone()),
            KeyValue::new("loadwright.run.name", run.name.clone()),
        ];
        let by_plugin = fixed(&self.shapes.service, &facts);
        Resource::builder_empty()
            .with_attributes(own)
            .with_attributes(by_plugin)
            .with_attributes(self.named.iter().cloned())
            .build()
    }
}
