//! SwanLab: `swanlab sync` sends an offline run, an online export of the same run sends the same,
//! `swanlab convert` reads our W&B run, and `swanlab watch` shows a local one in a browser. Values are
//! compared with the run's own files.

mod notes;
mod watch;

use super::Failed;
use super::bench::{Bench, Running, free_port, output, until};
use super::venv::Venv;
use notes::Notes;
use serde_json::Value;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// SwanLab's client with its dashboard, and W&B's, whose files `swanlab convert` reads with it.
const PACKAGES: [&str; 3] = ["swanlab==0.10.3", "swanboard==0.1.10b2", "wandb==0.31.0"];

/// How long one of its commands may take.
const PATIENCE: Duration = Duration::from_secs(120);

const SERVER: &str = include_str!("swanlab/server.py");

/// Two points of about three seconds: a few rows each.
const RUN: &str = "perf --simulate --name sweep --parallel 1 2 --duration 3 --sleep-interval 0";

/// Sends it.
const EXPORT: [&str; 4] = ["export", "stored", "--exporter", "swanlab"];

/// Checks every way.
pub(super) fn check(bench: &mut Bench) -> Result<(), Failed> {
    let site = Site::start(bench)?;
    let synced = offline(bench, &site)?;
    online(bench, &site, &synced)?;
    convert(bench, &site)?;
    watch::check(bench, &site)
}

/// The tools, and a server that they send to.
struct Site {
    venv: Venv,
    folder: PathBuf,
    url: String,
    notes: PathBuf,
    _server: Running,
}

impl Site {
    fn start(bench: &mut Bench) -> Result<Self, Failed> {
        let venv = Venv::with(&bench.scratch, "swanlab", &PACKAGES)?;
        let folder = bench.folder.clone();
        let (port, notes) = (free_port()?, folder.join("notes.jsonl"));
        let script = folder.join("server.py");
        std::fs::write(&script, SERVER).map_err(|cause| Failed::because("server.py", cause))?;
        let mut server = venv.command("python");
        server.arg(script).arg(port.to_string()).arg(&notes);
        let running = Running::start(&mut server, &folder.join("server.log"))?;
        let listens = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        bench.claim("the server listens", until(Duration::from_secs(30), listens));
        let url = format!("http://127.0.0.1:{port}");
        Ok(Self { venv, folder, url, notes, _server: running })
    }

    /// What tools and exporter are told of the server.
    fn environment(&self) -> [(&str, &str); 3] {
        let key = ("SWANLAB_API_KEY", "000000000000000000000");
        [("SWANLAB_API_HOST", &self.url), ("SWANLAB_WEB_HOST", &self.url), key]
    }

    fn swanlab(&self, arguments: &[&str]) -> Result<String, Failed> {
        let mut command = self.venv.command("swanlab");
        command.args(arguments).current_dir(&self.folder).env("HOME", &self.folder);
        output(command.envs(self.environment()), PATIENCE)
    }

    /// What the server was sent since the last time, in order.
    fn sent(&self) -> Result<Notes, Failed> {
        let sent = Notes::read(&self.notes)?;
        std::fs::write(&self.notes, "").map_err(|cause| Failed::because("notes.jsonl", cause))?;
        Ok(sent)
    }
}

/// What `swanlab sync` makes of a run, a point after the other.
fn offline(bench: &mut Bench, site: &Site) -> Result<Vec<Notes>, Failed> {
    let line: Vec<&str> = RUN.split(' ').chain(["--run-dir", "stored"]).collect();
    bench.loadwright(&line, &[])?;
    // Each copy is sent once: a run says how far it was sent.
    let mut copy = Command::new("cp");
    output(copy.args(["-r", "stored", "again"]).current_dir(&site.folder), PATIENCE)?;
    bench.loadwright(&EXPORT, &[("SWANLAB_MODE", "offline")])?;
    let folders = folders(&site.folder.join("stored/exports/swanlab"), "run-")?;
    bench.same("a folder a point", folders.len(), 2);
    let mut points = Vec::new();
    for (folder, parallel) in folders.iter().zip(1_u64..) {
        site.swanlab(&["sync", &folder.display().to_string()])?;
        let sent = site.sent()?;
        described(bench, &sent, parallel);
        measured(bench, &sent, &results(site, parallel)?)?;
        points.push(sent);
    }
    Ok(points)
}

/// The folder with a point's results.
fn results(site: &Site, parallel: u64) -> Result<PathBuf, Failed> {
    let found = folders(&site.folder.join("stored"), &format!("parallel_{parallel}"))?;
    found.into_iter().next().ok_or_else(|| Failed(format!("no results of --parallel {parallel}")))
}

