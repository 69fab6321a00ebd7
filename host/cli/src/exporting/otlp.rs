//! Opens `otlp`, which is part of this program, with the conventions plugin that it is given.

use super::grants::Granted;
use super::open::{Common, SenderInfo, by_option, refused};
use crate::error::CommandError;
use crate::plan::exporters::ChosenExporter;
use loadwright_exporters::otlp::{Options, Otlp, Setup, conventions_settings};
use loadwright_exporters::{Job, Usage};
use loadwright_storage::Exporting;
use loadwright_wasm::{Identity, Plugin};
use serde_json::Map;
use std::sync::Arc;

impl Common<'_> {
    /// The work of `otlp` with the conventions of `plugin`.
    pub(super) fn otlp(
        &self,
        exporter: &ChosenExporter,
        plugin: &Arc<Identity>,
    ) -> Result<(Job, SenderInfo), CommandError> {
        let wrong = |text: String| refused("exporter-option", format!("{}.{text}", exporter.name));
        let options = Options::read(&exporter.options).map_err(wrong)?;
        let variable = |name: &str| self.environment.variable(name).map(str::to_owned);
        let known = plugin.manifest.defaults().contains_key("semconv");
        let settings = conventions_settings(&options, &variable, known);
        let shapes = Plugin::identified(self.host, Arc::clone(plugin)).conventions(&settings);
        let shapes = shapes.map_err(|error| by_option(&exporter.name, error, &Map::new()))?;
        let usage = Usage::default();
        let files = self.services(exporter, Granted::default(), usage.clone())?;
        let setup = Setup {
            options,
            environment: &variable,
            shapes,
            network: self.network.clone(),
            deadline: self.watch.deadline().clone(),
            usage: usage.clone(),
            files: Box::new(files),
        };
        let sender = Otlp::open(setup)
            .map_err(|text| refused("exporter", format!("`{}`: {text}", exporter.name)))?;
        let exporting = Exporting {
            exporter: exporter.name.clone(),
            plugin: exporter.name.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            sha256: plugin.digest.clone(),
        };
        let job = self.job_of(exporting.clone(), Box::new(sender))?;
        Ok((job, SenderInfo { exporting, usage }))
    }
}
