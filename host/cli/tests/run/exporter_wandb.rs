//! The exporter wandb over the built binary, against a server that answers as Weights & Biases does.

use crate::measured::{HIDDEN, LINE, Measured, PERCENTS, assert_near, numbers};
use crate::wandb_service::{Instead, Service};
use crate::{PATIENCE, Place, ends, paced, server, signal, start, stderr, stdout};
use loadwright_sim::Server;
use serde_json::Value;
use std::process::{Command, Output};

const KEY: &str = "0123456789012345678901234567890123456789";

/// `api:` and the key in base64.
const HEADER: &str = "Basic YXBpOjAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODk=";

/// A command without settings of W&B that this machine may have.
fn clean(mut command: Command, place: &Place) -> Command {
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("WANDB_")) {
        command.env_remove(name);
    }
    command.env("HOME", place.path()).env_remove("NETRC");
    command
}

/// `perf` of two points, each of a few rows.
fn perf(place: &Place, server: &Server, service: &Service, line: &str) -> Command {
    let line =
        format!("--visualizer wandb --sleep-interval 0 --max-tokens 4 --no-test-connection {line}");
    let mut command = clean(place.against(server, &line), place);
    command.env("WANDB_BASE_URL", service.url()).env("WANDB_API_KEY", KEY);
    command
}

fn all(output: &Output) -> String {
    format!("{}{}", stdout(output), stderr(output))
}

/// Every file of a folder that holds `text`.
fn holding(folder: &std::path::Path, text: &str) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    entries
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() {
                return holding(&path, text);
            }
            let bytes = std::fs::read(&path).unwrap_or_default();
            let found = bytes.windows(text.len()).any(|part| part == text.as_bytes());
            if found { vec![path] } else { Vec::new() }
        })
        .collect()
}

/// Each line once.
fn assert_whole_steps(history: &[Value]) {
    let steps: Vec<u64> = history.iter().filter_map(|line| line["_step"].as_u64()).collect();
    assert_eq!(steps, (0..history.len() as u64).collect::<Vec<_>>());
}

/// Each line once, in order.
fn assert_whole(history: &[Value]) {
    assert_whole_steps(history);
    let times: Vec<f64> = history.iter().filter_map(|line| line["time"].as_f64()).collect();
    assert!(times.is_sorted() && times.len() == history.len(), "{times:?}");
}

#[test]
fn a_sweep_is_a_group_of_runs_with_all_that_was_measured() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), Service::start());
    let line = "--parallel 1 2 --number 4 6";
    let output = ends(perf(&place, &server, &service, line), 0);
    let kept = service.kept();
    assert_eq!(kept.runs.len(), 2);
    for (run, (point, completed)) in kept.runs.values().zip([(1, 4.0), (2, 6.0)]) {
        assert_eq!(run.display, format!("run / parallel_{point}_number_{completed}"));
        assert_eq!(run.group, "run");
        assert_eq!(run.config["parallel"]["value"], point);
        assert_eq!(run.summary["completed"], completed);
        assert_eq!(run.exit, Some(0));
        assert_whole(&run.history);
        let last = run.history.last().expect("a last line");
        assert_eq!(last["percentiles"]["_type"], "table-file");
        let table = last["percentiles"]["path"].as_str().expect("a path");
        let table: Value = serde_json::from_slice(&kept.files[table]).expect("JSON");
        let row = |row: &&Value| row[0] == "ttft";
        let ttft = table["data"].as_array().expect("rows").iter().find(row).expect("TTFT");
        assert_eq!(ttft[2], completed);
    }
    let id = kept.runs.keys().next().expect("a run");
    let link = format!("{}/team/perf_benchmark/runs/{id}", service.url());
    assert!(all(&output).contains(&link), "{}", all(&output));
    let report = std::fs::read(place.run().join("performance_summary.txt")).expect("the report");
    assert_eq!(kept.files["performance_summary.txt"], report);
}

