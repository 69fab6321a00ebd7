//! The local dashboard: what its pages are given, and what a browser draws of it.

use super::{RUN, Site, folders};
use crate::interop::Failed;
use crate::interop::bench::{Bench, Running, free_port, output, until};
use crate::plugins::root;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The picture of the documentation.
const PICTURE: &str = "docs/images/swanlab-watch.png";

/// Runs with `--swanlab-api-key local`, and looks at it.
pub(super) fn check(bench: &mut Bench, site: &Site) -> Result<(), Failed> {
    let local = ["--visualizer", "swanlab", "--swanlab-api-key", "local", "--run-dir", "local"];
    let line: Vec<&str> = RUN.split(' ').chain(local).collect();
    bench.loadwright(&line, &[])?;
    let folder = site.folder.join("local/exports/swanlab");
    let port = free_port()?;
    let mut server = site.command("swanlab");
    server.args(["watch", &folder.display().to_string(), "-p", &port.to_string()]);
    let _server = Running::start(&mut server, &site.folder.join("watch.log"))?;
    let answers = || get(port, "project").is_ok();
    bench.claim("watch: the dashboard answers", until(PATIENCE, answers));
    pages(bench, port, &folder)?;
    browser(bench, port)
}

/// What the pages are given.
fn pages(bench: &mut Bench, port: u16, folder: &Path) -> Result<(), Failed> {
    let project = get(port, "project")?;
    let experiments = project["experiments"].as_array().cloned().unwrap_or_default();
    bench.same("watch: an experiment a point", experiments.len(), 2);
    let summaries = get(port, "project/summaries")?["summaries"].clone();
    let runs = folders(folder, "run-")?;
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

/// What a browser draws. Where there is none, this is told and left out.
fn browser(bench: &mut Bench, port: u16) -> Result<(), Failed> {
    if output(Command::new("chromium").arg("--version"), PATIENCE).is_err() {
        println!("skipped swanlab: there is no browser: apt-get install chromium");
        return Ok(());
    }
    let page = format!("http://127.0.0.1:{port}/charts");
    let picture = bench.folder.join("watch.png");
    let drawn = output(chromium(bench).args(["--dump-dom", &page]), PATIENCE)?;
    for chart in ["request_rate", "ttft_p99", "in_flight"] {
        bench.claim(&format!("watch: the browser draws {chart}"), drawn.contains(chart));
    }
    let canvases = drawn.matches("<canvas").count();
    bench.claim(&format!("watch: {canvases} charts are drawn"), canvases >= 3);
    bench.claim("watch: no page fails", !drawn.contains("TypeError"));
    let shot = format!("--screenshot={}", picture.display());
    output(chromium(bench).args([&shot, &page]), PATIENCE)?;
    if std::env::var_os("BLESS").is_some() {
        std::fs::copy(&picture, root().join(PICTURE))
            .map_err(|cause| Failed::because(PICTURE, cause))?;
    }
    Ok(())
}

fn chromium(bench: &Bench) -> Command {
    let mut chromium = Command::new("chromium");
    chromium.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]);
    chromium.args(["--window-size=1280,1000", "--virtual-time-budget=8000"]);
    chromium.arg(format!("--user-data-dir={}", bench.folder.join("browser").display()));
    chromium
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
