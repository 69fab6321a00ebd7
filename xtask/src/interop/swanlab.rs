//! SwanLab: `swanlab sync` sends an offline run, an online export of the same run sends the same,
//! `swanlab convert` reads our W&B run, and `swanlab watch` shows a local one in a browser. Values are
//! compared with the run's own files.

mod notes;
mod watch;

use super::Failed;
use super::bench::Bench;
use super::files::{copied, entries, json, points, read};
use super::site::Site;
use super::venv::Environment;
use notes::Notes;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// SwanLab's client with its dashboard, and W&B's, whose files `swanlab convert` reads with it.
pub(super) const ENVIRONMENTS: &[Environment] = &[Environment {
    name: "swanlab",
    packages: &["swanlab==0.10.3", "swanboard==0.1.10b2", "wandb==0.31.0"],
}];

const SERVER: &str = include_str!("swanlab/server.py");

/// Two points of about three seconds: a few rows each.
const RUN: &str = "perf --simulate --name sweep --parallel 1 2 --duration 3 --sleep-interval 0";

/// Sends it.
const EXPORT: [&str; 4] = ["export", "stored", "--exporter", "swanlab"];

/// Checks every way.
pub(super) fn check(bench: &mut Bench) -> Result<(), Failed> {
    let site = Site::start(bench, &ENVIRONMENTS[0], SERVER)?;
    let synced = offline(bench, &site)?;
    online(bench, &site, &synced)?;
    convert(bench, &site)?;
    watch::check(bench, &site)
}

/// What tools and exporter are told of the server.
fn environment(site: &Site) -> [(&str, &str); 3] {
    let key = ("SWANLAB_API_KEY", "000000000000000000000");
    [("SWANLAB_API_HOST", &site.url), ("SWANLAB_WEB_HOST", &site.url), key]
}

fn swanlab(site: &Site, arguments: &[&str]) -> Result<String, Failed> {
    site.run("swanlab", arguments, &environment(site))
}

/// What `swanlab sync` makes of a run, a point after the other.
fn offline(bench: &mut Bench, site: &Site) -> Result<Vec<Notes>, Failed> {
    let line: Vec<&str> = RUN.split(' ').chain(["--run-dir", "stored"]).collect();
    bench.loadwright(&line, &[])?;
    // Each copy is sent once: a run says how far it was sent.
    copied(&site.folder.join("stored"), &site.folder.join("again"))?;
    bench.loadwright(&EXPORT, &[("SWANLAB_MODE", "offline")])?;
    let folders = folders(&site.folder.join("stored/exports/swanlab"), "run-")?;
    bench.same("a folder a point", folders.len(), 2);
    let points = points(&site.folder.join("stored"))?;
    let mut all = Vec::new();
    for ((folder, point), parallel) in folders.iter().zip(points).zip(1_u64..) {
        swanlab(site, &["sync", &folder.display().to_string()])?;
        let sent = Notes(site.sent()?);
        described(bench, &sent, parallel);
        measured(bench, &sent, &point)?;
        all.push(sent);
    }
    Ok(all)
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
    let text = read(&results.join("benchmark_summary.json"))?;
    bench.same(
        "the file is whole",
        sent.text("/store/files/benchmark_summary.json"),
        Some(text.as_str()),
    );
    let summary = json(&text)?;
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
    bench.loadwright(&["export", "again", "--exporter", "swanlab"], &environment(site))?;
    let sent = Notes(site.sent()?);
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
    swanlab(site, &["convert", "--type", "wandb-local", "--wb-dir", folder])?;
    let sent = Notes(site.sent()?);
    let made = sent.experiments().len();
    bench.same("convert: an experiment a point", made, 2);
    bench.claim("convert: values of rows", sent.last("request_rate").is_some());
    Ok(())
}

/// Folders in `folder` whose names begin with `prefix`, by name.
fn folders(folder: &Path, prefix: &str) -> Result<Vec<PathBuf>, Failed> {
    let named = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
    };
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir() && named(path)).collect())
}
