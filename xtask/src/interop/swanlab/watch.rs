//! The local dashboard: what its pages are given, and what a browser draws of it.

use super::{RUN, Site, folders};
use crate::interop::Failed;
use crate::interop::bench::{Bench, Running, free_port, output, until};
use crate::interop::files::{json, write};
use crate::plugins::root;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The picture of the documentation, and the sweep that it shows.
const PICTURE: &str = "docs/images/swanlab-watch.png";
const SWEEP: &str =
    "perf --simulate --name sweep --parallel 1 4 16 --duration 25 --sleep-interval 0";

const BROWSER: &str = include_str!("browser.py");

/// Runs with `--swanlab-api-key local`, and looks at it.
pub(super) fn check(bench: &mut Bench, site: &Site) -> Result<(), Failed> {
    let local = ["--visualizer", "swanlab", "--swanlab-api-key", "local", "--run-dir", "local"];
    let run = if blessed() { SWEEP } else { RUN };
    let line: Vec<&str> = run.split(' ').chain(local).collect();
    bench.loadwright(&line, &[])?;
    let folder = site.folder.join("local/exports/swanlab");
    let port = free_port()?;
    let mut server = site.command("swanlab");
    server.args(["watch", &folder.display().to_string(), "-p", &port.to_string()]);
    let _server = Running::start(&mut server, &site.folder.join("watch.log"))?;
    let answers = || get(port, "project").is_ok();
    bench.claim("watch: the dashboard answers", until(PATIENCE, answers));
    pages(bench, port, &folder)?;
    browser(bench, site, port)
}

/// What the pages are given.
fn pages(bench: &mut Bench, port: u16, folder: &Path) -> Result<(), Failed> {
    let project = get(port, "project")?;
    let experiments = project["experiments"].as_array().cloned().unwrap_or_default();
    let runs = folders(folder, "run-")?;
    bench.same("watch: an experiment a point", experiments.len(), runs.len());
    let summaries = get(port, "project/summaries")?["summaries"].clone();
    for (experiment, run) in experiments.iter().zip(runs) {
        bench.same("watch: finished", experiment["status"].as_i64(), Some(1));
        bench.same(
            "watch: its folder",
            experiment["run_id"].as_str(),
            run.file_name().and_then(|it| it.to_str()),
        );
        let id = experiment["id"].as_i64().unwrap_or_default();
        let named = &summaries[experiment["name"].as_str().unwrap_or_default()];
        bench.claim("watch: the table has numbers", all_numbers(named));
        let rate = get(port, &format!("experiment/{id}/tag/request_rate"))?;
        let list = rate["list"].as_array().cloned().unwrap_or_default();
        bench.claim("watch: a value a second", list.len() >= 3);
        let steps: Vec<i64> = list.iter().filter_map(|it| it["index"].as_i64()).collect();
        bench.claim("watch: at their seconds", steps.starts_with(&[1, 2, 3]));
        let last = list.last().map(|it| it["data"].clone()).unwrap_or_default();
        bench.same(
            "watch: the last one in the table",
            last.as_f64(),
            named["request_rate"].as_f64(),
        );
        let config = get(port, &format!("experiment/{id}"))?["config"].clone();
        bench.same(
            "watch: configuration",
            config["framework"]["value"].as_str(),
            Some("loadwright"),
        );
        let log = get(port, &format!("experiment/{id}/recent_log"))?;
        bench.claim("watch: the log", log["logs"].to_string().contains("verdict: "));
    }
    Ok(())
}

fn all_numbers(values: &Value) -> bool {
    values.as_object().is_some_and(|it| !it.is_empty() && it.values().all(Value::is_number))
}

/// What a browser draws: every metric of the table, in a chart of its name.
fn browser(bench: &mut Bench, site: &Site, port: u16) -> Result<(), Failed> {
    if output(Command::new("chromium").arg("--version"), PATIENCE).is_err() {
        println!("skipped swanlab: there is no browser: apt-get install chromium");
        return Ok(());
    }
    let summaries = get(port, "project/summaries")?["summaries"].clone();
    let metrics = summaries.as_object().into_iter().flat_map(|all| all.values());
    let names: BTreeSet<String> =
        metrics.filter_map(Value::as_object).flat_map(|it| it.keys().cloned()).collect();
    let picture = bench.folder.join("watch.png");
    let (script, page) =
        (site.folder.join("browser.py"), format!("http://127.0.0.1:{port}/charts"));
    write(&script, BROWSER)?;
    let mut python = site.command("python");
    python.arg(script).arg(page).arg(names.len().to_string()).arg(&picture);
    let printed = output(&mut python, PATIENCE * 3)?;
    let seen = json(printed.lines().next().unwrap_or_default())?;
    let charts = seen["charts"].as_object().cloned().unwrap_or_default();
    let (drawn, empty): (Vec<_>, Vec<_>) =
        charts.iter().partition(|(_, pixels)| pixels.as_u64() > Some(0));
    bench.same("watch: charts without data", empty, Vec::new());
    let drawn: BTreeSet<String> = drawn.into_iter().map(|(name, _)| name.clone()).collect();
    bench.claim("watch: there are metrics of rows", names.contains("ttft_p99"));
    bench.same(&format!("watch: {} charts are drawn, one a metric", drawn.len()), drawn, names);
    bench.same("watch: no page fails", &seen["thrown"], &Value::Array(Vec::new()));
    if blessed() {
        std::fs::copy(&picture, root().join(PICTURE))
            .map_err(|cause| Failed::because(PICTURE, cause))?;
    }
    Ok(())
}

/// Whether the picture of the documentation is to be renewed.
fn blessed() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// What the dashboard's own API answers.
fn get(port: u16, path: &str) -> Result<Value, Failed> {
    let failed = |cause: std::io::Error| Failed::because(path, cause);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    let request = format!("GET /api/v1/{path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut response = String::new();
    stream.read_to_string(&mut response).map_err(failed)?;
    let body = response.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let answer: Value = serde_json::from_str(body).map_err(|cause| Failed::because(path, cause))?;
    match answer["code"].as_i64() {
        Some(0) => Ok(answer["data"].clone()),
        _ => Err(Failed(format!("{path}: {body}"))),
    }
}
