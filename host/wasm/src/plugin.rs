//! One opened plugin: its identity, and factories for its api and its dataset.

use crate::api;
use crate::cache::hex;
use crate::dataset;
use crate::error::{LoadError, LoadFault, OpenError};
use crate::files::{self, FileSet};
use crate::guest_output::PluginLog;
use crate::host::Host;
use crate::inspect;
use crate::instance::{Exports, InstanceConfig, InstanceFactory, NoExports};
use crate::kind::Kind;
use crate::manifest::Manifest;
use crate::source::{self, Source};
use crate::state::{Limits, Services, State};
use crate::trap;
use loadwright_core::ports::{ApiFactory, DatasetFactory, PluginFailure, Tokenizer};
use loadwright_core::stop::StopFlag;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
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

/// An opened plugin.
pub struct Plugin {
    host: Arc<Host>,
    source: Source,
    digest: String,
    kinds: Vec<Kind>,
    manifest: Manifest,
    log: PluginLog,
    code: Mutex<Code>,
}

/// Compiled when first needed: listing plugins compiles nothing.
enum Code {
    Component(Cow<'static, [u8]>),
    Linked(InstancePre<State>),
}

impl Plugin {
    /// Opens a plugin, without compiling it if it has a manifest section.
    ///
    /// # Errors
    /// It is not a component for this host; the message says what to do.
    pub fn open(host: &Arc<Host>, source: Source) -> Result<Arc<Self>, LoadError> {
        let origin = source.to_string();
        let opened =
            source::bytes(&source).and_then(|bytes| Self::new(Arc::clone(host), source, bytes));
        opened.map(Arc::new).map_err(|fault| LoadError { origin, fault })
    }

    fn new(host: Arc<Host>, source: Source, bytes: Cow<'static, [u8]>) -> Result<Self, LoadFault> {
        let digest = hex(&Sha256::digest(&bytes));
        let inspected = inspect::component(bytes)?;
        let (manifest, code) = match inspected.manifest {
            Some(text) => (Manifest::read(&text)?, Code::Component(inspected.bytes)),
            None => {
                let (manifest, pre) = describe(&host, &source, &inspected.bytes)?;
                (manifest, Code::Linked(pre))
            }
        };
        let log = PluginLog::new(manifest.name(), host.config.log.clone());
        let kinds = inspected.kinds;
        let code = Mutex::new(code);
        Ok(Self { host, source, digest, kinds, manifest, log, code })
    }

    /// Its name, as `--api` and `--dataset` take it.
    pub fn name(&self) -> &str {
        self.manifest.name()
    }

    /// Its own version.
    pub fn version(&self) -> &str {
        self.manifest.version()
    }

    /// One line about it.
    pub fn summary(&self) -> &str {
        self.manifest.summary()
    }

    /// SHA-256 of the file, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Its kinds, read from its exports.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Where it came from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Configures it as an API plugin. `settings` is the whole object for `configure`; its member
    /// `settings` is checked against the manifest's schema, and defaults are filled in.
    ///
    /// # Errors
    /// It is not an API plugin, does not compile, or rejects the settings.
    pub fn api(&self, settings: &Value) -> Result<Arc<dyn ApiFactory>, OpenError> {
        // Replies that were received are decoded after a stop too.
        let never = StopFlag::default();
        let factory =
            self.instance_factory(Kind::Api, settings, DatasetServices::default(), never)?;
        Ok(Arc::new(api::WasmApi::new(factory)?))
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
        for (name, path) in &services.files {
            files::check_root(path).map_err(|error| OpenError::File {
                name: name.clone(),
                path: path.clone(),
                error,
            })?;
        }
        let stop = self.host.config.stop.clone();
        let factory = self.instance_factory(Kind::Dataset, settings, services, stop)?;
        Ok(Arc::new(dataset::WasmDataset::new(factory)?))
    }

