//! A run in the service: made, streamed line by line, and closed.

#[cfg(test)]
mod tests;

use crate::client::{self, Failure, Upload};
use crate::closing::Closing;
use crate::console::Said;
use crate::description::Description;
use crate::graphql;
use crate::history::Line;
use crate::naming::{self, Path};
use crate::settings::{Resume, Settings};
use crate::state::{Ended, Open, Sent};
use crate::stream::{self, Update};
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::{ExporterHost, Segment};
use loadwright_plugin::settings::fault;

/// Bytes of lines that wait for the service: they are part of the state, which is bounded.
const WAITING: usize = 256 * 1024;

/// Checks the API key.
///
/// # Errors
/// It was refused, or there was no answer.
pub(crate) fn check(host: &impl ExporterHost, settings: &Settings) -> Result<(), Fault> {
    let answer =
        client::graphql(host, settings, &graphql::viewer(), Vec::new()).map_err(Failure::fault)?;
    if answer.pointer("/viewer/username").is_none() && answer.pointer("/viewer/entity").is_none() {
        let url = &settings.base_url;
        return Err(Fault::Fatal(format!(
            "{url} did not say whose API key it is: is it the API of Weights & Biases?"
        )));
    }
    Ok(())
}

/// Makes a point's run; where the user named one that exists, it goes on.
///
/// # Errors
/// The service refused it, or it may not go on.
pub(crate) fn find_or_make(
    host: &impl ExporterHost,
    settings: &Settings,
    run: &Description,
) -> Result<Sent, Fault> {
    let [offset, log] = existing(host, settings, &run.id)?;
    Ok(Sent { offset, log, ..make(host, settings, run)? })
}

/// Makes a run, or changes it.
///
/// # Errors
/// The service refused it.
pub(crate) fn make(
    host: &impl ExporterHost,
    settings: &Settings,
    run: &Description,
) -> Result<Sent, Fault> {
    let answer = client::graphql(host, settings, &graphql::upsert(settings, run), Vec::new())
        .map_err(Failure::fault)?;
    let bucket = answer.pointer("/upsertBucket/bucket").cloned().unwrap_or_default();
    // The answer's names stand in all later paths: there may be a default, or another spelling.
    let entity = graphql::text(&bucket, "/project/entity/name").unwrap_or(&settings.entity);
    let project = graphql::text(&bucket, "/project/name").unwrap_or(&settings.project);
    if entity.is_empty() {
        return Err(Fault::Fatal("the service did not say whose run it made".into()));
    }
    Ok(Sent { entity: entity.into(), project: project.into(), ..Sent::default() })
}

/// Lines that the run of the user's own id has: of its history, and of its log.
fn existing(host: &impl ExporterHost, settings: &Settings, id: &str) -> Result<[u64; 2], Fault> {
    if settings.resume == Resume::Overwrite {
        return Ok([0, 0]);
    }
    let found = client::graphql(host, settings, &graphql::find_run(settings, id), Vec::new());
    let found = found.map_err(Failure::fault)?;
    let bucket = found.pointer("/model/bucket").filter(|bucket| !bucket.is_null());
    match (settings.resume, bucket) {
        (Resume::Must, None) => Err(fault("resume", format!("there is no run `{id}` to resume"))),
        (Resume::Never, Some(_)) => {
            Err(fault("resume", format!("there is a run `{id}` already: choose another id")))
        }
        (_, bucket) => {
            let count = |name| bucket.and_then(|bucket| bucket.get(name)?.as_u64()).unwrap_or(0);
            Ok([count("historyLineCount"), count("logLineCount")])
        }
    }
}

/// Tells the service that the run goes on, and what its log begins with. Returns whether someone
/// stopped it there.
///
/// # Errors
/// There was no answer.
pub(crate) fn announce(
    host: &impl ExporterHost,
    settings: &Settings,
    open: &mut Open,
    begun: &str,
) -> Result<bool, Fault> {
    let summary = stream::with_runtime(Line::new(), 0.0);
    let summary = (open.step == 0).then_some(&summary);
    let log = [Said::begun(begun, open.origin).streamed()];
    let log_offset = open.sent.log;
    let body = Update { summary, log_offset, log: &log, ..Update::default() }.body();
    match client::stream(host, settings, address(settings, open), body) {
        Ok(answer) => Ok(stream::is_stopped(&answer)),
        Err(failure) => refused(open, failure).map(|()| false),
    }
}

/// A line that is to be sent.
pub(crate) fn add(open: &mut Open, line: &Line) {
    if open.sent.refused.is_empty() {
        open.sent.pending.push(serde_json::Value::from(line.clone()).to_string());
    } else {
        open.sent.lost += 1;
    }
}

