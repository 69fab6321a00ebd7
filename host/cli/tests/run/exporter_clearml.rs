//! The exporter clearml over the built binary, against a server that answers as ClearML does.

use crate::clearml_service::{ClearMl, Instead};
use crate::measured::{HIDDEN, LINE, Measured, PERCENTS, assert_near, numbers};
use crate::{Place, ends, paced, server, stderr, stdout};
use loadwright_sim::Server;
use serde_json::Value;
use std::process::Command;

/// `ACCESS:s3cret` in base64.
const HEADER: &str = "Basic QUNDRVNTOnMzY3JldA==";

fn clean(mut command: Command, place: &Place) -> Command {
    let foreign = |name: &str| name.starts_with("CLEARML_") || name.starts_with("TRAINS_");
    for (name, _) in std::env::vars().filter(|(name, _)| foreign(name)) {
        command.env_remove(name);
    }
    command.env("HOME", place.path());
    command
}

/// `perf` that sends to `service`.
fn perf(place: &Place, server: &Server, service: &ClearMl, line: &str) -> Command {
    let line = format!(
        "--visualizer clearml --sleep-interval 0 --max-tokens 4 --no-test-connection {line}"
    );
    let mut command = clean(place.against(server, &line), place);
    let url = format!("http://{}", service.address);
    command.env("CLEARML_API_HOST", &url).env("CLEARML_WEB_HOST", &url);
    command.env("CLEARML_FILES_HOST", format!("{url}/files"));
    command.env("CLEARML_API_ACCESS_KEY", "ACCESS").env("CLEARML_API_SECRET_KEY", "s3cret");
    command
}

#[test]
fn a_sweep_is_a_task_a_point_with_all_that_was_measured() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), ClearMl::start());
    let output = ends(perf(&place, &server, &service, "--parallel 1 2 --number 4 6"), 0);
    let made = service.bodies("tasks.create");
    let tags: Vec<&Value> = made.iter().map(|task| &task["tags"]).collect();
    assert_eq!(made.len(), 2);
    assert_eq!(tags[0], tags[1]);
    assert_eq!(made[1]["hyperparams"]["General"]["parallel"]["value"], "2");
    assert_eq!(service.bodies("tasks.completed").len(), 2);
    assert_eq!(service.bodies("tasks.add_or_update_artifacts").len(), 6);
    let events = service.events();
    let singles = events.iter().filter(|one| one["variant"] == "successful requests");
    let singles = singles.filter(|one| one["metric"] == "Summary");
    assert_eq!(singles.map(|one| one["value"].clone()).collect::<Vec<_>>(), [4.0, 6.0]);
    let report = place.text("performance_summary.txt");
    assert!(events.iter().any(|one| one["msg"] == report.as_str()));
    let page = format!("http://{}/projects/p1/tasks/", service.address);
    let said = format!("{}{}", stdout(&output), stderr(&output));
    assert!(said.contains(&page), "{said}");
    assert!(!said.contains("s3cret") && !said.contains("t0ken"), "{said}");
    for sent in &service.kept().sent {
        let wanted =
            if sent.action == "auth.login" { HEADER } else { "Bearer t0ken-of-the-session" };
        assert_eq!(sent.authorization, wanted, "{}", sent.action);
    }
}

#[test]
fn all_numbers_are_those_of_the_runs_own_files() {
    let (place, server, service) = (Place::new(), server(paced(20, 1)), ClearMl::start());
    ends(perf(&place, &server, &service, LINE), 0);
    let measured = Measured::read(&place);
    let events = service.events();
    let made = service.bodies("tasks.create").remove(0);
    assert_eq!(made["type"], "testing");
    for (name, label, value) in measured.metrics() {
        let single = |one: &&Value| one["metric"] == "Summary" && one["variant"] == label;
        let sent = events.iter().find(single).expect(label);
        assert_eq!(sent["iter"], i32::MIN, "a single value");
        assert_near(sent["value"].as_f64().expect(label), value, name);
    }
    let settings = made["configuration"]["settings"]["value"].as_str().expect("a document");
    let settings: Value = serde_json::from_str(settings).expect("JSON");
    measured.assert_settings(settings.as_object().expect("an object").iter());
    let figure = |title: &str| -> Value {
        let plot = |one: &&Value| one["type"] == "plot" && one["metric"] == title;
        let plot = events.iter().find(plot).expect(title)["plot_str"].as_str().expect("a figure");
        serde_json::from_str::<Value>(plot).expect("JSON")["data"][0].clone()
    };
    let table = figure("Percentiles");
    let place_of = |list: &Value, wanted: &str| {
        list.as_array().expect("a list").iter().position(|it| *it == wanted).expect(wanted)
    };
    for (metric, label, name) in
        [("latency", "latency", "latency (s)"), ("ttft", "TTFT", "TTFT (s)")]
    {
        let row = place_of(&table["cells"]["values"][0], name);
        for (q, percent) in PERCENTS {
            let column = place_of(&table["header"]["values"], &format!("p{}", q * 100.0));
            let value = table["cells"]["values"][column][row].as_f64().expect(percent);
            assert_near(value, measured.percentile(metric, percent), percent);
        }
        let bars = figure(label);
        let ends = numbers(&bars["x"]).into_iter().zip(numbers(&bars["width"]));
        let ends: Vec<f64> = ends.map(|(start, width)| start + width).collect();
        measured.assert_histogram(metric, &ends, &numbers(&bars["y"]));
    }
    let scalars = events.iter().filter(|one| one["type"] == "training_stats_scalar");
    let rows = scalars.filter(|one| one["iter"] != i32::MIN).collect::<Vec<_>>();
    assert!(!rows.is_empty() && rows.iter().all(|one| one["x_axis_label"] == "Time (s)"));
    let files = service.kept().sent.iter().filter(|one| one.action == "files").count();
    assert_eq!(files, 3);
    assert!(!service.kept().sent.iter().any(|one| one.body.contains(HIDDEN)));
}