#[test]
fn all_numbers_are_those_of_the_runs_own_files() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), Service::start());
    ends(perf(&place, &server, &service, LINE), 0);
    let measured = Measured::read(&place);
    let kept = service.kept();
    let run = kept.runs.values().next().expect("a run");
    for (name, _, value) in measured.metrics() {
        assert_near(run.summary[name].as_f64().expect(name), value, name);
    }
    let config = run.config.as_object().expect("an object").iter();
    measured.assert_settings(config.map(|(name, value)| (name, &value["value"])));
    let table = run.summary["percentiles"]["path"].as_str().expect("a path");
    let table: Value = serde_json::from_slice(&kept.files[table]).expect("JSON");
    for metric in ["latency", "ttft"] {
        let rows = table["data"].as_array().expect("rows");
        let row = rows.iter().find(|row| row[0] == metric).expect(metric);
        for (q, percent) in PERCENTS {
            let column = format!("p{}", q * 100.0);
            let columns = table["columns"].as_array().expect("columns");
            let at = columns.iter().position(|it| *it == column.as_str()).expect(percent);
            let value = row[at].as_f64().expect(percent);
            assert_near(value, measured.percentile(metric, percent), percent);
        }
        let drawn = &run.summary[format!("distribution/{metric}")];
        measured.assert_histogram(
            metric,
            &numbers(&drawn["bins"])[1..],
            &numbers(&drawn["values"]),
        );
    }
    for file in ["benchmark_summary.json", "benchmark_percentile.json"] {
        let own = std::fs::read(place.run().join("parallel_4_number_40").join(file)).expect(file);
        assert_eq!(kept.files[file], own, "{file}");
    }
    assert!(run.log[0].contains("parallel_4_number_40 of run"), "{:?}", run.log);
    assert!(run.log.iter().any(|line| line.contains(" verdict: valid")), "{:?}", run.log);
    assert!(!kept.bodies.contains(HIDDEN));
}

#[test]
fn a_token_of_another_kind_is_refused_before_the_run() {
    let (place, server, service) = (Place::new(), server(paced(1, 1)), Service::start());
    let mut command = perf(&place, &server, &service, "--number 2");
    command.env("WANDB_IDENTITY_TOKEN_FILE", "/run/token");
    let said = stderr(&ends(command, 2));
    assert!(said.contains("unset WANDB_IDENTITY_TOKEN_FILE"), "{said}");
    assert_eq!(server.truth().len(), 0);
}

#[test]
fn variables_of_the_client_name_and_resume_runs() {
    let (place, server, service) = (Place::new(), server(paced(1, 1)), Service::start());
    let mut first = perf(&place, &server, &service, "--number 2");
    let variables = [
        ("WANDB_RUN_ID", "mine"),
        ("WANDB_RESUME", "allow"),
        ("WANDB_NOTES", "why"),
        ("WANDB_TAGS", "a, b"),
        ("WANDB_JOB_TYPE", "nightly"),
        ("WANDB_ENTITY", "lab"),
        ("WANDB_PROJECT", "p"),
        ("WANDB_NAME", "shown"),
    ];
    first.envs(variables);
    ends(first, 0);
    let lines = service.kept().runs["mine"].history.len();
    let place = Place::new();
    let mut again = perf(&place, &server, &service, "--number 2");
    again.envs(variables).env("WANDB_RESUME", "must");
    ends(again, 0);
    let kept = service.kept();
    let (run, made) = (&kept.runs["mine"], &kept.runs["mine"].made);
    assert_whole_steps(&run.history);
    assert!(run.history.len() > lines);
    assert_eq!(run.display, "shown");
    assert_eq!(made["tags"], serde_json::json!(["a", "b"]));
    let given = ["notes", "jobType", "entity", "project"].map(|name| made[name].clone());
    assert_eq!(given, ["why", "nightly", "lab", "p"]);
    drop(kept);
    let place = Place::new();
    let mut disabled = perf(&place, &server, &service, "--number 2");
    let before = service.kept().requests.len();
    disabled.env("WANDB_MODE", "disabled").env_remove("WANDB_API_KEY");
    ends(disabled, 0);
    assert_eq!(service.kept().requests.len(), before);
    assert!(!place.run().join("exports/wandb").exists());
}

#[test]
fn the_key_goes_to_the_api_alone_and_is_kept_nowhere() {
    let (place, server, service) = (Place::new(), server(paced(1, 1)), Service::start());
    let mut command = perf(&place, &server, &service, &format!("--number 2 --wandb-api-key {KEY}"));
    command.env_remove("WANDB_API_KEY");
    let output = ends(command, 0);
    assert!(!all(&output).contains(KEY));
    assert_eq!(holding(place.path(), KEY), Vec::<std::path::PathBuf>::new());
    let kept = service.kept();
    for (path, key) in &kept.keys {
        let expected = (!path.starts_with("/storage/")).then_some(HEADER);
        assert_eq!(key.as_deref(), expected, "{path}");
    }
    assert!(kept.keys.iter().any(|(path, _)| path.starts_with("/storage/")));
}

