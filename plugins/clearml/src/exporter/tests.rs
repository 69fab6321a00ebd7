//! A run from its beginning to its end, online.

use super::*;
use crate::fake::{self, Fake, envelope, row, taken};
use serde_json::{Value, json};

fn exporter(fake: &Fake) -> ClearMl {
    let json = r#"{"settings":{"api_host":"http://server:8008","files_host":"http://server:8081/files",
        "access_key":"AK"},"secrets":["secret-key"]}"#;
    ClearMl::new(Settings::read(json).expect("settings"), fake.host())
}

fn recorded(name: &str) -> Vec<Value> {
    let recordings = match name {
        "online" => include_str!("../../tests/recordings/online.json"),
        _ => include_str!("../../tests/recordings/crash.json"),
    };
    serde_json::from_str(recordings).expect("JSON")
}

/// The first body that the SDK sent to an action.
fn theirs(name: &str, action: &str) -> Value {
    let ends = |one: &Value| one["path"].as_str().is_some_and(|path| path.ends_with(action));
    recorded(name).into_iter().find(ends).expect("an exchange")["body"].clone()
}

/// All of a run; returns what was lost.
fn whole(fake: &Fake, end: EndReason) -> Vec<String> {
    whole_of(exporter(fake), fake, end)
}

fn whole_of(mut exporter: ClearMl, fake: &Fake, end: EndReason) -> Vec<String> {
    let report = ("results/performance_summary.txt".to_owned(), b"report".to_vec());
    fake.files.borrow_mut().extend([report]);
    let mut losses = exporter.begin(fake::run()).expect("begun").losses;
    losses.extend(exporter.begin_point(fake::point()).expect("begun").losses);
    let rows = vec![row(1.0, &[Some(2.0), Some(0.5)]), row(2.0, &[Some(3.0), None])];
    losses.extend(exporter.progress(0, rows).expect("sent").losses);
    losses.extend(exporter.end_point(0, fake::summary(end)).expect("ended").losses);
    losses.extend(exporter.end(end).expect("ended").losses);
    losses
}

#[test]
fn every_action_of_the_sdk_is_used_and_every_field_that_it_fills_in_is_filled_in() {
    let fake = Fake::new();
    assert_eq!(whole(&fake, EndReason::Completed), Vec::<String>::new());
    // Of the SDK's own classes, and of what it asks for no purpose of ours.
    let aside = ["method", "shallow_search", "publish"];
    for exchange in recorded("online") {
        let action = exchange["path"].as_str().expect("text").rsplit('/').next().expect("a part");
        if action == "tasks.edit" || action == "events.add_batch" || action == "tasks.get_all" {
            continue;
        }
        let ours = fake.of(action);
        assert!(!ours.is_empty(), "{action}");
        for name in exchange["body"].as_object().into_iter().flat_map(|body| body.keys()) {
            let has = ours.iter().all(|sent| sent.json().get(name).is_some());
            assert!(has || aside.contains(&name.as_str()), "{action}: {name}");
        }
    }
    let project = fake.of("projects.get_all").remove(0).json();
    assert_eq!(project["name"], theirs("online", "projects.get_all")["name"]);
    assert_eq!(fake.of("projects.create")[0].json()["name"], "perf_benchmark");
    assert_eq!(fake.of("tasks.create")[0].json()["project"], "p1");
}

#[test]
fn rows_and_results_are_events_of_the_task() {
    let fake = Fake::new();
    whole(&fake, EndReason::Completed);
    let events: Vec<Value> =
        fake.of("events.add_batch").iter().flat_map(fake::Sent::lines).collect();
    let scalar = |metric: &str, iter: i64| {
        let found = events.iter().find(|one| one["metric"] == metric && one["iter"] == iter);
        found.map(|one| one["value"].clone())
    };
    assert_eq!(scalar("In flight", 1), Some(json!(2.0)));
    assert_eq!(scalar("In flight", 2), Some(json!(3.0)));
    assert_eq!(scalar("TTFT (s)", 1), Some(json!(0.5)));
    assert_eq!(scalar("TTFT (s)", 2), None);
    assert_eq!(scalar("Summary", i64::from(i32::MIN)), Some(json!(3.5)));
    let plots: Vec<&str> = events
        .iter()
        .filter(|one| one["type"] == "plot")
        .filter_map(|one| one["metric"].as_str())
        .collect();
    assert_eq!(plots, ["Percentiles", "TTFT"]);
    assert!(events.iter().all(|one| one["task"] == "t1"));
    let lines: Vec<&str> = events.iter().filter_map(|one| one["msg"].as_str()).collect();
    assert_eq!(lines.last(), Some(&"report"));
    let kinds = |sent: &fake::Sent| sent.headers["content-type"].clone();
    assert!(fake.of("events.add_batch").iter().all(|sent| kinds(sent) == "application/json-lines"));
}

#[test]
fn endings_are_those_of_the_sdk() {
    let ended = |end, action: &str| {
        let fake = Fake::new();
        whole(&fake, end);
        let actions = fake.actions();
        let of_end = ["tasks.completed", "tasks.failed", "tasks.stopped"];
        let used: Vec<&String> =
            actions.iter().filter(|it| of_end.contains(&it.as_str())).collect();
        assert_eq!(used, [action]);
        fake.of(action)[0].json()
    };
    let ours = ended(EndReason::Completed, "tasks.completed");
    assert_eq!(ours["status_reason"], theirs("online", "tasks.completed")["status_reason"]);
    let ours = ended(EndReason::Failed, "tasks.failed");
    assert_eq!(ours["status_reason"], "failed: the point did not come to its end");
    assert!(theirs("crash", "tasks.failed")["status_reason"].is_string());
    let ours = ended(EndReason::Interrupted, "tasks.stopped");
    assert_eq!(ours["status_reason"], "interrupted by the user");
}

