//! What a server says of projects and tasks.

use super::*;
use crate::fake::{self, Fake, envelope, taken};

fn online(fake: &Fake, resume: &str) -> Online {
    let json = r#"{"settings":{"api_host":"http://server:8008"},"secrets":["auth-token"]}"#;
    let settings = Settings::read(json).expect("settings");
    let mut online = Online::new(fake.host(), &settings, Auth::Token);
    let run = Run { resume: resume.into(), ..fake::run() };
    online.begin(&run).expect("begun");
    online
}

fn description() -> Description {
    let json = r#"{"settings":{},"secrets":["auth-token"]}"#;
    Description::new(&Settings::read(json).expect("settings"), &fake::run(), &fake::point())
}

#[test]
fn a_project_is_asked_for_by_its_name_alone() {
    assert_eq!(escaped("a.b (c)+[d]/e-f"), r"a\.b \(c\)\+\[d\]/e-f");
}

#[test]
fn a_project_that_exists_is_not_made() {
    let fake = Fake::answering(|sent| match sent.action() {
        "projects.get_all" => Ok(envelope(200, "OK", &json!({ "projects": [{ "id": "there" }] }))),
        _ => Ok(taken(sent)),
    });
    assert_eq!(online(&fake, "").project, "there");
    assert_eq!(fake.actions(), ["projects.get_all"]);
}

#[test]
fn a_task_that_an_earlier_instance_made_is_found_by_the_run_in_its_comment() {
    let comment = description().comment;
    let fake = Fake::answering(move |sent| match sent.action() {
        "tasks.get_all" => {
            let tasks =
                json!([{ "id": "other", "comment": "x" }, { "id": "ours", "comment": comment }]);
            Ok(envelope(200, "OK", &json!({ "tasks": tasks })))
        }
        _ => Ok(taken(sent)),
    });
    assert_eq!(online(&fake, "{}").open(&description()), Ok("ours".into()));
    assert!(fake.of("tasks.create").is_empty());
    assert_eq!(online(&fake, "").open(&description()), Ok("t1".into()));
}

#[test]
fn a_task_without_an_id_is_a_fault() {
    let fake = Fake::answering(|sent| match sent.action() {
        "tasks.create" => Ok(envelope(200, "OK", &json!({}))),
        _ => Ok(taken(sent)),
    });
    let fault = online(&fake, "").open(&description());
    assert_eq!(fault, Err(Fault::Fatal("tasks.create: there is no id in the answer".into())));
}

#[test]
fn only_what_may_be_sent_twice_is_retried() {
    let fake = Fake::new();
    let mut online = online(&fake, "");
    let id = online.open(&description()).expect("a task");
    let mut task = Task { id, ..Task::default() };
    online.log(&mut task, &[json!({})]).expect("sent");
    online.metrics(&mut task, &[json!({})]).expect("sent");
    let retries: Vec<String> = fake.sent.borrow().iter().map(|sent| sent.retry.clone()).collect();
    let retries: Vec<&str> =
        retries.iter().map(|it| it.rsplit("::").next().unwrap_or(it)).collect();
    let expected = ["Always", "Unsent", "Unsent", "Always", "Unsent", "Always"];
    assert_eq!(retries, expected);
}

#[test]
fn the_user_may_end_a_task() {
    let says = |status: &str, message: &str| {
        let task = json!({ "id": "t", "status": status, "status_message": message });
        stopped(&json!({ "tasks": [task] }), "t")
    };
    assert_eq!(says("stopped", "").as_deref(), Some("task was aborted in ClearML"));
    assert_eq!(says("in_progress", "stopping").as_deref(), Some("task was aborted in ClearML"));
    assert_eq!(says("failed", "").as_deref(), Some("task was marked as failed in ClearML"));
    assert_eq!(says("in_progress", ""), None);
    assert_eq!(says("created", ""), None);
    assert_eq!(says("stopped", "stopped by worker"), None);
    assert_eq!(stopped(&json!({ "tasks": [] }), "t"), None);
    assert_eq!(stopped(&json!([]), "t"), None);
}

#[test]
fn a_task_is_asked_for_every_five_seconds_and_pinged_every_minute() {
    let fake = Fake::new();
    let mut online = online(&fake, "");
    let task = Task { id: "t1".into(), ..Task::default() };
    for _ in 0..121 {
        assert_eq!(online.watch(&task), None);
        fake.time.set(fake.time.get() + 1.0);
    }
    assert_eq!(fake.of("tasks.get_all").len(), 25);
    assert_eq!(fake.of("tasks.ping").len(), 3);
}