fn described(bench: &mut Bench, sent: &Notes, parallel: u64) {
    let made = sent.body("/experiment");
    let name = made["name"].as_str().unwrap_or_default();
    bench.claim(
        "the point names its experiment",
        name.starts_with(&format!("sweep parallel_{parallel}")),
    );
    bench.same("group", made["cluster"].as_str(), Some("sweep"));
    let config = &sent.body("/profile")["config"];
    bench.same("framework", config["framework"]["value"].as_str(), Some("loadwright"));
    bench.same("the point's load", config["parallel"]["value"].as_u64(), Some(parallel));
    let series = &sent.body("/series")["series"];
    let column = |key: &str| {
        let mut columns = series.as_array().into_iter().flatten();
        columns.find(|column| column["key"] == key).cloned().unwrap_or_default()
    };
    bench.same("the x axis of rows", column("request_rate")["xAxis"].as_str(), Some("time"));
    bench.same("the time has no chart", column("time")["hidden"].as_bool(), Some(true));
    bench.same("state", sent.body("/state")["state"].as_str(), Some("FINISHED"));
    let verdict =
        |line: &Value| line["message"].as_str().is_some_and(|it| it.starts_with("verdict: "));
    bench.claim("the log ends with the verdict", sent.values("log").iter().any(verdict));
}

/// Values, table, histograms and files against the run's own files.
fn measured(bench: &mut Bench, sent: &Notes, results: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(results.join("benchmark_summary.json"))
        .map_err(|cause| Failed::because(results.display(), cause))?;
    bench.same(
        "the file is whole",
        sent.text("/store/files/benchmark_summary.json"),
        Some(text.as_str()),
    );
    let summary: Value =
        serde_json::from_str(&text).map_err(|cause| Failed::because("summary", cause))?;
    for (key, ours) in [
        ("Total Requests", "summary/requests"),
        ("Success Requests", "summary/completed"),
        ("Failed Requests", "summary/failed"),
    ] {
        bench.same(ours, sent.last(ours), summary[key].as_f64());
    }
    bench.same("requests of the last row", sent.last("requests"), sent.last("summary/requests"));
    let table = sent.chart("percentiles");
    let rows = table["rowData"].as_array().cloned().unwrap_or_default();
    bench.claim("the table has rows", !rows.is_empty());
    for metric in ["ttft", "latency", "tpot"] {
        for percentile in ["p50", "p90", "p99"] {
            let exact = sent.last(&format!("summary/{metric}_{percentile}")).unwrap_or(f64::NAN);
            let drawn = notes::percentile(&sent.chart(&format!("histogram/{metric}")), percentile);
            let claim =
                format!("the histogram of {metric} has its {percentile}: {drawn:?} for {exact}");
            let close = |drawn: f64| (exact * 0.999..=exact * 1.02).contains(&drawn);
            bench.claim(&claim, drawn.is_some_and(close));
            let shown = rows.iter().any(|row| row[percentile].as_f64() == Some(exact));
            bench.claim(&format!("the table has the {percentile} of {metric}"), shown);
        }
    }
    Ok(())
}

/// An online export of the stored run against what the tool sent of it.
fn online(bench: &mut Bench, site: &Site, synced: &[Notes]) -> Result<(), Failed> {
    bench.loadwright(&["export", "again", "--exporter", "swanlab"], &site.environment())?;
    let sent = site.sent()?;
    let ids = sent.experiments();
    bench.same("an experiment a point", ids.len(), synced.len());
    for (id, theirs) in ids.iter().zip(synced) {
        let ours = sent.of(id);
        for kind in ["scalar", "log", "media"] {
            bench.same(
                &format!("as synced: {kind}"),
                ours.comparable(kind),
                theirs.comparable(kind),
            );
        }
        let state = ours.body("/state");
        bench.same("as synced: state", &state["state"], &theirs.body("/state")["state"]);
    }
    Ok(())
}

/// Our W&B run, read by another reader.
fn convert(bench: &mut Bench, site: &Site) -> Result<(), Failed> {
    let line: Vec<&str> =
        RUN.split(' ').chain(["--visualizer", "wandb", "--run-dir", "converted"]).collect();
    bench.loadwright(&line, &[("WANDB_MODE", "offline")])?;
    let folder = "converted/exports/wandb";
    site.swanlab(&["convert", "--type", "wandb-local", "--wb-dir", folder])?;
    let sent = site.sent()?;
    let made = sent.experiments().len();
    bench.same("convert: an experiment a point", made, 2);
    bench.claim("convert: values of rows", sent.last("request_rate").is_some());
    Ok(())
}

/// Folders in `folder` whose names begin with `prefix`, sorted.
fn folders(folder: &Path, prefix: &str) -> Result<Vec<PathBuf>, Failed> {
    let entries =
        std::fs::read_dir(folder).map_err(|cause| Failed::because(folder.display(), cause))?;
    let found = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
    let named = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
    };
    let mut found: Vec<PathBuf> = found.filter(named).collect();
    found.sort();
    Ok(found)
}
