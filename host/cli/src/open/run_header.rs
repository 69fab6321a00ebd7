//! What the file of records says of the run as a whole.

use crate::plan::Run;
use loadwright_storage::{RunHeader, RunPlugin};
use loadwright_timing::clock;
use loadwright_wasm::{CONTRACT_VERSION, Identity, Source};

/// The header of `run`, which starts now.
pub(super) fn run_header(run: &Run) -> RunHeader {
    RunHeader {
        id: format!("{:032x}", rand::random::<u128>()),
        started: clock::wall() as f64 / 1e9,
        points: run.points.iter().map(|point| point.name.clone()).collect(),
        plugins: plugins(run),
    }
}

fn plugins(run: &Run) -> Vec<RunPlugin> {
    let exporters = run.exporters.chosen.iter().filter_map(|exporter| {
        let identity = exporter.plugin.as_ref()?;
        Some(RunPlugin { grants: exporter.allowed.texts(), ..plugin(identity) })
    });
    [&run.chosen.api, &run.chosen.dataset]
        .map(|it| plugin(it))
        .into_iter()
        .chain(exporters)
        .collect()
}

fn plugin(identity: &Identity) -> RunPlugin {
    RunPlugin {
        name: identity.name().into(),
        kind: identity.kind.to_string(),
        version: identity.manifest.version().into(),
        sha256: identity.digest.clone(),
        contract: CONTRACT_VERSION.into(),
        source: match &identity.source {
            Source::Path(path) => path.display().to_string(),
            Source::Bundled(_) => "bundled".into(),
        },
        grants: Vec::new(),
    }
}
