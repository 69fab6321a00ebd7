//! The exporter swanlab over the built binary: against a server that answers as SwanLab does, and in
//! the files that it writes.

use crate::measured::{HIDDEN, LINE, Measured, PERCENTS, assert_near, numbers};
use crate::swanlab_service::{Instead, Service};
use crate::{Place, ends, paced, server, stderr, stdout};
use loadwright_sim::Server;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const KEY: &str = "012345678901234567890";

/// A command without settings of SwanLab that this machine may have.
fn clean(mut command: Command, place: &Place) -> Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SWANLAB_")) {
        command.env_remove(name);
    }
    command.env("HOME", place.path());
    command
}

fn perf(place: &Place, server: &Server, line: &str) -> Command {
    let line = format!(
        "--visualizer swanlab --sleep-interval 0 --max-tokens 4 --no-test-connection {line}"
    );
    clean(place.against(server, &line), place)
}

/// The same to a server of SwanLab.
fn sent(place: &Place, server: &Server, service: &Service, line: &str) -> Command {
    let line = format!("--swanlab-host {} --swanlab-api-key {KEY} {line}", service.url());
    perf(place, server, &line)
}

fn all(output: &Output) -> String {
    format!("{}{}", stdout(output), stderr(output))
}

/// Steps of a metric, in the order in which they were sent.
fn steps(service: &Service, key: &str) -> Vec<i64> {
    let values = service.values("scalar").into_iter().filter(|value| value["key"] == key);
    values.filter_map(|value| value["index"].as_i64()).collect()
}

fn assert_whole(service: &Service) {
    let steps = steps(service, "time");
    assert!(!steps.is_empty() && steps.is_sorted_by(|one, two| one < two), "{steps:?}");
}

fn last(service: &Service, key: &str) -> Option<f64> {
    let values = service.values("scalar").into_iter().rev();
    values.into_iter().find(|value| value["key"] == key)?["data"].as_f64()
}

fn states(service: &Service) -> Vec<Value> {
    service.came("/state").iter().map(|came| came.json()["state"].clone()).collect()
}

#[test]
fn a_sweep_is_a_group_of_experiments_with_all_that_was_measured() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), Service::start());
    let output = ends(sent(&place, &server, &service, "--parallel 1 2 --number 4 6"), 0);
    let made: Vec<Value> = service.came("/experiment").iter().map(|came| came.json()).collect();
    let names: Vec<_> = made.iter().filter_map(|made| made["name"].as_str()).collect();
    assert_eq!(names, ["run parallel_1_number_4", "run parallel_2_number_6"]);
    assert!(made.iter().all(|made| made["cluster"] == "run"), "{made:?}");
    let configs = service.came("/profile");
    let parallel = |at: usize| configs[at].json()["config"]["parallel"]["value"].clone();
    assert_eq!((parallel(0), parallel(1)), (1.into(), 2.into()));
    assert_eq!(configs[0].json()["config"]["framework"]["value"], "loadwright");
    assert_eq!(last(&service, "summary/completed"), Some(6.0));
    assert_eq!(states(&service), ["FINISHED", "FINISHED"]);
    let report = std::fs::read(place.run().join("performance_summary.txt")).expect("the report");
    let stored = service.came("/store/performance_summary.txt?signature=hidden");
    assert_eq!(stored[0].body, report);
    let page = format!("{}/@user/perf_benchmark/runs/", service.url());
    assert!(all(&output).contains(&page), "{}", all(&output));
}

#[test]
fn all_numbers_are_those_of_the_runs_own_files() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), Service::start());
    ends(sent(&place, &server, &service, LINE), 0);
    let measured = Measured::read(&place);
    for (name, _, value) in measured.metrics() {
        assert_near(last(&service, &format!("summary/{name}")).expect(name), value, name);
    }
    let config = service.came("/profile")[0].json()["config"].clone();
    let config = config.as_object().expect("an object");
    measured.assert_settings(config.iter().map(|(name, value)| (name, &value["value"])));
    let media = service.values("media");
    let content = |key: &str| {
        let found = media.iter().find(|it| it["key"] == key).expect(key);
        let path = found["data"][0].as_str().expect("a path");
        service.came(&format!("/store/{path}?signature=hidden"))[0].json()
    };
    let table = content("percentiles");
    for (metric, label) in [("latency", "latency (s)"), ("ttft", "TTFT (s)")] {
        let rows = table["rowData"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["metric"] == label).expect(label);
        for (q, percent) in PERCENTS {
            let value = row[format!("p{}", q * 100.0)].as_f64().expect(percent);
            assert_near(value, measured.percentile(metric, percent), percent);
        }
        let chart = content(&format!("histogram/{metric}"));
        let bounds = numbers(&chart["xAxis"][0]["data"]);
        measured.assert_histogram(metric, &bounds, &numbers(&chart["series"][0]["data"]));
    }
    for file in ["benchmark_summary.json", "benchmark_percentile.json"] {
        let own = std::fs::read(place.run().join("parallel_4_number_40").join(file)).expect(file);
        assert_eq!(service.came(&format!("/store/{file}?signature=hidden"))[0].body, own);
    }
    let holds =
        |came: &crate::swanlab_service::Came| String::from_utf8_lossy(&came.body).contains(HIDDEN);
    assert!(!service.kept().came.iter().any(holds));
}

