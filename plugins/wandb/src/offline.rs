//! A run in a folder that `wandb sync` sends and `wandb leet` shows: its records, and its files.

#[cfg(test)]
mod tests;

use crate::closing::Closing;
use crate::console::Said;
use crate::description::Description;
use crate::graphql::ALERT_WAIT;
use crate::history::{Line, TIME};
use crate::naming;
use crate::record::{
    Alert, Exit, File, FileKind, Files, Footer, Header, History, Items, Kind, Metric,
    MetricOptions, Policy, Record, Run, Step, Version, items,
};
use crate::settings::Settings;
use crate::state::{Ended, Open, Written};
use formats::artifact;
use formats::log::Log;
use formats::time::timestamp;
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::ExporterHost;

/// The first bytes of a file.
const HEADER: [u8; 7] = *b":W&B\xE1\xBE\x00";

/// The report, which is there once the run has ended.
pub(crate) const REPORT: &str = "performance_summary.txt";

/// Its longest.
const LONGEST: usize = 16 << 20;

/// Begins the run's file.
///
/// # Errors
/// It cannot be written.
pub(crate) fn make(
    host: &impl ExporterHost,
    settings: &Settings,
    run: &Description,
    open: &mut Open,
) -> Result<(), Fault> {
    let folder = naming::folder(open.origin, &open.id);
    open.file = Written { folder, position: 0, records: 0 };
    let mut kinds = vec![Kind::Header(header()), Kind::Run(described(settings, run, open))];
    kinds.push(Kind::Metric(axis()));
    kinds.extend(run.metrics.iter().map(|name| Kind::Metric(metric(name))));
    kinds.push(Kind::Output(Said::begun(&run.begun, open.origin).written()));
    let content = framed(Log::new(HEADER), &mut open.file, kinds);
    host.put(&name(open), &content)
}

/// Takes up a run's file where its state says that it ended: what was written after that is cut off.
///
/// # Errors
/// It cannot be read or written, or is shorter.
pub(crate) fn resume(host: &impl ExporterHost, open: &Open) -> Result<(), Fault> {
    let spare = format!("{}/spare", open.file.folder);
    artifact::cut(host, &name(open), &spare, open.file.position as f64)
}

/// The report.
///
/// # Errors
/// It cannot be read.
pub(crate) fn report(host: &impl ExporterHost, name: &str) -> Result<Vec<u8>, Fault> {
    artifact::whole(host, name, LONGEST)
}

/// Adds lines, the first of which is number `step`.
///
/// # Errors
/// They cannot be written.
pub(crate) fn add(host: &impl ExporterHost, open: &mut Open, lines: &[Line]) -> Result<(), Fault> {
    let kinds = lines.iter().map(|line| {
        let num = line.get("_step").and_then(serde_json::Value::as_i64).unwrap_or_default();
        Kind::History(History { items: items(line), step: Some(Step { num }) })
    });
    append(host, open, kinds.collect())
}

/// Writes the run's files and its end.
///
/// # Errors
/// They cannot be written.
pub(crate) fn close(
    host: &impl ExporterHost,
    settings: &Settings,
    open: &mut Open,
    closing: &Closing,
) -> Result<(), Fault> {
    for (file, content) in &closing.files {
        host.put(&within(&open.file.folder, file), content)?;
    }
    let mut kinds = vec![Kind::Files(files(closing))];
    if let Some(line) = &closing.line {
        let num = open.step as i64;
        kinds.push(Kind::History(History { items: items(line), step: Some(Step { num }) }));
    }
    kinds.extend(closing.log.iter().map(|said| Kind::Output(said.written())));
    kinds.push(Kind::Summary(Items { update: items(&closing.summary) }));
    if let Some((title, text)) = closing.alert.as_ref().filter(|_| settings.alerts) {
        kinds.push(Kind::Alert(Alert {
            title: title.clone(),
            text: text.clone(),
            level: "ERROR".into(),
            wait: ALERT_WAIT,
        }));
    }
    kinds.push(Kind::Exit(Exit { code: closing.exit, runtime: closing.seconds as i32 }));
    kinds.push(Kind::Footer(Footer {}));
    append(host, open, kinds)
}

/// Adds the report to a run that has ended: its record names it already.
///
/// # Errors
/// It cannot be written.
pub(crate) fn attach(host: &impl ExporterHost, ended: &Ended, report: &[u8]) -> Result<(), Fault> {
    host.put(&within(&ended.folder, REPORT), report)
}

fn append(host: &impl ExporterHost, open: &mut Open, kinds: Vec<Kind>) -> Result<(), Fault> {
    let mut after = open.file.clone();
    let content = framed(Log::behind(after.position), &mut after, kinds);
    host.append(&name(open), &content)?;
    open.file = after;
    Ok(())
}

fn framed(mut log: Log, file: &mut Written, kinds: Vec<Kind>) -> Vec<u8> {
    for kind in kinds {
        file.records += 1;
        log.add(&Record { num: file.records, kind: Some(kind) });
    }
    file.position = log.size();
    log.bytes()
}

fn name(open: &Open) -> String {
    format!("{}/run-{}.wandb", open.file.folder, open.id)
}

fn within(folder: &str, file: &str) -> String {
    format!("{folder}/files/{file}")
}

/// The versions are those of the format.
fn header() -> Header {
    let version = Version { producer: "0.31.0".into(), min_consumer: "0.40.0".into() };
    Header { version: Some(version) }
}

fn described(settings: &Settings, run: &Description, open: &Open) -> Run {
    Run {
        id: run.id.clone(),
        entity: settings.entity.clone(),
        project: settings.project.clone(),
        config: Some(Items { update: items(&run.config) }),
        group: run.group.clone().unwrap_or_default(),
        job_type: settings.job_type.clone(),
        display_name: run.display.clone(),
        notes: settings.notes.clone(),
        tags: settings.tags(),
        started: Some(timestamp(open.origin)),
    }
}

fn axis() -> Metric {
    let options = MetricOptions { step_sync: false, hidden: true, defined: true };
    Metric { name: TIME.into(), step_metric: String::new(), options: Some(options) }
}

fn metric(name: &str) -> Metric {
    let options = MetricOptions { step_sync: true, hidden: false, defined: true };
    Metric { name: name.to_owned(), step_metric: TIME.into(), options: Some(options) }
}

fn files(closing: &Closing) -> Files {
    let names = closing.files.iter().map(|(name, _)| name.as_str());
    let files = names.chain([REPORT]).map(|path| {
        let kind = if path.starts_with("media/") { FileKind::Media } else { FileKind::Other };
        let (policy, kind) = (Policy::End as i32, kind as i32);
        File { path: path.to_owned(), policy, kind }
    });
    Files { files: files.collect() }
}
