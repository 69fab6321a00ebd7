//! W&B: `wandb leet` reads an offline run and `wandb sync` sends it; an online run sends what W&B's own
//! client sends. Values are compared with the run's own files, and with each other.

mod exchanges;

use super::Failed;
use super::bench::Bench;
use super::files::{entries, json, read, write};
use super::site::Site;
use super::venv::Environment;
use exchanges::{Exchanges, history_of, quantile};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// W&B's client, with its tools.
pub(super) const ENVIRONMENTS: &[Environment] =
    &[Environment { name: "wandb", packages: &["wandb==0.31.0"] }];

/// A key of the right length.
const KEY: &str = "0000000000000000000000000000000000000000";

const SERVER: &str = include_str!("wandb/server.py");
const CLIENT: &str = include_str!("wandb/client.py");

/// Two points of about three seconds: a few rows each.
const RUN: &str = "perf --simulate --visualizer wandb --name sweep --parallel 1 2 --duration 3 --sleep-interval 0";

/// Checks both ways.
pub(super) fn check(bench: &mut Bench) -> Result<(), Failed> {
    let site = Site::start(bench, &ENVIRONMENTS[0], SERVER)?;
    offline(bench, &site)?;
    online(bench, &site)
}

/// What tools and exporter are told of the server.
fn environment(site: &Site) -> [(&str, &str); 2] {
    [("WANDB_BASE_URL", &site.url), ("WANDB_API_KEY", KEY)]
}

fn tool(site: &Site, program: &str, arguments: &[&str]) -> Result<String, Failed> {
    let [url, key] = environment(site);
    site.run(
        program,
        arguments,
        &[url, key, ("WANDB_DIR", "."), ("WANDB_ERROR_REPORTING", "false")],
    )
}

/// What `wandb leet` shows of a run, and what `wandb sync` makes of it.
fn offline(bench: &mut Bench, site: &Site) -> Result<(), Failed> {
    let line: Vec<&str> = RUN.split(' ').chain(["--run-dir", "offline"]).collect();
    bench.loadwright(&line, &[("WANDB_MODE", "offline")])?;
    let folders = folders(&site.folder.join("offline/exports/wandb"))?;
    bench.same("a folder a point", folders.len(), 2);
    for (index, folder) in folders.iter().enumerate() {
        let file = file(folder)?;
        let summary =
            json(&tool(site, "wandb", &["leet", "inspect", "--summary", "--json", &file])?)?;
        shown(bench, &summary, index);
        let records = tool(site, "wandb", &["leet", "inspect", "--json", &file])?;
        let records: Vec<Value> = records.lines().filter_map(|line| json(line).ok()).collect();
        defined(bench, &records);
        tool(site, "wandb", &["sync", "--yes", &folder.display().to_string()])?;
        synced(bench, &Exchanges(site.sent()?), folder, &records)?;
    }
    Ok(())
}

fn shown(bench: &mut Bench, run: &Value, index: usize) {
    bench.same("leet: state", run["state"].as_str(), Some("finished"));
    bench.same("leet: exit code", run["exit_code"].as_i64(), Some(0));
    bench.same("leet: project", run["project"].as_str(), Some("perf_benchmark"));
    bench.same(
        "leet: the point's load",
        run["config"]["parallel"].as_u64(),
        Some(index as u64 + 1),
    );
    let summary = &run["summary"];
    bench.claim("leet: requests were measured", summary["completed"].as_f64() > Some(0.0));
    for q in [0.5, 0.9, 0.99] {
        let name = format!("latency_p{}", q * 100.0);
        let drawn = quantile(&summary["distribution/latency"], q).unwrap_or_default();
        let exact = summary[&name].as_f64().unwrap_or(f64::NAN);
        let claim = format!("the histogram has {name} of the summary: {drawn} for {exact}");
        bench.claim(&claim, (exact * 0.999..=exact * 1.02).contains(&drawn));
    }
}

