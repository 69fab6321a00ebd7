//! The exporter `otlp`: spans, metrics and the log of a run to a receiver of OTLP, or into files.
//!
//! Conventions come compiled (`shapes`) from a plugin's description; `fields` are what they are
//! made of. `spans`, `metrics` and `logs` make requests of OTLP, `sender` sends them.

mod environment;
mod fields;
mod logs;
mod losses;
mod metrics;
mod options;
mod payload;
mod point;
mod port;
mod sender;
mod shapes;
mod signal;
mod spans;
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
use loadwright_core::export::{
    ExportEnd, ExportPoint, ExportRequest, ExportRun, ExportSummary, Row,
};
use loadwright_core::ports::{ExporterServices, Fault};
use logs::Line;
use losses::Losses;
use metrics::Aggregated;
use opentelemetry::KeyValue;
use opentelemetry::logs::Severity;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_sdk::Resource;
use payload::Payload;
use point::Point;
use sender::{Receiver, Sender};
use shapes::{Compiled, fixed};
use signal::Signal;

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
    /// Where files are written, with `mode=offline`.
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
    run: ExportRun,
    resource: Resource,
    point: Option<Point>,
    lines: Vec<Line>,
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
        let environment = Environment(environment);
        let by_plugin = |error| format!("conventions plugin `{}`: {error}", options.conventions);
        let shapes = Compiled::new(shapes).map_err(by_plugin)?;
        let how = Aggregated {
            temporality: environment.temporality()?,
            histograms: environment.histograms(&options)?,
        };
        let sender = match options.mode {
            _ if environment.is_disabled() => Sender::Nowhere,
            Mode::Offline => Sender::Files(files),
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
            resource: Resource::builder_empty().build(),
            point: None,
            lines: Vec::new(),
            losses: Losses::default(),
            options,
            shapes,
            how,
            sender,
        })
    }

    /// Sends `payload` unless its signal is not wanted.
    fn send(&mut self, payload: &Payload) -> Result<(), Fault> {
        if self.options.has(payload.signal()) {
            let rejected = self.sender.send(payload)?;
            self.losses.add(payload.signal(), rejected);
        }
        Ok(())
    }

    fn log(&mut self, at: f64, severity: Severity, text: impl Into<String>) {
        let point = self.point.as_ref().map(|point| point.facts.point.name.clone());
        let point = point.unwrap_or_default();
        self.lines.push(Line { at, severity, text: text.into(), point });
    }

    /// Sends the lines so far; they stay where that fails.
    fn send_log(&mut self) -> Result<(), Fault> {
        if !self.lines.is_empty() {
            let resource = ResourceAttributesWithSchema::from(&self.resource);
            let request = logs::request(&self.lines, &resource);
            self.send(&Payload::Logs(request))?;
            self.lines.clear();
        }
        Ok(())
    }

    /// Sends the metrics of the point until `until`, on its clock.
    fn send_metrics(&mut self, until: f64) -> Result<(), Fault> {
        let request = self.point.as_mut().and_then(|point| point.collect(until));
        request.map_or(Ok(()), |request| self.send(&Payload::Metrics(request)))
    }

    fn send_spans(&mut self, spans: Vec<opentelemetry_sdk::trace::SpanData>) -> Result<(), Fault> {
        let resource = ResourceAttributesWithSchema::from(&self.resource);
        let mut spans = spans.into_iter().peekable();
        while spans.peek().is_some() {
            let batch = spans.by_ref().take(self.batch).collect();
            self.send(&Payload::Traces(point::traces(batch, &resource)))?;
        }
        Ok(())
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

    fn begin(&mut self, run: &ExportRun) -> Result<(), Fault> {
        self.resource = self.resource_of(run);
        self.run = run.clone();
        self.sender.check(run.resume.is_empty())?;
        if matches!(self.sender, Sender::Nowhere) {
            self.losses.tell("everything: OTEL_SDK_DISABLED is true".into());
        }
        if run.resume.is_empty() {
            let points = run.points.len();
            self.log(
                run.started,
                Severity::Info,
                format!("run {} begins: {points} points", run.name),
            );
        }
        self.send_log()
    }

    fn begin_point(&mut self, point: &ExportPoint) -> Result<(), Fault> {
        let known = self.point.as_ref().is_some_and(|known| known.facts.point == *point);
        if !known {
            let facts = PointFacts::new(point, &self.run.model);
            let rows = &self.run.row_metrics;
            let metrics = self.options.metrics.then(|| {
                metrics::Metrics::new(&self.shapes, &facts, rows, self.resource.clone(), self.how)
            });
            self.point = Some(Point::new(facts, metrics, &self.run.id, &self.options));
            self.log(point.origin, Severity::Info, format!("point {} begins", point.name));
        }
        self.send_log()
    }

    fn progress(&mut self, rows: &[Row]) -> Result<(), Fault> {
        let Some(point) = &mut self.point else { return Ok(()) };
        rows.iter().for_each(|row| point.row(row));
        match point.due(self.interval) {
            Some(until) => self.send_metrics(until),
            None => Ok(()),
        }
    }

    fn requests(&mut self, requests: &[ExportRequest]) -> Result<(), Fault> {
        let Some(point) = &mut self.point else { return Ok(()) };
        let spans = point.spans(&self.shapes, requests, &self.options);
        self.send_spans(spans)?;
        // Only now: requests that could not be sent are given again.
        if let Some(point) = &self.point {
            point.measure(&self.shapes, requests);
        }
        Ok(())
    }

    /// Adds up what was sent before.
    fn recall(&mut self, requests: &[ExportRequest]) {
        if let Some(point) = &mut self.point {
            point.measure(&self.shapes, requests);
            // Of their spans, those that may be in the slow tail are still to come.
            drop(point.spans(&self.shapes, requests, &self.options));
        }
    }

    fn end_point(&mut self, summary: &ExportSummary) -> Result<(), Fault> {
        let Some(point) = &mut self.point else { return Ok(()) };
        let origin = point.facts.point.origin;
        let (tail, dropped) = point.slow_tail(&self.shapes, summary);
        self.send_spans(tail)?;
        if dropped > 0 {
            self.losses.tell(format!("{dropped} slow requests: too many to keep until the end"));
        }
        self.send_metrics(summary.ended)?;
        let at = origin + summary.ended;
        let ending = format!("point ends: {}", summary.verdict.replace('_', " "));
        self.log(at, Severity::Info, ending);
        for warning in &summary.warnings {
            self.log(at, Severity::Warn, warning.as_str());
        }
        self.send_log()?;
        self.point = None;
        Ok(())
    }

    fn end(&mut self, end: ExportEnd) -> Result<(), Fault> {
        let (severity, text) = match end {
            ExportEnd::Completed => (Severity::Info, "run completed"),
            ExportEnd::Failed => (Severity::Error, "run failed"),
            ExportEnd::Interrupted => (Severity::Warn, "run interrupted"),
        };
        self.log(crate::clock::seconds_since_epoch(), severity, text);
        self.send_log()
    }
}
