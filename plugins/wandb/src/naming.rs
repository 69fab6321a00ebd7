//! Ids, names and addresses of W&B runs: one a point of the sweep.

#[cfg(test)]
mod tests;

use crate::settings::Settings;
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
    let path = [run.entity, run.project, "runs", run.id].map(escaped).join("/");
    format!("{}/{path}", app(settings))
}

/// The API that takes a run's lines.
pub(crate) fn stream(settings: &Settings, run: Path<'_>) -> String {
    let path = [run.entity, run.project, run.id, "file_stream"].map(escaped).join("/");
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

/// A part of a path.
fn escaped(part: &str) -> String {
    let mut path = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

/// The folder of an offline run that began at `started`.
pub(crate) fn folder(started: f64, id: &str) -> String {
    // Times of day are far below 2^63.
    let seconds = started as i64;
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let [year, month, day] = date(days);
    let [hour, minute, second] = [second / 3600, second / 60 % 60, second % 60];
    format!("offline-run-{year:04}{month:02}{day:02}_{hour:02}{minute:02}{second:02}-{id}")
}

/// Year, month and day of the Gregorian calendar, in UTC.
fn date(days_since_1970: i64) -> [i64; 3] {
    // In years that begin on 1 March, a leap day is the last day; 400 of them have 146,097 days.
    let days = days_since_1970 + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let leaps = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leaps) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, turn) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    [era * 400 + year_of_era + turn, month, day]
}
