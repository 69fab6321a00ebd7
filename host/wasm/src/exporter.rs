//! The core's exporter port over a component: one instance on one thread, with services of its own.

pub(crate) mod ack;
mod given;
pub(crate) mod imports;

use crate::bindings::export::exports::loadwright::plugin::exporter as contract;
use crate::bindings::export::loadwright::plugin::types::Fault as GuestFault;
use crate::call::Call;
use crate::exports::ExporterExports;
use crate::instance::{Instance, InstanceFactory, Live};
use loadwright_core::export::{
    Ack, ExportEnd, ExportPoint, ExportRequest, ExportRun, ExportSummary, RequestFilter, Row,
};
use loadwright_core::manifest::ExporterManifest;
use loadwright_core::ports::{Cause, Exporter, Fault, PluginFailure};
use std::sync::Arc;

/// An exporter that is a component.
pub(crate) struct WasmExporter {
    factory: Arc<InstanceFactory<ExporterExports>>,
    instance: Instance<ExporterExports>,
    filter: RequestFilter,
    requests_live: bool,
    gaps: bool,
    /// The point's clock, on which requests have their times.
    point: ExportPoint,
}

type Answer = wasmtime::Result<Result<contract::Ack, GuestFault>>;

impl WasmExporter {
    /// Makes the instance, so that settings it refuses are an error before the run.
    ///
    /// # Errors
    /// The plugin refused its settings or failed.
    pub(crate) fn new(
        factory: InstanceFactory<ExporterExports>,
        manifest: &ExporterManifest,
    ) -> Result<Self, PluginFailure> {
        let factory = Arc::new(factory);
        let instance = Instance::new(Arc::clone(&factory))?;
        Ok(Self {
            factory,
            instance,
            filter: manifest.filter(),
            requests_live: manifest.requests_live,
            gaps: manifest.gaps,
            point: ExportPoint::default(),
        })
    }

    fn call(
        &mut self,
        export: &'static str,
        run: impl FnOnce(&mut Live<ExporterExports>) -> Answer,
    ) -> Result<Ack, PluginFailure> {
        let call = Call::of(export);
        let answer = self.instance.call(call, run).map_err(|failure| self.said(failure))?;
        let failure = |cause| self.said(self.factory.failure(call, cause));
        let ack = answer.map_err(|fault| failure(Cause::Fault(Fault::from(fault))))?;
        let masked = |text: &str| self.masked(text);
        ack::read(ack, masked).map_err(|text| failure(Cause::Contract(text)))
    }

    /// What the guest says may hold secrets that it was never given.
    fn masked(&self, text: &str) -> String {
        match &self.factory.services.exporter {
            Some(services) => services.lock().masked(text),
            None => text.to_owned(),
        }
    }

    fn said(&self, mut failure: PluginFailure) -> PluginFailure {
        match &mut failure.cause {
            Cause::Fault(
                Fault::Input(text)
                | Fault::Unsupported(text)
                | Fault::Transient(text)
                | Fault::Fatal(text),
            )
            | Cause::Trap(text) => *text = self.masked(text),
            Cause::Fault(Fault::Settings(fault)) => fault.text = self.masked(&fault.text),
            Cause::TimeLimit(_)
            | Cause::MemoryLimit(_)
            | Cause::HostTimeLimit(_)
            | Cause::OutputLimit(_)
            | Cause::System(_)
            | Cause::Stopped
            | Cause::Contract(_) => {}
        }
        failure
    }
}

impl Exporter for WasmExporter {
    fn filter(&self) -> RequestFilter {
        self.filter
    }

    fn wants_requests_live(&self) -> bool {
        self.requests_live
    }

    fn begin(&mut self, run: &ExportRun) -> Result<Ack, PluginFailure> {
        let run = given::run(run);
        self.call("begin", |live| live.guest.call_begin(&mut live.store, &run))
    }

    fn begin_point(&mut self, point: &ExportPoint) -> Result<Ack, PluginFailure> {
        self.point.clone_from(point);
        let point = given::point(point);
        self.call("begin-point", |live| live.guest.call_begin_point(&mut live.store, &point))
    }

    fn progress(&mut self, point: u32, rows: &[Row]) -> Result<Ack, PluginFailure> {
        let rows: Vec<_> = rows.iter().map(given::row).collect();
        self.call("progress", |live| live.guest.call_progress(&mut live.store, point, &rows))
    }

    fn requests(&mut self, point: u32, requests: &[ExportRequest]) -> Result<Ack, PluginFailure> {
        let given: Vec<_> =
            requests.iter().map(|it| given::request(it, &self.point, self.gaps)).collect();
        self.call("requests", |live| live.guest.call_requests(&mut live.store, point, &given))
    }

    fn end_point(&mut self, point: u32, summary: &ExportSummary) -> Result<Ack, PluginFailure> {
        let summary = given::summary(summary);
        self.call("end-point", |live| live.guest.call_end_point(&mut live.store, point, &summary))
    }

    fn end(&mut self, end: ExportEnd) -> Result<Ack, PluginFailure> {
        let end = given::end(end);
        self.call("end", |live| live.guest.call_end(&mut live.store, end))
    }

    fn restart(&mut self) -> Result<(), PluginFailure> {
        self.instance.discard();
        Ok(())
    }
}