#[test]
fn key_and_session_go_to_the_api_alone_and_are_kept_nowhere() {
    let (place, server, service) = (Place::new(), server(paced(1, 1)), Service::start());
    let output = ends(sent(&place, &server, &service, "--number 2"), 0);
    for secret in [KEY, "the-session", "signature=hidden"] {
        assert!(!all(&output).contains(secret), "{secret}");
        assert_eq!(holding(place.path(), secret), Vec::<PathBuf>::new(), "{secret}");
    }
    for came in &service.kept().came {
        let (key, cookie) = (came.key.as_deref(), came.cookie.as_deref());
        let expected = match came.path.as_str() {
            "/api/login/api_key" => (Some(KEY), None),
            path if path.starts_with("/api/") => (None, Some("sid=the-session")),
            _ => (None, None),
        };
        assert_eq!((key, cookie), expected, "{}", came.path);
    }
    assert!(service.kept().came.iter().any(|came| came.path.starts_with("/store/")));
}

/// Every file of a folder that holds `text`.
fn holding(folder: &Path, text: &str) -> Vec<PathBuf> {
    files(folder)
        .into_iter()
        .filter(|path| {
            let bytes = std::fs::read(path).unwrap_or_default();
            bytes.windows(text.len()).any(|part| part == text.as_bytes())
        })
        .collect()
}

/// Every file of a folder, of all depths.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten().map(|it| it.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn settings_are_those_of_the_sdk() {
    let (place, server, service) = (Place::new(), server(paced(1, 1)), Service::start());
    let netrc = format!("machine {}\n login http://pages\n password {KEY}\n", service.url());
    std::fs::create_dir(place.path().join(".swanlab")).expect("a folder");
    std::fs::write(place.path().join(".swanlab/.netrc"), netrc).expect("netrc");
    let yaml = "experiment:\n  tags: [a, b]\n  group: from yaml\n";
    std::fs::write(place.path().join("swanlab.yaml"), yaml).expect("yaml");
    let mut command = perf(&place, &server, "--number 2");
    command.env("SWANLAB_GROUP", "from the environment").env("SWANLAB_EXP_NAME", "mine");
    let output = ends(command, 0);
    let made = service.came("/experiment")[0].json();
    assert_eq!((&made["name"], &made["cluster"]), (&json!("mine"), &json!("from yaml")));
    assert_eq!(made["labels"], json!([{ "name": "a" }, { "name": "b" }]));
    assert!(all(&output).contains("http://pages/@user/perf_benchmark/runs/"), "{}", all(&output));
}

#[test]
fn what_is_missing_or_refused_stops_before_the_first_request() {
    let (place, server, service) = (Place::new(), server(paced(1, 1)), Service::start());
    let said = stderr(&ends(perf(&place, &server, "--number 2"), 2));
    assert!(said.contains("--swanlab-api-key") && said.contains("swanlab login"), "{said}");
    let line = "--number 2 --exporter-option swanlab.project=a/b";
    let said = stderr(&ends(sent(&place, &server, &service, line), 2));
    assert!(said.contains("project") && said.contains("SwanLab takes letters"), "{said}");
    for (part, status, says) in [
        ("POST /api/login", "401 Unauthorized", "check the API key"),
        ("GET /api/project/", "403 Forbidden", "SWANLAB_WORKSPACE"),
        ("POST /api/login", "404 Not Found", "--swanlab-host"),
    ] {
        let place = Place::new();
        let body = r#"{"code":"X","message":"no such thing"}"#;
        service.instead(part, Instead::Answer(status, "", body), 1);
        let said = stderr(&ends(sent(&place, &server, &service, "--number 2"), 6));
        assert!(said.contains("no such thing") && said.contains(says), "{said}");
    }
    assert_eq!(server.truth().len(), 0);
}

#[test]
fn what_passes_loses_and_doubles_nothing() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), Service::start());
    let later = "retry-after: 1\r\n";
    let metrics = "POST /api/house/metrics";
    service.instead(metrics, Instead::Answer("429 Too Many Requests", later, "{}"), 1);
    service.instead(metrics, Instead::Answer("500 Internal Server Error", "", "{}"), 1);
    service.instead(metrics, Instead::Cut, 1);
    service.instead(
        "POST /api/projects/user/perf_benchmark/series",
        Instead::Answer("401 Unauthorized", "", "{}"),
        1,
    );
    ends(sent(&place, &server, &service, "--number 8 --export-failure fail"), 0);
    assert_whole(&service);
    assert_eq!(last(&service, "summary/completed"), Some(8.0));
    assert_eq!(states(&service), ["FINISHED"]);
    assert_eq!(service.came("/login/api_key").len(), 2, "the session was renewed");
}