#[test]
fn settings_are_those_of_the_client() {
    let (place, server, service) = (Place::new(), server(paced(1, 1)), Service::start());
    let mut command = perf(&place, &server, &service, "--number 2");
    command.env_remove("WANDB_BASE_URL").env_remove("WANDB_API_KEY").env("WANDB_RUN_GROUP", "g");
    std::fs::create_dir(place.path().join("wandb")).expect("a folder");
    let settings = format!("[default]\nbase_url = {}\nproject = mine\n", service.url());
    std::fs::write(place.path().join("wandb/settings"), settings).expect("settings");
    let machine = service.address;
    let netrc = format!("machine {machine}\n  login user\n  password {KEY}\n");
    std::fs::write(place.path().join(".netrc"), netrc).expect("netrc");
    let output = ends(command, 0);
    assert!(all(&output).contains("/team/mine/runs/"), "{}", all(&output));
    let kept = service.kept();
    assert!(kept.runs.values().all(|run| run.group == "g" && run.exit == Some(0)));
    assert_eq!(kept.keys[0].1.as_deref(), Some(HEADER));
}

#[test]
fn a_key_that_is_missing_or_refused_stops_before_the_first_request() {
    let (place, server, service) = (Place::new(), server(paced(1, 1)), Service::start());
    let mut command = perf(&place, &server, &service, "--number 2");
    command.env_remove("WANDB_API_KEY");
    let said = stderr(&ends(command, 2));
    assert!(said.contains("WANDB_API_KEY") && said.contains("--wandb-api-key"), "{said}");
    for (what, status, body, wanted) in [
        ("Viewer", "401 Unauthorized", r#"{"error":"no such key"}"#, "HTTP 401: no such key"),
        ("UpsertBucket", "403 Forbidden", r#"{"error":"not yours"}"#, "HTTP 403: not yours"),
        ("Viewer", "404 Not Found", "", "HTTP 404"),
    ] {
        let place = Place::new();
        service.refuses(what, status, "", body);
        let said = stderr(&ends(perf(&place, &server, &service, "--number 2"), 6));
        assert!(said.contains(wanted) && said.contains("wandb"), "{said}");
    }
    assert_eq!(server.truth().len(), 0);
}

#[test]
fn what_passes_loses_and_doubles_nothing() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), Service::start());
    let later = "retry-after: 1\r\n";
    service.refuses("file_stream", "429 Too Many Requests", later, "{}");
    service.refuses("file_stream", "500 Internal Server Error", "", "{}");
    service.instead("file_stream", Instead::Cut);
    let line = "--number 8 --export-failure fail --exporter-option wandb.interval=0.1";
    ends(perf(&place, &server, &service, line), 0);
    let kept = service.kept();
    let run = kept.runs.values().next().expect("a run");
    assert_whole(&run.history);
    assert_eq!((run.exit, &run.summary["completed"]), (Some(0), &8.0.into()));
}

#[test]
fn what_is_refused_is_told_with_a_count() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), Service::start());
    service.refuses("file_stream", "404 Not Found", "", r#"{"error":"run not found"}"#);
    let line = "--number 4 --export-failure fail";
    let said = stderr(&ends(perf(&place, &server, &service, line), 6));
    assert!(said.contains("rows, the summary and the files of run"), "{said}");
    assert!(said.contains("HTTP 404: run not found"), "{said}");
    let place = Place::new();
    service.refuses("PUT", "413 Payload Too Large", "", "");
    let said = stderr(&ends(perf(&place, &server, &service, "--number 4"), 0));
    assert!(said.contains("1 file: benchmark_summary.json (HTTP 413)"), "{said}");
}

#[test]
fn what_hangs_is_given_up_and_sent_later() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), Service::start());
    service.instead("file_stream", Instead::Hang);
    let output = ends(perf(&place, &server, &service, "--number 4 --export-timeout 1"), 0);
    let said = stderr(&output);
    assert!(said.contains("4 of 4 records were not sent"), "{said}");
    assert!(said.contains("--exporter wandb` sends them"), "{said}");
    let folder = place.run().display().to_string();
    let mut export = clean(place.loadwright(&format!("export {folder} --exporter wandb")), &place);
    export.env("WANDB_BASE_URL", service.url()).env("WANDB_API_KEY", KEY);
    ends(export, 0);
    let kept = service.kept();
    assert_eq!(kept.runs.len(), 1);
    let run = kept.runs.values().next().expect("a run");
    assert_whole(&run.history);
    assert_eq!((run.exit, &run.summary["completed"]), (Some(0), &4.0.into()));
}

