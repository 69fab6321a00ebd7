//! One opened plugin: its identity, and factories for its api and its dataset.

use crate::api;
use crate::conventions;
use crate::dataset;
use crate::describe;
use crate::error::{LoadError, LoadFault, OpenError};
use crate::exporter;
use crate::exports::Exports;
use crate::files::FileSet;
use crate::guest_output::PluginLog;
use crate::host::Host;
use crate::identity::{Identity, identify};
use crate::instance::{InstanceConfig, InstanceFactory};
use crate::kind::Kind;
use crate::manifest::Manifest;
use crate::source::Source;
use crate::state::{Offered, Services, State};
use loadwright_core::export::telemetry::Shapes;
use loadwright_core::ports::{ApiFactory, DatasetFactory, Exporter, ExporterServices, Tokenizer};
use loadwright_core::stop::StopFlag;
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::InstancePre;

/// What a dataset may use besides randomness and the log.
#[derive(Clone, Default)]
pub struct DatasetServices {
    /// The tokenizer that the user chose.
    pub tokenizer: Option<Arc<dyn Tokenizer>>,
    /// Files and folders that the user named, each by the name of its setting.
    pub files: Vec<(String, PathBuf)>,
}

/// What the host does for the instances of one plugin.
#[derive(Default)]
struct HostServices {
    /// Ends calls; never raised for exporters, which go on when a run is stopped.
    stop: StopFlag,
    dataset: DatasetServices,
    exporter: Option<Arc<Offered>>,
}

/// An opened plugin.
pub struct Plugin {
    host: Arc<Host>,
    identity: Arc<Identity>,
    log: PluginLog,
    /// Compiled when first needed: listing plugins compiles nothing.
    linked: Mutex<Option<InstancePre<State>>>,
}

impl Plugin {
    /// Opens the plugin at `source`.
    ///
    /// # Errors
    /// It is not a component for this host; the message says what to do.
    pub fn open(host: &Arc<Host>, source: Source) -> Result<Arc<Self>, LoadError> {
        let identity = identify(&source, || Ok(Arc::clone(host)))?;
        Ok(Self::identified(host, Arc::new(identity)))
    }

    /// Opens a plugin that was identified before.
    pub fn identified(host: &Arc<Host>, identity: Arc<Identity>) -> Arc<Self> {
        let host = Arc::clone(host);
        let log = PluginLog::new(identity.name(), host.config.log.clone());
        Arc::new(Self { host, identity, log, linked: Mutex::default() })
    }