/// Sends the lines that wait. Returns whether someone stopped the run in its page.
///
/// # Errors
/// Some wait still.
pub(crate) fn flush(
    host: &impl ExporterHost,
    settings: &Settings,
    open: &mut Open,
) -> Result<bool, Fault> {
    let mut stopped = false;
    let summary = stream::with_runtime(open.last.clone(), open.seconds());
    while !open.sent.pending.is_empty() {
        let lines = stream::batch(&open.sent.pending);
        let count = lines.len();
        let offset = open.sent.offset;
        let body = Update { offset, lines, summary: Some(&summary), ..Update::default() }.body();
        match client::stream(host, settings, address(settings, open), body) {
            Ok(answer) => {
                stopped |= stream::is_stopped(&answer);
                open.sent.offset += count as u64;
                open.sent.pending.drain(..count);
            }
            Err(Failure::Refused { status: 413, .. }) => {
                open.sent.lost += count as u64;
                open.sent.pending.drain(..count);
            }
            Err(failure) => refused(open, failure)?,
        }
    }
    Ok(stopped)
}

/// Whether lines may wait no longer.
pub(crate) fn is_full(open: &Open) -> bool {
    open.sent.pending.iter().map(String::len).sum::<usize>() > WAITING
}

/// A refusal for good loses what waits and what follows; it is told when the run is closed.
fn refused(open: &mut Open, failure: Failure) -> Result<(), Fault> {
    match failure {
        Failure::Unsent(fault) => Err(fault),
        Failure::Refused { text, .. } => {
            open.sent.lost += open.sent.pending.len() as u64;
            open.sent.pending.clear();
            open.sent.refused = text;
            Ok(())
        }
    }
}

/// Uploads the run's files and ends it. Returns what was lost.
///
/// # Errors
/// It goes on in the service.
pub(crate) fn close(
    host: &impl ExporterHost,
    settings: &Settings,
    open: &mut Open,
    closing: Closing,
) -> Result<Vec<String>, Fault> {
    if let Some(line) = &closing.line {
        add(open, line);
    }
    flush(host, settings, open)?;
    let mut losses = Vec::new();
    if open.sent.refused.is_empty() {
        let files = closing.files.into_iter();
        let files = files.map(|(name, content)| Upload { name, content: Segment::Bytes(content) });
        let uploaded = client::upload(host, settings, path(open), files.collect());
        let summary = stream::with_runtime(closing.summary, closing.seconds);
        let log: Vec<String> = closing.log.iter().map(Said::streamed).collect();
        let body = Update {
            summary: Some(&summary),
            // Behind the line with which it began.
            log_offset: open.sent.log + 1,
            log: &log,
            uploaded: &uploaded.names,
            exit: Some(closing.exit),
            ..Update::default()
        }
        .body();
        losses.extend(uploaded.failed.into_iter().map(|file| format!("1 file: {file}")));
        if let Err(failure) = client::stream(host, settings, address(settings, open), body) {
            refused(open, failure)?;
        }
    }
    if let Some((title, text)) = closing.alert.filter(|_| settings.alerts) {
        let alert = graphql::alert(path(open), &title, &text);
        if let Err(failure) = client::graphql(host, settings, &alert, Vec::new()) {
            losses.push(format!("1 alert ({})", failure.text()));
        }
    }
    losses.extend(lost(open));
    Ok(losses)
}

/// What the service did not take of a run.
fn lost(open: &Open) -> Option<String> {
    let Sent { lost, refused, .. } = &open.sent;
    let id = &open.id;
    if !refused.is_empty() {
        return Some(format!("{lost} rows, the summary and the files of run {id} ({refused})"));
    }
    (*lost > 0).then(|| format!("{lost} rows of run {id} (HTTP 413: too large for the server)"))
}

/// Ends a run that never began. Returns what was lost.
pub(crate) fn abandon(
    host: &impl ExporterHost,
    settings: &Settings,
    made: &Open,
    exit: i32,
) -> Vec<String> {
    let body = Update { exit: Some(exit), ..Update::default() }.body();
    match client::stream(host, settings, address(settings, made), body) {
        Ok(_) => Vec::new(),
        Err(failure) => vec![format!("the end of 1 run ({})", failure.text())],
    }
}

/// The run's page.
pub(crate) fn page(settings: &Settings, open: &Open) -> String {
    naming::page(settings, path(open))
}

/// Adds a file to a run that has ended. Returns what was lost.
pub(crate) fn attach(
    host: &impl ExporterHost,
    settings: &Settings,
    ended: &Ended,
    file: Upload,
) -> Vec<String> {
    let path = Path { entity: &ended.entity, project: &ended.project, id: &ended.id };
    let uploaded = client::upload(host, settings, path, vec![file]);
    let mut failed = uploaded.failed;
    if !uploaded.names.is_empty() {
        let update =
            Update { uploaded: &uploaded.names, exit: Some(ended.exit), ..Update::default() };
        let url = naming::stream(settings, path);
        if let Err(failure) = client::stream(host, settings, url, update.body()) {
            failed.extend(uploaded.names.iter().map(|name| format!("{name} ({})", failure.text())));
        }
    }
    failed.into_iter().map(|file| format!("1 file: {file}")).collect()
}

fn path(open: &Open) -> Path<'_> {
    Path { entity: &open.sent.entity, project: &open.sent.project, id: &open.id }
}

fn address(settings: &Settings, open: &Open) -> String {
    naming::stream(settings, path(open))
}