    fn instance_factory<F: Exports>(
        &self,
        kind: Kind,
        settings: &Value,
        services: DatasetServices,
        stop: StopFlag,
    ) -> Result<InstanceFactory<F>, OpenError> {
        if !self.kinds.contains(&kind) {
            let offers: Vec<_> = self.kinds.iter().map(Kind::to_string).collect();
            return Err(OpenError::Kind {
                plugin: self.name().into(),
                offers: offers.join(" and "),
                wanted: kind,
                flag: self.kinds.first().map_or("", |kind| kind.flag()),
            });
        }
        let settings = self.validated(settings)?;
        let fault = |fault| LoadError { origin: format!("`{}`", self.name()), fault };
        let pre = self.linked().map_err(fault)?;
        let config = &self.host.config;
        let instance_config = InstanceConfig {
            plugin: self.name().into(),
            log: self.log.clone(),
            limits: Limits {
                memory: config.memory.unwrap_or(self.manifest.memory()),
                timeout: config.timeout,
            },
            services: Arc::new(Services {
                epoch: Arc::clone(&self.host.epoch),
                seed: config.seed,
                wall: self.host.wall,
                tokenizer: services.tokenizer,
                files: FileSet::new(services.files, stop.clone()),
                stop,
                inexact: AtomicU64::new(0),
            }),
            settings,
        };
        Ok(InstanceFactory::new(pre, instance_config)
            .map_err(|error| fault(LoadFault::Contract(format!("{error:#}"))))?)
    }

    fn validated(&self, settings: &Value) -> Result<String, OpenError> {
        let mut settings = settings.clone();
        if let Some(all) = settings.as_object_mut() {
            let own = all.entry("settings").or_insert(Value::Null);
            if own.is_null() {
                *own = Value::Object(Map::new());
            }
            let faults = self.manifest.validate(own);
            if !faults.is_empty() {
                return Err(OpenError::Settings { plugin: self.name().into(), faults });
            }
        }
        Ok(settings.to_string())
    }

    fn linked(&self) -> Result<InstancePre<State>, LoadFault> {
        let mut code = self.code.lock().unwrap_or_else(PoisonError::into_inner);
        let pre = match &*code {
            Code::Linked(pre) => pre.clone(),
            Code::Component(bytes) => {
                let (component, _) = self.host.compile(bytes, &self.digest, &self.log)?;
                self.host.link(&component)?
            }
        };
        *code = Code::Linked(pre.clone());
        Ok(pre)
    }
}

/// Calls `describe` of a plugin without a manifest section.
fn describe(
    host: &Arc<Host>,
    source: &Source,
    bytes: &[u8],
) -> Result<(Manifest, InstancePre<State>), LoadFault> {
    let name = match source {
        Source::Path(path) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        Source::Bundled(name) => name.clone(),
    };
    let log = PluginLog::new(&name, host.config.log.clone());
    let (component, _) = host.compile(bytes, &hex(&Sha256::digest(bytes)), &log)?;
    let pre = host.link(&component)?;
    let contract = |error: wasmtime::Error| LoadFault::Contract(format!("{error:#}"));
    let instance_config = InstanceConfig {
        plugin: name,
        log,
        limits: Limits {
            memory: host.config.memory.unwrap_or(crate::manifest::MAX_MEMORY),
            timeout: host.config.timeout,
        },
        services: Arc::new(Services {
            epoch: Arc::clone(&host.epoch),
            stop: StopFlag::default(),
            seed: host.config.seed,
            wall: host.wall,
            tokenizer: None,
            files: FileSet::new(Vec::new(), StopFlag::default()),
            inexact: AtomicU64::new(0),
        }),
        settings: String::new(),
    };
    let factory =
        InstanceFactory::<NoExports>::new(pre.clone(), instance_config).map_err(contract)?;
    let text = ask(&factory).map_err(LoadFault::Describe)?;
    Ok((Manifest::read(text.as_bytes())?, pre))
}

fn ask(factory: &InstanceFactory<NoExports>) -> Result<String, PluginFailure> {
    let mut live = factory.unconfigured()?;
    let _running = live.arm();
    let described = live.identity.call_describe(&mut live.store);
    described
        .map_err(|error| factory.failure("describe", trap::cause(&error, live.store.data_mut())))
}