    /// Its manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.identity.manifest
    }

    /// Its name, as `--api` and `--dataset` take it.
    pub fn name(&self) -> &str {
        self.manifest().name()
    }

    /// Its own version.
    pub fn version(&self) -> &str {
        self.manifest().version()
    }

    /// One line about it.
    pub fn summary(&self) -> &str {
        self.manifest().summary()
    }

    /// SHA-256 of the file, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.identity.digest
    }

    /// Its kind, read from its exports.
    pub fn kind(&self) -> Kind {
        self.identity.kind
    }

    /// Where it came from.
    pub fn source(&self) -> &Source {
        &self.identity.source
    }

    /// Compiles it, and checks all that can be checked without settings.
    ///
    /// # Errors
    /// It does not compile, or its functions or its manifest are not those of its kind.
    pub(crate) fn check(&self) -> Result<(), LoadFault> {
        let pre = self.linked()?;
        describe::check(&self.host, self.kind(), &self.log, &pre)
    }

    /// Configures it as an API plugin. `settings` is the whole object for `configure`; its member
    /// `settings` is checked against the manifest's schema, and defaults are filled in.
    ///
    /// # Errors
    /// It is not an API plugin, does not compile, or rejects the settings.
    pub fn api(&self, settings: &Value) -> Result<Arc<dyn ApiFactory>, OpenError> {
        let factory = self.instance_factory(Kind::Api, settings, self.stopped())?;
        let manifest = self.manifest();
        let api = api::WasmApi::new(factory, manifest.formatting(), &manifest.metrics)?;
        Ok(Arc::new(api))
    }

    /// Configures it as a dataset; otherwise like [`api`](Self::api).
    ///
    /// # Errors
    /// It is not a dataset, does not compile, or rejects the settings; a file cannot be opened.
    pub fn dataset(
        &self,
        settings: &Value,
        services: DatasetServices,
    ) -> Result<Arc<dyn DatasetFactory>, OpenError> {
        let services = HostServices { dataset: services, ..self.stopped() };
        let factory = self.instance_factory(Kind::Dataset, settings, services)?;
        Ok(Arc::new(dataset::WasmDataset::new(factory)?))
    }

    /// Configures it as an exporter; otherwise like [`api`](Self::api).
    ///
    /// # Errors
    /// It is not an exporter, does not compile, or rejects the settings.
    pub fn exporter(
        &self,
        settings: &Value,
        services: Box<dyn ExporterServices>,
    ) -> Result<Box<dyn Exporter>, OpenError> {
        let host =
            HostServices { exporter: Some(Offered::new(services)), ..HostServices::default() };
        let factory = self.instance_factory(Kind::Exporter, settings, host)?;
        Ok(Box::new(exporter::WasmExporter::new(factory, &self.manifest().exporter)?))
    }

    /// Configures it as a conventions plugin, and returns what it describes.
    ///
    /// # Errors
    /// It is not a conventions plugin, does not compile, rejects the settings, or fails.
    pub fn conventions(&self, settings: &Value) -> Result<Shapes, OpenError> {
        let factory =
            self.instance_factory(Kind::Conventions, settings, HostServices::default())?;
        Ok(conventions::shapes(factory)?)
    }

    fn instance_factory<F: Exports>(
        &self,
        kind: Kind,
        settings: &Value,
        services: HostServices,
    ) -> Result<InstanceFactory<F>, OpenError> {
        if self.kind() != kind {
            let plugin = self.name().into();
            return Err(OpenError::Kind { plugin, offered: self.kind(), wanted: kind });
        }
        let settings = self.validated(settings)?;
        let HostServices { stop, dataset: services, exporter } = services;
        let fault = |fault| LoadError { origin: format!("`{}`", self.name()), fault };
        let pre = self.linked().map_err(fault)?;
        let config = &self.host.config;
        let instance_config = InstanceConfig {
            plugin: self.name().into(),
            log: self.log.clone(),
            limits: self.host.limits(self.manifest().memory()),
            services: Arc::new(Services {
                epoch: Arc::clone(&self.host.epoch),
                seed: config.seed,
                tokenizer: services.tokenizer,
                files: FileSet::open(services.files, stop.clone())?,
                stop,
                inexact: AtomicU64::new(0),
                exporter,
            }),
            settings,
        };
        Ok(InstanceFactory::new(pre, instance_config)
            .map_err(|error| fault(LoadFault::Contract(format!("{error:#}"))))?)
    }

    /// Services whose calls end when the run stops.
    fn stopped(&self) -> HostServices {
        HostServices { stop: self.host.config.stop.clone(), ..HostServices::default() }
    }

    fn validated(&self, settings: &Value) -> Result<String, OpenError> {
        let mut settings = settings.clone();
        if let Some(all) = settings.as_object_mut() {
            let own = all.entry("settings").or_insert(Value::Null);
            if own.is_null() {
                *own = Value::Object(Map::new());
            }
            let faults = self.manifest().validate(own);
            if !faults.is_empty() {
                return Err(OpenError::Settings { plugin: self.name().into(), faults });
            }
        }
        Ok(settings.to_string())
    }

    fn linked(&self) -> Result<InstancePre<State>, LoadFault> {
        let mut linked = self.linked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pre) = &*linked {
            return Ok(pre.clone());
        }
        let identity = &self.identity;
        let (component, _) = self.host.compile(&identity.bytes, &identity.digest, &self.log)?;
        let pre = self.host.link(&component, identity.kind)?;
        if identity.stamped {
            describe::compare(&self.host, self.manifest(), &self.log, &pre)?;
        }
        *linked = Some(pre.clone());
        Ok(pre)
    }
}
