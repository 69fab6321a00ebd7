//! The exporter as the driver calls it.

use super::Otlp;
use loadwright_core::export::{
    Ack, ExportEnd, ExportPoint, ExportRequest, ExportRun, ExportSummary, RequestFilter, Row,
};
use loadwright_core::ports::{Exporter, Fault, PluginFailure};

/// The name of the exporter.
const NAME: &str = "otlp";

impl Otlp {
    /// What the host is told after `call`.
    fn told(&mut self, call: &str, done: Result<(), Fault>) -> Result<Ack, PluginFailure> {
        match done {
            Ok(()) => Ok(Ack { state: Some(self.state.text()), ..self.losses.ack() }),
            Err(fault) => {
                Err(PluginFailure { plugin: NAME.into(), call: call.into(), cause: fault.into() })
            }
        }
    }
}

impl Exporter for Otlp {
    fn filter(&self) -> RequestFilter {
        RequestFilter::All
    }

    fn wants_requests_live(&self) -> bool {
        true
    }

    fn begin(&mut self, run: &ExportRun) -> Result<Ack, PluginFailure> {
        let done = Self::begin(self, run);
        self.told("begin", done)
    }

    fn begin_point(&mut self, point: &ExportPoint) -> Result<Ack, PluginFailure> {
        let done = Self::begin_point(self, point);
        self.told("begin-point", done)
    }

    fn progress(&mut self, _point: u32, rows: &[Row]) -> Result<Ack, PluginFailure> {
        let done = Self::progress(self, rows);
        self.told("progress", done)
    }

    fn requests(&mut self, _point: u32, requests: &[ExportRequest]) -> Result<Ack, PluginFailure> {
        let done = Self::requests(self, requests);
        self.told("requests", done)
    }

    fn recall(&mut self, requests: &[ExportRequest]) {
        Self::recall(self, requests);
    }

    fn end_point(&mut self, _point: u32, summary: &ExportSummary) -> Result<Ack, PluginFailure> {
        let done = Self::end_point(self, summary);
        self.told("end-point", done)
    }

    fn end(&mut self, end: ExportEnd) -> Result<Ack, PluginFailure> {
        let done = Self::end(self, end);
        self.told("end", done)
    }
}
