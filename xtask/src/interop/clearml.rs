//! ClearML: `Task.import_offline_session` takes an offline run, and the SDK's classes of requests take
//! the bodies of an online one. Values are compared with the run's own files.

use super::Failed;
use super::bench::{Bench, Running, free_port, output, until};
use super::venv::Venv;
use serde_json::Value;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// ClearML's SDK.
const CLEARML: &str = "clearml==2.1.12";

/// How long one of its commands may take.
const PATIENCE: Duration = Duration::from_secs(120);

const SERVER: &str = include_str!("clearml_server.py");
const TOOL: &str = include_str!("clearml_tool.py");

/// Two points of about three seconds: a few rows each.
const RUN: &str = "perf --simulate --visualizer clearml --name sweep --parallel 1 2 --duration 3 --sleep-interval 0";

/// Checks both ways.
pub(super) fn check(bench: &mut Bench) -> Result<(), Failed> {
    let site = Site::start(bench)?;
    offline(bench, &site)?;
    online(bench, &site)
}

/// The SDK, and a server that it sends to.
struct Site {
    venv: Venv,
    folder: PathBuf,
    url: String,
    exchanges: PathBuf,
    _server: Running,
}

impl Site {
    fn start(bench: &mut Bench) -> Result<Self, Failed> {
        let venv = Venv::with(&bench.scratch, "clearml", &[CLEARML])?;
        let folder = bench.folder.clone();
        let (port, exchanges) = (free_port()?, folder.join("exchanges.jsonl"));
        for (name, script) in [("server.py", SERVER), ("tool.py", TOOL)] {
            write(&folder.join(name), script)?;
        }
        let mut server = venv.command("python");
        server.arg(folder.join("server.py")).arg(port.to_string()).arg(&exchanges);
        let running = Running::start(&mut server, &folder.join("server.log"))?;
        let listens = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        bench.claim("the server listens", until(Duration::from_secs(30), listens));
        let url = format!("http://127.0.0.1:{port}");
        Ok(Self { venv, folder, url, exchanges, _server: running })
    }

    /// What SDK and exporter are told of the server.
    fn environment(&self) -> [(&str, &str); 5] {
        [
            ("CLEARML_API_HOST", &self.url),
            ("CLEARML_WEB_HOST", &self.url),
            ("CLEARML_FILES_HOST", &self.url),
            ("CLEARML_API_ACCESS_KEY", "ACCESS"),
            ("CLEARML_API_SECRET_KEY", "secret"),
        ]
    }

    fn tool(&self, arguments: &[&str]) -> Result<String, Failed> {
        let mut command: Command = self.venv.command("python");
        command.arg(self.folder.join("tool.py")).args(arguments).current_dir(&self.folder);
        command.env("HOME", &self.folder).env("CLEARML_CACHE_DIR", self.folder.join("cache"));
        command.envs(self.environment());
        output(&mut command, PATIENCE)
    }

    /// What the server was sent since the last time, in order.
    fn sent(&self) -> Result<Vec<Value>, Failed> {
        let sent = read(&self.exchanges)?.lines().map(json).collect();
        write(&self.exchanges, "")?;
        sent
    }
}

fn offline(bench: &mut Bench, site: &Site) -> Result<(), Failed> {
    let line: Vec<&str> = RUN.split(' ').chain(["--run-dir", "offline"]).collect();
    bench.loadwright(&line, &[("CLEARML_OFFLINE_MODE", "1")])?;
    let zips = zips(&site.folder.join("offline/exports/clearml"))?;
    bench.same("a zip a point", zips.len(), 2);
    for (zip, point) in zips.iter().zip(points(&site.folder.join("offline"))?) {
        let printed = site.tool(&["import", &zip.display().to_string()])?;
        bench.claim("import: there is a task", printed.contains("imported "));
        let sent = site.sent()?;
        let made = bodies(&sent, "tasks.create");
        bench.same("import: the type", made[0]["type"].as_str(), Some("testing"));
        measured(bench, "import", &sent, &point)?;
        bench.same("import: files", uploads(&sent), 3);
        bench.same("import: completed", bodies(&sent, "tasks.completed").len(), 1);
    }
    Ok(())
}

fn online(bench: &mut Bench, site: &Site) -> Result<(), Failed> {
    let line: Vec<&str> = RUN.split(' ').chain(["--run-dir", "online"]).collect();
    let printed = bench.loadwright(&line, &site.environment())?;
    let checked = site.tool(&["requests", &site.exchanges.display().to_string()])?;
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
        let of = |one: &&Value| one["body"].as_str().is_some_and(|body| body.contains(id.as_str()));
        let own: Vec<Value> = sent.iter().filter(of).cloned().collect();
        measured(bench, "online", &own, &point)?;
        bench.same("online: completed", bodies(&own, "tasks.completed").len(), 1);
    }
    Ok(())
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

/// Folders of points, in order.
fn points(run: &Path) -> Result<Vec<PathBuf>, Failed> {
    let mut points = entries(run)?;
    points.retain(|path| path.join("benchmark_summary.json").is_file());
    Ok(points)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let entries =
        std::fs::read_dir(folder).map_err(|cause| Failed::because(folder.display(), cause))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<String, Failed> {
    std::fs::read_to_string(path).map_err(|cause| Failed::because(path.display(), cause))
}

fn write(path: &Path, content: &str) -> Result<(), Failed> {
    std::fs::write(path, content).map_err(|cause| Failed::because(path.display(), cause))
}

fn json(text: &str) -> Result<Value, Failed> {
    serde_json::from_str(text).map_err(|cause| Failed::because(text, cause))
}