#[test]
fn a_run_that_is_stopped_in_its_page_is_interrupted() {
    let (place, server, service) = (Place::new(), server(paced(5, 1)), Service::start());
    service.kept().stopped = true;
    let line = "--number 100000000 --exporter-option wandb.interval=0.1";
    let said = stderr(&ends(perf(&place, &server, &service, line), 130));
    assert!(said.contains("stopped in its page"), "{said}");
    assert_eq!(service.kept().runs.values().next().expect("a run").exit, Some(255));
}

#[test]
fn a_point_that_failed_raises_an_alert_and_one_that_was_interrupted_does_not() {
    let (place, service) = (Place::new(), Service::start());
    let mut gone = server(paced(5, 1));
    let child = start(perf(&place, &gone, &service, "--number 100000000"));
    gone.wait_for_ended(1, PATIENCE).expect("requests end");
    gone.stop();
    child.wait_with_output().expect("it ends");
    let exits = |service: &Service| -> Vec<Option<i64>> {
        service.kept().runs.values().map(|run| run.exit).collect()
    };
    assert_eq!(exits(&service), [Some(1)]);
    assert_eq!(service.kept().alerts, ["Load test failed"]);
    let (place, server, service) = (Place::new(), server(paced(5, 1)), Service::start());
    let child = start(perf(&place, &server, &service, "--number 100000000"));
    server.wait_for_ended(1, PATIENCE).expect("requests end");
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(exits(&service), [Some(255)]);
    assert!(service.kept().alerts.is_empty());
}

#[test]
fn offline_asks_for_no_key_and_sends_nothing() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), Service::start());
    let mut command = perf(&place, &server, &service, "--parallel 1 2 --number 3");
    command.env_remove("WANDB_API_KEY").env("WANDB_MODE", "offline");
    ends(command, 0);
    assert!(service.kept().requests.is_empty());
    let exports = place.run().join("exports/wandb");
    let mut runs = 0;
    for folder in std::fs::read_dir(exports).expect("exports").flatten() {
        let name = folder.file_name().into_string().expect("text");
        let (_, id) = name.split_once("offline-run-").expect("a name of W&B's");
        let (_, id) = id.split_once('-').expect("a date and an id");
        let file = std::fs::read(folder.path().join(format!("run-{id}.wandb"))).expect("records");
        assert_eq!(&file[..7], b":W&B\xE1\xBE\x00");
        let report = folder.path().join("files/performance_summary.txt");
        assert_eq!(
            std::fs::read(report).expect("the report"),
            std::fs::read(place.run().join("performance_summary.txt")).expect("the report")
        );
        runs += 1;
    }
    assert_eq!(runs, 2);
}

#[test]
fn with_evalscopes_names_there_is_one_run() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), Service::start());
    let line = "--parallel 1 2 --number 3 --visualizer-compat";
    ends(perf(&place, &server, &service, line), 0);
    let kept = service.kept();
    assert_eq!(kept.runs.len(), 1);
    let run = kept.runs.values().next().expect("a run");
    assert_eq!((run.display.as_str(), run.exit), ("run", Some(0)));
    assert_whole(&run.history);
    let workers: Vec<f64> =
        run.history.iter().filter_map(|line| line["Concurrency"].as_f64()).collect();
    assert!(workers.contains(&1.0) && workers.contains(&2.0), "{workers:?}");
    assert_eq!(run.summary["Success Requests"], 3.0, "the last row's");
    // What was measured of each point stands under its name.
    for point in ["parallel_1_number_3", "parallel_2_number_3"] {
        let measured = place.summary(point)["Success Requests"].as_f64();
        assert_eq!(run.summary[&format!("{point}/completed")].as_f64(), measured, "{point}");
    }
    assert_eq!(run.summary.get("completed"), None, "no point is the sweep");
    let workers = &run.config["parallel"]["value"];
    assert_eq!(workers, &serde_json::json!([1, 2]), "{:?}", run.config);
}
