//! What each call of the driver makes and sends. One that fails is made again.

use super::Otlp;
use super::fields::PointFacts;
use super::metrics::Metrics;
use super::point::Point;
use super::sender::Sender;
use super::state::State;
use loadwright_core::export::{
    ExportEnd, ExportPoint, ExportRequest, ExportRun, ExportSummary, Row,
};
use loadwright_core::ports::Fault;
use opentelemetry::logs::Severity;

impl Otlp {
    pub(super) fn begin(&mut self, run: &ExportRun) -> Result<(), Fault> {
        self.resource = self.resource_of(run);
        self.run = run.clone();
        self.run_log.open(self.files.as_mut());
        self.state = State::stored(&run.resume);
        self.latest = run.started;
        self.sender.check(self.files.as_mut(), &self.state.files)?;
        if matches!(self.sender, Sender::Nowhere) {
            self.losses.tell("everything: OTEL_SDK_DISABLED is true".into());
        }
        self.once(|otlp| {
            if run.resume.is_empty() {
                let points = run.points.len();
                let text = format!("run {} begins: {points} points", run.name);
                otlp.log(run.started, Severity::Info, text);
            }
            otlp.put_log(false);
        })
    }

    pub(super) fn begin_point(&mut self, point: &ExportPoint) -> Result<(), Fault> {
        self.once(|otlp| {
            let known = otlp.point.as_ref().is_some_and(|known| known.facts.point == *point);
            if !known {
                otlp.enter(point);
            }
            otlp.put_log(false);
        })
    }

    fn enter(&mut self, point: &ExportPoint) {
        let facts = PointFacts::new(point, &self.run.model);
        let rows = &self.run.row_metrics;
        let resource = self.resource.clone();
        let metrics = self
            .options
            .metrics
            .then(|| Metrics::new(&self.shapes, &facts, rows, resource, self.how));
        let mut entered = Point::new(facts, metrics, &self.run.id, &self.options);
        if self.state.point == Some(point.index) {
            entered.go_on(self.state.measured, self.state.until);
            self.point = Some(entered);
        } else {
            self.point = Some(entered);
            self.log(point.origin, Severity::Info, format!("point {} begins", point.name));
            (self.state.point, self.state.measured) = (Some(point.index), 0);
            self.state.until = point.origin;
        }
    }

    pub(super) fn progress(&mut self, rows: &[Row]) -> Result<(), Fault> {
        self.once(|otlp| {
            let Some(point) = &mut otlp.point else { return };
            rows.iter().for_each(|row| point.row(row));
            if let Some(until) = point.due(otlp.interval) {
                otlp.put_metrics(until);
            }
            otlp.put_log(false);
        })
    }

    pub(super) fn requests(&mut self, requests: &[ExportRequest]) -> Result<(), Fault> {
        self.once(|otlp| {
            let Some(point) = &mut otlp.point else { return };
            let spans = point.spans(&otlp.shapes, requests, &otlp.options);
            otlp.put_spans(spans);
        })?;
        // Only now: what is in the metrics is what was taken.
        if let Some(point) = &mut self.point {
            point.measure(&self.shapes, requests);
        }
        Ok(())
    }

    /// Adds up what was sent before.
    pub(super) fn recall(&mut self, requests: &[ExportRequest]) {
        if let Some(point) = &mut self.point {
            point.measure(&self.shapes, requests);
            // Of their spans, those that may be in the slow tail are still to come.
            drop(point.spans(&self.shapes, requests, &self.options));
        }
    }

    pub(super) fn end_point(&mut self, summary: &ExportSummary) -> Result<(), Fault> {
        self.once(|otlp| {
            let Some(point) = &mut otlp.point else { return };
            let at = point.facts.point.origin + summary.ended;
            let (tail, dropped) = point.slow_tail(&otlp.shapes, summary);
            if dropped > 0 {
                let text = format!("{dropped} slow requests: too many to keep until the end");
                otlp.losses.tell(text);
            }
            otlp.put_spans(tail);
            otlp.put_metrics(summary.ended);
            let ending = format!("point ends: {}", summary.verdict.replace('_', " "));
            otlp.log(at, Severity::Info, ending);
            for warning in &summary.warnings {
                otlp.log(at, Severity::Warn, warning.as_str());
            }
            otlp.put_log(false);
        })?;
        self.point = None;
        Ok(())
    }

    pub(super) fn end(&mut self, end: ExportEnd) -> Result<(), Fault> {
        let (severity, text) = match end {
            ExportEnd::Completed => (Severity::Info, "run completed"),
            ExportEnd::Failed => (Severity::Error, "run failed"),
            ExportEnd::Interrupted => (Severity::Warn, "run interrupted"),
        };
        self.once(|otlp| {
            otlp.log(otlp.latest, severity, text);
            otlp.put_log(true);
        })
    }
}