#[test]
fn a_failure_is_an_error_in_the_log_before_it_ends_the_task() {
    let fake = Fake::new();
    whole(&fake, EndReason::Failed);
    let errors: Vec<Value> = fake
        .of("events.add_batch")
        .iter()
        .flat_map(fake::Sent::lines)
        .filter(|one| one["level"] == "error")
        .collect();
    assert_eq!(errors.len(), 1);
    let crash = recorded("crash");
    let sdk = crash.iter().filter_map(|one| one["body"].as_array()).flatten();
    assert_eq!(sdk.filter(|one| one["level"] == "error").count(), 1);
}

#[test]
fn a_refused_key_is_a_fault_before_anything_else() {
    let fake = Fake::answering(|_| Ok(envelope(401, "Unauthorized", &json!({}))));
    let fault = exporter(&fake).begin(fake::run()).expect_err("refused");
    assert!(matches!(fault, Fault::Fatal(text) if text.contains("does not accept the key")));
    assert_eq!(fake.actions(), ["auth.login"]);
}

#[test]
fn artifacts_that_are_not_taken_are_losses_and_the_task_is_completed() {
    let fake = Fake::answering(|sent| match sent.action() {
        "files" => Ok((500, json!({}))),
        _ => Ok(taken(sent)),
    });
    let losses = whole(&fake, EndReason::Completed);
    assert_eq!(losses.len(), 3);
    let begins =
        "1 artifact, benchmark_summary.json of model_20260101: ClearML answered upload with 500";
    assert!(losses[0].starts_with(begins), "{losses:?}");
    assert_eq!(fake.of("tasks.completed").len(), 1);
}

#[test]
fn rows_that_a_server_cannot_take_now_are_a_transient_fault_and_keep_their_iterations() {
    let fake = Fake::new();
    let mut exporter = exporter(&fake);
    exporter.begin(fake::run()).expect("begun");
    exporter.begin_point(fake::point()).expect("begun");
    fake.answer(|_| Ok(envelope(503, "maintenance", &json!({}))));
    let fault = exporter.progress(0, vec![row(1.0, &[Some(1.0), None])]);
    assert!(matches!(fault, Err(Fault::Transient(text)) if text.contains("503: maintenance")));
    fake.answer(|sent| Ok(taken(sent)));
    exporter.progress(0, vec![row(1.0, &[Some(1.0), None])]).expect("sent");
    let last = fake.of("events.add_batch").pop().expect("a batch");
    assert_eq!(last.lines()[0]["iter"], 1);
}

#[test]
fn a_task_that_was_aborted_ends_a_run_that_goes_on() {
    let aborted = |sent: &fake::Sent| match sent.action() {
        "tasks.get_all" => {
            let task = json!({ "id": "t1", "status": "stopped", "status_message": "" });
            Ok(envelope(200, "OK", &json!({ "tasks": [task] })))
        }
        _ => Ok(taken(sent)),
    };
    for (live, expected) in [(true, Some("task was aborted in ClearML")), (false, None)] {
        let fake = Fake::answering(aborted);
        let mut exporter = exporter(&fake);
        exporter.begin(Run { live, ..fake::run() }).expect("begun");
        exporter.begin_point(fake::point()).expect("begun");
        let ack = exporter.progress(0, vec![row(1.0, &[Some(1.0), None])]).expect("sent");
        assert_eq!(ack.stop.as_deref(), expected);
    }
}

#[test]
fn a_new_instance_goes_on_with_the_task_of_the_one_before() {
    let fake = Fake::new();
    let mut first = exporter(&fake);
    first.begin(fake::run()).expect("begun");
    first.begin_point(fake::point()).expect("begun");
    let state = first.progress(0, vec![row(1.0, &[Some(1.0), None])]).expect("sent").state;
    let mut second = exporter(&fake);
    second.begin(Run { resume: state.expect("a state"), ..fake::run() }).expect("begun");
    second.begin_point(fake::point()).expect("begun");
    second.progress(0, vec![row(1.2, &[Some(2.0), None])]).expect("sent");
    assert_eq!(fake.of("tasks.create").len(), 1);
    let last = fake.of("events.add_batch").pop().expect("a batch");
    assert_eq!((&last.lines()[0]["iter"], &last.lines()[0]["task"]), (&json!(2), &json!("t1")));
}

#[test]
fn a_state_that_is_damaged_and_a_point_that_has_not_begun_are_faults() {
    let fake = Fake::new();
    let mut exporter = exporter(&fake);
    let run = Run { resume: "{".into(), ..fake::run() };
    assert!(matches!(exporter.begin(run), Err(Fault::Fatal(text)) if text.contains("state")));
    assert!(
        matches!(exporter.progress(7, Vec::new()), Err(Fault::Fatal(text)) if text.contains("point 7"))
    );
}

#[test]
fn without_a_file_server_artifacts_are_lost_and_it_is_told_once() {
    let fake = Fake::new();
    let json =
        r#"{"settings":{"api_host":"http://server","access_key":"AK"},"secrets":["secret-key"]}"#;
    let exporter = ClearMl::new(Settings::read(json).expect("settings"), fake.host());
    let losses = whole_of(exporter, &fake, EndReason::Completed);
    assert_eq!(losses, [NO_FILES]);
    assert!(fake.of("tasks.add_or_update_artifacts").is_empty());
    assert_eq!(fake.of("tasks.completed").len(), 1);
}
