//! Ids, names and addresses of W&B runs: one a point of the sweep.

#[cfg(test)]
mod tests;

use crate::settings::Settings;
use formats::text::segment;
use formats::time::stamp;
use loadwright_plugin::Run;

/// Characters of the run's own id in that of a W&B run.
const ID: usize = 12;

/// A run as its paths name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path<'a> {
    pub(crate) entity: &'a str,
    pub(crate) project: &'a str,
    pub(crate) id: &'a str,
}

/// The id of a point's run: unique in the project, and the same whenever the run is sent again.
pub(crate) fn id(settings: &Settings, run: &Run, point: u32) -> String {
    if settings.run_id.is_empty() {
        let id = run.id.get(..ID).unwrap_or(&run.id);
        return format!("{id}-{point}");
    }
    if is_sweep(run) { format!("{}-{point}", settings.run_id) } else { settings.run_id.clone() }
}

/// What the run is called.
pub(crate) fn display(settings: &Settings, run: &Run, point: &str) -> String {
    let name = title(settings, run);
    if is_sweep(run) { format!("{name} / {point}") } else { name.to_owned() }
}

/// The group: the user's, or the sweep's name.
pub(crate) fn group(settings: &Settings, run: &Run) -> Option<String> {
    let own = Some(&settings.group).filter(|group| !group.is_empty());
    let sweep = is_sweep(run).then(|| title(settings, run));
    own.map(String::as_str).or(sweep).map(str::to_owned)
}

fn title<'a>(settings: &'a Settings, run: &'a Run) -> &'a str {
    if settings.name.is_empty() { &run.name } else { &settings.name }
}

fn is_sweep(run: &Run) -> bool {
    run.points.len() > 1
}

/// A run's page.
pub(crate) fn page(settings: &Settings, run: Path<'_>) -> String {
    let path = [run.entity, run.project, "runs", run.id].map(segment).join("/");
    format!("{}/{path}", app(settings))
}

/// The API that takes a run's lines.
pub(crate) fn stream(settings: &Settings, run: Path<'_>) -> String {
    let path = [run.entity, run.project, run.id, "file_stream"].map(segment).join("/");
    format!("{}/files/{path}", settings.base_url)
}

/// Where people look: the cloud has it beside the API, a server of one's own in the same place.
fn app(settings: &Settings) -> String {
    let api = &settings.base_url;
    if !settings.app_url.is_empty() {
        settings.app_url.clone()
    } else if api.contains("://api.wandb.") {
        api.replacen("://api.", "://", 1)
    } else {
        api.replacen("://api.", "://app.", 1)
    }
}

/// The folder of an offline run that began at `started`.
pub(crate) fn folder(started: f64, id: &str) -> String {
    format!("offline-run-{}-{id}", stamp(started))
}
