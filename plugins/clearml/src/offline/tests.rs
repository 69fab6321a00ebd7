//! Folders and zips of tasks.

use super::*;
use crate::exporter::ClearMl;
use crate::fake::{self, Fake, row};
use loadwright_plugin::exporter::Exporter;

const ID: &str = "offline-00112233445566778899aabbccdd0000";

fn exporter(fake: &Fake) -> ClearMl {
    let json = r#"{"settings":{"mode":"offline"},"secrets":[]}"#;
    ClearMl::new(Settings::read(json).expect("settings"), fake.host())
}

fn file(fake: &Fake, name: &str) -> String {
    let files = fake.files.borrow();
    let bytes = files.get(name).unwrap_or_else(|| panic!("{name} is not among {:?}", files.keys()));
    String::from_utf8_lossy(bytes).into_owned()
}

/// The events of a file: each line is an array of them.
fn events(text: &str) -> Vec<Value> {
    let line = |line| serde_json::from_str::<Vec<Value>>(line).expect("an array");
    text.lines().flat_map(line).collect()
}

#[test]
fn a_run_becomes_a_zip_of_its_task() {
    let fake = Fake::new();
    fake.files.borrow_mut().insert("results/performance_summary.txt".into(), b"report".to_vec());
    let mut exporter = exporter(&fake);
    exporter.begin(fake::run()).expect("begun");
    let ack = exporter.begin_point(fake::point()).expect("begun");
    assert_eq!(ack.links, [format!("exports/clearml/{ID}.zip")]);
    exporter.progress(0, vec![row(1.0, &[Some(2.0), Some(0.5)])]).expect("sent");
    exporter.end_point(0, fake::summary(EndReason::Failed)).expect("ended");
    let ack = exporter.end(EndReason::Failed).expect("ended");
    assert_eq!(ack.losses, Vec::<String>::new());
    assert!(fake.sent.borrow().is_empty(), "offline sends nothing");

    let task: Value = serde_json::from_str(&file(&fake, &format!("{ID}/task.json"))).expect("JSON");
    assert_eq!(task["id"], ID);
    assert_eq!(task["project_name"], "perf_benchmark");
    assert_eq!(task["tags"], json!(["failed"]));
    let artifacts = task["execution"]["artifacts"].as_array().expect("artifacts");
    let keys: Vec<&str> = artifacts.iter().filter_map(|one| one["key"].as_str()).collect();
    assert_eq!(keys, ["summary", "percentiles", "report"]);
    let prefix = format!("{}/data/", task["offline_folder"].as_str().expect("text"));
    assert!(
        artifacts.iter().all(|one| one["uri"].as_str().is_some_and(|uri| uri.starts_with(&prefix)))
    );
    let sent = events(&file(&fake, &format!("{ID}/metrics.jsonl")));
    assert_eq!(sent[1]["value"], 0.5);
    assert!(sent.iter().all(|event| event["task"] == ID));
    let zip = fake.files.borrow()[&format!("{ID}.zip")].clone();
    let names =
        ["task.json", "metrics.jsonl", "log.jsonl", "/artifacts/report/performance_summary.txt"];
    for name in names {
        assert!(zip.windows(name.len()).any(|window| window == name.as_bytes()), "{name}");
    }
}

#[test]
fn a_line_that_was_cut_off_is_left_out() {
    let fake = Fake::new();
    let mut first = exporter(&fake);
    first.begin(fake::run()).expect("begun");
    first.begin_point(fake::point()).expect("begun");
    let ack = first.progress(0, vec![row(1.0, &[Some(1.0), None])]).expect("sent");
    fake.append(&format!("{ID}/metrics.jsonl"), b"[{\"cut off").expect("appended");

    let mut second = exporter(&fake);
    let resume = ack.state.expect("a state");
    second.begin(Run { resume, ..fake::run() }).expect("begun");
    second.progress(0, vec![row(2.0, &[Some(2.0), None])]).expect("sent");
    second.progress(0, vec![row(3.0, &[Some(3.0), None])]).expect("sent");
    second.end_point(0, fake::summary(EndReason::Completed)).expect("ended");
    let ack = second.end(EndReason::Completed).expect("ended");
    assert_eq!(ack.losses, ["report: results/performance_summary.txt does not exist"]);
    let zip = fake.files.borrow()[&format!("{ID}.zip")].clone();
    let zip = String::from_utf8_lossy(&zip).into_owned();
    assert!(!zip.contains("cut off"));
    let start = zip.find("metrics.jsonl[").expect("the entry") + "metrics.jsonl".len();
    let end = zip[start..].find("PK\x03\x04").expect("the next entry") + start;
    let iterations: Vec<i64> = events(&zip[start..end])
        .iter()
        .filter(|event| event["metric"] == "In flight")
        .filter_map(|event| event["iter"].as_i64())
        .collect();
    assert_eq!(iterations, [1, 2, 3]);
}

#[test]
fn ids_have_32_digits_and_name_the_point() {
    assert_eq!(id("ab", 2), format!("offline-ab{}0002", "0".repeat(26)));
    assert_eq!(id(&"f".repeat(40), 0x1_0003).len(), "offline-".len() + 32);
}

#[test]
fn a_description_that_was_damaged_is_named() {
    let fake = Fake::new();
    let mut exporter = exporter(&fake);
    exporter.begin(fake::run()).expect("begun");
    exporter.begin_point(fake::point()).expect("begun");
    fake.put(&format!("{ID}/task.json"), b"{").expect("written");
    let fault = exporter.end_point(0, fake::summary(EndReason::Failed)).expect_err("damaged");
    assert!(matches!(fault, Fault::Fatal(text) if text.contains("task.json cannot be read")));
}