fn defined(bench: &mut Bench, records: &[Value]) {
    let metrics = records.iter().filter_map(|record| record.get("metric"));
    let rate = metrics.into_iter().find(|metric| metric["name"] == "request_rate");
    let axis = rate.and_then(|metric| metric["step_metric"].as_str());
    bench.same("leet: x axis of request_rate", axis, Some("time"));
    let times: Vec<f64> = lines(records).filter_map(|line| line["time"].as_f64()).collect();
    bench.claim("leet: a row a second", times.len() >= 3 && times.is_sorted());
}

fn lines(records: &[Value]) -> impl Iterator<Item = &Value> {
    records.iter().filter_map(|record| record.pointer("/history/item"))
}

/// The server has each line and file of the folder.
fn synced(
    bench: &mut Bench,
    sent: &Exchanges,
    folder: &Path,
    records: &[Value],
) -> Result<(), Failed> {
    let ours: Vec<&Value> = lines(records).collect();
    let theirs = history_of(&sent.streams());
    bench.same("sync: lines of history", theirs.iter().collect::<Vec<_>>(), ours);
    let end = sent.streams().into_iter().find(|body| body["complete"] == true);
    bench.same("sync: exit code", end.and_then(|body| body["exitcode"].as_i64()), Some(0));
    for name in ["benchmark_summary.json", "benchmark_percentile.json", "performance_summary.txt"] {
        let content = read(&folder.join("files").join(name))?;
        bench.same(&format!("sync: {name}"), sent.upload(name), Some(content));
    }
    let named = |file: &str| file.starts_with("media/table/percentiles_");
    bench.claim("sync: the table", sent.uploads().iter().any(|file| named(file)));
    Ok(())
}

/// An online run beside one of W&B's own client.
fn online(bench: &mut Bench, site: &Site) -> Result<(), Failed> {
    let line: Vec<&str> = RUN.split(' ').chain(["--run-dir", "online"]).collect();
    let printed = bench.loadwright(&line, &environment(site))?;
    let ours = Exchanges(site.sent()?);
    let script = site.folder.join("client.py");
    write(&script, CLIENT)?;
    tool(site, "python", &[&script.display().to_string()])?;
    let theirs = Exchanges(site.sent()?);
    let page = format!("{}/team/perf_benchmark/runs/", site.url);
    bench.claim("online: the page is shown", printed.contains(&page));
    bench.same("online: runs", ours.operations("UpsertBucket").len(), 2);
    let same_key = ours.keys() == theirs.keys() && ours.keys().len() == 1;
    bench.claim("online: the key is sent as their client does", same_key);
    bench.claim("online: uploads carry no key", ours.uploads_without_key());
    for name in ["UpsertBucket", "CreateRunFiles"] {
        let strange = ours.variables_beside(&theirs, name);
        bench.same(&format!("online: variables of {name} beside theirs"), strange, Vec::new());
    }
    bench.same("online: members of streams", ours.members_beside(&theirs), Vec::new());
    let ends: Vec<Value> =
        ours.streams().into_iter().filter(|body| body["complete"] == true).collect();
    bench.claim(
        "online: every run ends",
        ends.len() >= 2 && ends.iter().all(|end| end["exitcode"] == 0),
    );
    for run in ours.runs() {
        let history = history_of(&ours.streams_of(&run));
        let steps: Vec<u64> = history.iter().filter_map(|line| line["_step"].as_u64()).collect();
        let expected: Vec<u64> = (0..history.len() as u64).collect();
        bench.same("online: steps without a gap", steps, expected);
        bench.claim("online: a row a second", history.len() >= 4);
        let table = history.last().is_some_and(|line| line.get("percentiles").is_some());
        bench.claim("online: the last line has the table", table);
    }
    Ok(())
}

fn folders(parent: &Path) -> Result<Vec<PathBuf>, Failed> {
    let mut folders = entries(parent)?;
    // Ids end with the number of the point.
    folders.sort_by_key(|folder| folder.to_string_lossy().rsplit('-').next().map(str::to_owned));
    Ok(folders)
}

fn file(folder: &Path) -> Result<String, Failed> {
    let files = entries(folder)?;
    let file = files.iter().find(|file| file.extension().is_some_and(|end| end == "wandb"));
    let file = file.ok_or_else(|| Failed(format!("{} has no .wandb", folder.display())))?;
    Ok(file.display().to_string())
}
