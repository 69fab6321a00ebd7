//! ClearML: `Task.import_offline_session` takes an offline run, and the SDK's classes of requests take
//! the bodies of an online one. Values are compared with the run's own files.

use super::Failed;
use super::bench::Bench;
use super::files::{entries, json, points, read, write};
use super::site::Site;
use super::venv::Environment;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// ClearML's SDK.
pub(super) const ENVIRONMENTS: &[Environment] =
    &[Environment { name: "clearml", packages: &["clearml==2.1.12"] }];

const SERVER: &str = include_str!("clearml/server.py");
const TOOL: &str = include_str!("clearml/tool.py");

/// Two points of about three seconds: a few rows each.
const RUN: &str = "perf --simulate --visualizer clearml --name sweep --parallel 1 2 --duration 3 --sleep-interval 0";

/// Checks both ways.
pub(super) fn check(bench: &mut Bench) -> Result<(), Failed> {
    let site = Site::start(bench, &ENVIRONMENTS[0], SERVER)?;
    offline(bench, &site)?;
    online(bench, &site)
}

/// What SDK and exporter are told of the server.
fn environment(site: &Site) -> [(&str, &str); 5] {
    [
        ("CLEARML_API_HOST", &site.url),
        ("CLEARML_WEB_HOST", &site.url),
        ("CLEARML_FILES_HOST", &site.url),
        ("CLEARML_API_ACCESS_KEY", "ACCESS"),
        ("CLEARML_API_SECRET_KEY", "secret"),
    ]
}

fn tool(site: &Site, arguments: &[&str]) -> Result<String, Failed> {
    let script = site.folder.join("tool.py");
    write(&script, TOOL)?;
    let script = script.display().to_string();
    let line: Vec<&str> = [script.as_str()].iter().chain(arguments).copied().collect();
    site.run("python", &line, &environment(site))
}

fn offline(bench: &mut Bench, site: &Site) -> Result<(), Failed> {
    let line: Vec<&str> = RUN.split(' ').chain(["--run-dir", "offline"]).collect();
    bench.loadwright(&line, &[("CLEARML_OFFLINE_MODE", "1")])?;
    let zips = zips(&site.folder.join("offline/exports/clearml"))?;
    bench.same("a zip a point", zips.len(), 2);
    for (zip, point) in zips.iter().zip(points(&site.folder.join("offline"))?) {
        let printed = tool(site, &["import", &zip.display().to_string()])?;
        bench.claim("import: there is a task", printed.contains("imported "));
        let sent = site.sent()?;
        described(bench, "import", &task(&sent), &point);
        measured(bench, "import", &sent, &point)?;
        bench.same("import: files", uploads(&sent), 3);
        bench.same("import: completed", bodies(&sent, "tasks.completed").len(), 1);
    }
    Ok(())
}

fn online(bench: &mut Bench, site: &Site) -> Result<(), Failed> {
    let line: Vec<&str> = RUN.split(' ').chain(["--run-dir", "online"]).collect();
    let printed = bench.loadwright(&line, &environment(site))?;
    let checked = tool(site, &["requests", &site.exchanges.display().to_string()])?;
    let refused: Vec<&str> = checked.lines().filter(|line| line.starts_with("refused")).collect();
    bench.same("online: bodies that the SDK's classes refuse", refused, Vec::new());
    bench.claim("online: bodies were checked", checked.matches("taken").count() > 10);
    let sent = site.sent()?;
    bench.claim("online: the page is shown", printed.contains(&format!("{}/projects/", site.url)));
    let login = sent.iter().find(|one| one["action"] == "auth.login");
    let key = login.and_then(|one| one["headers"]["authorization"].as_str());
    bench.same("online: the keys", key, Some("Basic QUNDRVNTOnNlY3JldA=="));
    let ids = tasks(&sent);
    bench.same("online: a task a point", ids.len(), 2);
    for (id, point) in ids.iter().zip(points(&site.folder.join("online"))?) {
        let of = |one: &&Value| {
            let texts = [&one["body"], &one["answer"]];
            texts.iter().any(|text| text.as_str().is_some_and(|text| text.contains(id)))
        };
        let own: Vec<Value> = sent.iter().filter(of).cloned().collect();
        described(bench, "online", &task(&own), &point);
        measured(bench, "online", &own, &point)?;
        bench.same("online: completed", bodies(&own, "tasks.completed").len(), 1);
    }
    Ok(())
}

