//! Calls `describe`: for the manifest of a component that does not carry it, and to hold a manifest
//! that is carried against it.

use crate::call::Call;
use crate::error::LoadFault;
use crate::exports::{
    ApiExports, ConventionsExports, DatasetExports, ExporterExports, Exports, NoExports,
};
use crate::files::FileSet;
use crate::guest_output::PluginLog;
use crate::host::Host;
use crate::instance::{InstanceConfig, InstanceFactory};
use crate::kind::Kind;
use crate::manifest::{LONGEST, MAX_MEMORY, Manifest};
use crate::source::Source;
use crate::state::{Services, State};
use crate::trap;
use loadwright_core::ports::PluginFailure;
use loadwright_core::stop::StopFlag;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use wasmtime::component::InstancePre;

const DESCRIBE: Call = Call::of("describe");

/// A component that does not carry its manifest.
pub(crate) struct Component<'a> {
    pub(crate) source: &'a Source,
    /// SHA-256 of the file, in hexadecimal.
    pub(crate) digest: &'a str,
    pub(crate) kind: Kind,
    pub(crate) bytes: &'a [u8],
}

/// What `describe` returns: from the cache, or from a call.
///
/// # Errors
/// The component does not compile, or the call fails.
pub(crate) fn text(host: &Arc<Host>, component: &Component<'_>) -> Result<String, LoadFault> {
    let Component { source, digest, kind, bytes } = *component;
    if let Some(text) = host.cache.described(digest) {
        return Ok(text);
    }
    let name = match source {
        Source::Path(path) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        Source::Bundled(name) => name.clone(),
    };
    let log = PluginLog::new(&name, host.config.log.clone());
    let (compiled, _) = host.compile(bytes, digest, &log)?;
    let text = call(host, &name, log, host.link(&compiled, kind)?)?;
    if text.len() <= LONGEST {
        host.cache.store_described(digest, &text);
    }
    Ok(text)
}

/// Holds the manifest that a component carries against what its `describe` returns.
///
/// # Errors
/// They differ, or the call fails.
pub(crate) fn compare(
    host: &Arc<Host>,
    manifest: &Manifest,
    log: &PluginLog,
    pre: &InstancePre<State>,
) -> Result<(), LoadFault> {
    let text = call(host, manifest.name(), log.clone(), pre.clone())?;
    let described: Value = serde_json::from_str(&text)
        .map_err(|error| LoadFault::Described(format!("is not JSON: {error}")))?;
    match manifest.difference(&described) {
        Some(at) if at.is_empty() => Err(LoadFault::Described("is no JSON object".into())),
        Some(at) => Err(LoadFault::Described(format!("differs from it at {at}"))),
        None => Ok(()),
    }
}

/// Makes an instance of a plugin of this kind, which fails if its functions have other types.
///
/// # Errors
/// They have.
pub(crate) fn check(
    host: &Arc<Host>,
    kind: Kind,
    log: &PluginLog,
    pre: &InstancePre<State>,
) -> Result<(), LoadFault> {
    let (log, pre) = (log.clone(), pre.clone());
    let made = match kind {
        Kind::Api => factory::<ApiExports>(host, "", log, pre)?.unconfigured().map(drop),
        Kind::Dataset => factory::<DatasetExports>(host, "", log, pre)?.unconfigured().map(drop),
        Kind::Exporter => factory::<ExporterExports>(host, "", log, pre)?.unconfigured().map(drop),
        Kind::Conventions => {
            factory::<ConventionsExports>(host, "", log, pre)?.unconfigured().map(drop)
        }
    };
    made.map_err(|failure| LoadFault::Contract(failure.cause.to_string()))
}

fn call(
    host: &Arc<Host>,
    name: &str,
    log: PluginLog,
    pre: InstancePre<State>,
) -> Result<String, LoadFault> {
    ask(&factory(host, name, log, pre)?).map_err(LoadFault::Describe)
}

/// A factory of instances that are not configured.
fn factory<F: Exports>(
    host: &Arc<Host>,
    name: &str,
    log: PluginLog,
    pre: InstancePre<State>,
) -> Result<InstanceFactory<F>, LoadFault> {
    let instance_config = InstanceConfig {
        plugin: name.to_owned(),
        log,
        limits: host.limits(MAX_MEMORY),
        services: Arc::new(Services {
            epoch: Arc::clone(&host.epoch),
            stop: StopFlag::default(),
            seed: host.config.seed,
            tokenizer: None,
            files: FileSet::default(),
            inexact: AtomicU64::new(0),
            exporter: None,
        }),
        settings: String::new(),
    };
    InstanceFactory::new(pre, instance_config)
        .map_err(|error| LoadFault::Contract(format!("{error:#}")))
}

fn ask(factory: &InstanceFactory<NoExports>) -> Result<String, PluginFailure> {
    let mut live = factory.unconfigured()?;
    let _running = live.arm(DESCRIBE);
    let described = live.identity.call_describe(&mut live.store);
    described.map_err(|error| factory.failure(DESCRIBE, trap::cause(&error, live.store.data_mut())))
}