#[test]
fn what_is_refused_is_told_with_a_count() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), Service::start());
    let body = r#"{"message":"too much"}"#;
    let large = |part| service.instead(part, Instead::Answer("413 Payload Too Large", "", body), 1);
    large("PUT /store/benchmark_summary.json");
    large("POST /api/projects/user/perf_benchmark/series");
    let said = stderr(&ends(sent(&place, &server, &service, "--number 4"), 0));
    assert!(said.contains("1 files: HTTP 413 (run)"), "{said}");
    assert!(said.contains(" columns: HTTP 413: too much (run)"), "{said}");
    assert_eq!(states(&service), ["FINISHED"], "the rest was sent");
}

#[test]
fn what_hangs_is_given_up_and_sent_later() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), Service::start());
    service.instead("POST /api/house/metrics", Instead::Hang, 1);
    let output = ends(sent(&place, &server, &service, "--number 4 --export-timeout 1"), 0);
    let said = stderr(&output);
    assert!(said.contains("4 of 4 records were not sent"), "{said}");
    let folder = place.run().display().to_string();
    let line = format!(
        "export {folder} --exporter swanlab --swanlab-host {} --swanlab-api-key {KEY}",
        service.url()
    );
    ends(clean(place.loadwright(&line), &place), 0);
    assert_whole(&service);
    assert_eq!(last(&service, "summary/completed"), Some(4.0));
    assert_eq!(states(&service), ["FINISHED"]);
    let ids: Vec<Value> =
        service.came("/experiment").iter().map(|came| came.json()["cuid"].clone()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "one experiment: {ids:?}");
}

/// The experiments' folders, sorted.
fn experiments(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten().map(|it| it.path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

#[test]
fn offline_it_is_a_file_a_point() {
    let (place, server) = (Place::new(), server(paced(5, 1)));
    let mut command = perf(&place, &server, "--parallel 1 2 --number 4 6");
    command.env("SWANLAB_MODE", "offline");
    ends(command, 0);
    let folders = experiments(&place.run().join("exports/swanlab"));
    assert_eq!(folders.len(), 2);
    for folder in folders {
        let found = files(&folder).into_iter();
        let found: Vec<PathBuf> =
            found.filter(|path| path.extension().is_some_and(|it| it == "swanlab")).collect();
        let bytes = std::fs::read(&found[0]).expect("the file");
        assert_eq!((found.len(), &bytes[..7]), (1, b":SWL\xD6\xE1\x02".as_slice()));
    }
}

#[test]
fn a_local_run_is_in_the_tables_of_the_dashboard() {
    let (place, server) = (Place::new(), server(paced(5, 1)));
    let line = "--swanlab-api-key local --parallel 1 2 --number 4 6 --export-timeout 600";
    let mut command = perf(&place, &server, line);
    command.env("SWANLAB_LOG_DIR", "board");
    ends(command, 0);
    let board = place.path().join("board");
    let tables = Connection::open(board.join("runs.swanlab")).expect("a database");
    let rows = |sql: &str| -> Vec<(String, String)> {
        let mut statement = tables.prepare(sql).expect(sql);
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect(sql);
        rows.map(|row| row.expect(sql)).collect()
    };
    let found = rows("SELECT name, CAST(status AS TEXT) FROM experiment ORDER BY id");
    let finished = |name: &str| (name.to_owned(), "1".to_owned());
    assert_eq!(found, [finished("run parallel_1_number_4"), finished("run parallel_2_number_6")]);
    // Each line of a chart is a metric with a folder of lines.
    let lines = rows(
        "SELECT experiment.run_id, tag.folder FROM tag JOIN experiment ON experiment.id = experiment_id",
    );
    assert!(!lines.is_empty());
    for (run, folder) in lines {
        let file = board.join(&run).join("logs").join(&folder).join("000001000.log");
        let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file:?}: {e}"));
        let values = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        assert!(values.into_iter().all(|value| value["data"].is_number()), "{text}");
    }
    // A chart of the project has a line for each experiment that has the metric.
    let shared = rows(
        "SELECT chart.name, CAST(COUNT(*) AS TEXT) FROM chart JOIN source ON chart_id = chart.id \
         WHERE project_id = 1 AND name IN ('in_flight', 'summary/completed') GROUP BY name ORDER BY name",
    );
    let two = |name: &str| (name.to_owned(), "2".to_owned());
    assert_eq!(shared, [two("in_flight"), two("summary/completed")]);
    let last = rows(
        "SELECT run_id, folder FROM tag JOIN experiment ON experiment.id = experiment_id \
        WHERE tag.name = 'summary/completed' ORDER BY experiment.id",
    );
    let file = board.join(&last[1].0).join("logs").join(&last[1].1).join("000001000.log");
    let line: Value =
        serde_json::from_str(&std::fs::read_to_string(file).expect("lines")).expect("one");
    assert_eq!(line["data"], 6.0);
}