/// A task as its requests leave it. The SDK's import creates one of its own type, and edits it then.
fn task(sent: &[Value]) -> Map<String, Value> {
    let fields = sent.iter().filter(|one| {
        let action = one["action"].as_str().unwrap_or_default();
        ["tasks.create", "tasks.edit"].contains(&action)
    });
    let bodies = fields.filter_map(|one| json(one["body"].as_str()?).ok());
    let named = bodies.filter_map(|body| body.as_object().cloned()).flatten();
    named.filter(|(_, value)| !value.is_null()).collect()
}

fn described(bench: &mut Bench, way: &str, task: &Map<String, Value>, point: &Path) {
    let task = Value::Object(task.clone());
    bench.same(&format!("{way}: the type"), task["type"].as_str(), Some("testing"));
    let point = point.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = task["name"].as_str().unwrap_or_default();
    bench.claim(&format!("{way}: `{name}` names its point, {point}"), name.contains(point));
    let load = task.pointer("/hyperparams/General/parallel/value").and_then(Value::as_str);
    let claim = format!("{way}: {load:?} is the point's load");
    bench.claim(&claim, load.is_some_and(|load| point.starts_with(&format!("parallel_{load}"))));
    let tags = task["tags"].as_array().cloned().unwrap_or_default();
    let grouped = tags.iter().filter_map(Value::as_str).any(|tag| tag.starts_with("run "));
    bench.claim(&format!("{way}: the tag of its sweep"), grouped);
}

/// The events have the rows and the summary of the point.
fn measured(bench: &mut Bench, way: &str, sent: &[Value], point: &Path) -> Result<(), Failed> {
    let events = events(sent);
    let summary = json(&read(&point.join("benchmark_summary.json"))?)?;
    let single = events
        .iter()
        .find(|one| one["metric"] == "Summary" && one["variant"] == "successful requests");
    let single = single.and_then(|one| one["value"].as_f64());
    let claim = format!("{way}: successful requests of the summary");
    bench.same(&claim, single, summary["Success Requests"].as_f64());
    let scalar = |title: &str, series: &str| -> Vec<i64> {
        let of = events.iter().filter(|one| one["metric"] == title && one["variant"] == series);
        of.filter_map(|one| one["iter"].as_i64()).collect()
    };
    let seconds = scalar("TTFT (s)", "p99");
    let ascending = seconds.windows(2).all(|pair| pair[0] < pair[1]);
    bench.claim(&format!("{way}: a row a second"), seconds.len() >= 3 && ascending);
    let table = events.iter().find(|one| one["type"] == "plot" && one["metric"] == "Percentiles");
    bench.claim(&format!("{way}: the percentile table"), table.is_some());
    let lines = events.iter().filter(|one| one["type"] == "log").count();
    bench.claim(&format!("{way}: the report in the log"), lines >= 3);
    Ok(())
}

fn events(sent: &[Value]) -> Vec<Value> {
    let batches = sent.iter().filter(|one| one["action"] == "events.add_batch");
    let lines = batches.filter_map(|one| one["body"].as_str()).flat_map(str::lines);
    lines.filter_map(|line| json(line).ok()).collect()
}

fn bodies(sent: &[Value], action: &str) -> Vec<Value> {
    let of = sent.iter().filter(|one| one["action"] == action);
    of.filter_map(|one| json(one["body"].as_str()?).ok()).collect()
}

fn uploads(sent: &[Value]) -> usize {
    let multipart = |one: &&Value| {
        let kind = one["headers"]["content-type"].as_str();
        kind.is_some_and(|kind| kind.starts_with("multipart/form-data"))
    };
    sent.iter().filter(multipart).count()
}

/// Ids of the tasks that were started, in order.
fn tasks(sent: &[Value]) -> Vec<String> {
    let started = bodies(sent, "tasks.started");
    started.iter().filter_map(|one| one["task"].as_str()).map(str::to_owned).collect()
}

fn zips(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let mut zips = entries(folder)?;
    zips.retain(|path| path.extension().is_some_and(|end| end == "zip"));
    Ok(zips)
}