#[test]
fn keys_that_are_missing_or_refused_stop_before_the_first_request() {
    let (place, server, service) = (Place::new(), server(paced(1, 1)), ClearMl::start());
    let mut command = perf(&place, &server, &service, "--number 2");
    command.env_remove("CLEARML_API_ACCESS_KEY");
    let said = stderr(&ends(command, 2));
    assert!(said.contains("CLEARML_API_ACCESS_KEY"), "{said}");
    for (action, status) in [
        ("auth.login", "401 Unauthorized"),
        ("projects.create", "403 Forbidden"),
        ("auth.login", "404 Not Found"),
    ] {
        let place = Place::new();
        service.instead(action, usize::MAX, Instead::Refuse(status));
        let said = stderr(&ends(perf(&place, &server, &service, "--number 2"), 6));
        service.kept().instead.clear();
        assert!(said.contains(&status[..3]) && said.contains("not today"), "{said}");
    }
    assert_eq!(server.truth().len(), 0);
}

#[test]
fn what_passes_loses_nothing() {
    for instead in [
        Instead::Refuse("429 Too Many Requests"),
        Instead::Refuse("500 Internal Server Error"),
        Instead::Refuse("401 Unauthorized"),
        Instead::Cut,
    ] {
        let (place, server, service) = (Place::new(), server(paced(5, 1)), ClearMl::start());
        service.instead("events.add_batch", 1, instead);
        ends(perf(&place, &server, &service, "--number 4 --export-failure fail"), 0);
        assert_eq!(service.bodies("tasks.completed").len(), 1);
    }
}

#[test]
fn what_is_refused_is_told_with_a_count() {
    for (action, status, wanted) in [
        (
            "events.add_batch",
            "404 Not Found",
            "1 event: ClearML answered events.add_batch with 404",
        ),
        ("events.add_batch", "413 Payload Too Large", "1 event: ClearML answered"),
        ("files", "413 Payload Too Large", "1 artifact, benchmark_summary.json of run"),
    ] {
        let (place, server, service) = (Place::new(), server(paced(5, 1)), ClearMl::start());
        service.instead(action, usize::MAX, Instead::Refuse(status));
        let said = stderr(&ends(perf(&place, &server, &service, "--number 2"), 0));
        assert!(said.contains(wanted) && said.contains("not today"), "{said}");
        assert_eq!(service.bodies("tasks.completed").len(), 1);
    }
}

#[test]
fn what_hangs_is_given_up_and_sent_later() {
    let (place, server, service) = (Place::new(), server(paced(5, 1)), ClearMl::start());
    service.instead("tasks.create", usize::MAX, Instead::Hang);
    let said = stderr(&ends(perf(&place, &server, &service, "--number 4 --export-timeout 1"), 0));
    assert!(said.contains("4 of 4 records were not sent"), "{said}");
    service.kept().instead.clear();
    let line = format!("export {} --exporter clearml", place.run().display());
    let mut export = clean(place.loadwright(&line), &place);
    let url = format!("http://{}", service.address);
    export.env("CLEARML_API_HOST", &url).env("CLEARML_FILES_HOST", format!("{url}/files"));
    export.env("CLEARML_API_ACCESS_KEY", "ACCESS").env("CLEARML_API_SECRET_KEY", "s3cret");
    ends(export, 0);
    assert_eq!(service.bodies("tasks.completed").len(), 1);
}

#[test]
fn a_task_that_is_aborted_in_its_page_interrupts_the_run() {
    let (place, server, service) = (Place::new(), server(paced(5, 1)), ClearMl::start());
    service.kept().status = Some("stopped");
    let said = stderr(&ends(perf(&place, &server, &service, "--number 100000000"), 130));
    assert!(said.contains("task was aborted in ClearML"), "{said}");
    assert_eq!(service.bodies("tasks.stopped").len(), 1);
}

#[test]
fn settings_are_those_of_clearml_conf_and_offline_sends_nothing() {
    let (place, server, service) = (Place::new(), server(paced(5, 1)), ClearMl::start());
    let url = format!("http://{}", service.address);
    let conf = format!(
        "api {{\n  api_server: {url}\n  files_server: {url}/files\n  credentials {{ \"access_key\" = \"ACCESS\", \
         \"secret_key\" = \"s3cret\" }}\n}}\n"
    );
    std::fs::write(place.path().join("clearml.conf"), conf).expect("settings");
    let line = "--visualizer clearml --max-tokens 4 --no-test-connection --number 2";
    ends(clean(place.against(&server, line), &place), 0);
    assert_eq!(service.kept().sent[0].authorization, HEADER);
    assert_eq!(service.bodies("tasks.completed").len(), 1);
    let sent = service.kept().sent.len();
    let place = Place::new();
    let mut command = perf(&place, &server, &service, "--number 2");
    command.env("CLEARML_OFFLINE_MODE", "1").env_remove("CLEARML_API_SECRET_KEY");
    ends(command, 0);
    assert_eq!(service.kept().sent.len(), sent);
    let folder = std::fs::read_dir(place.run().join("exports/clearml")).expect("exports").flatten();
    let zips = folder.filter(|entry| entry.path().extension().is_some_and(|end| end == "zip"));
    let zip = std::fs::read(zips.last().expect("a zip").path()).expect("a zip");
    assert_eq!(&zip[..4], b"PK\x03\x04");
}
