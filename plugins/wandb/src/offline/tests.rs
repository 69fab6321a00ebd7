use crate::exporter::Wandb;
use crate::fixture::service::Fake;
use crate::fixture::{run, summary};
use crate::record::{Kind, Record};
use formats::log::reader::records;
use loadwright_plugin::{EndReason, Point, Row, Run};
use prost::Message;
use serde_json::{Value, json};

const FOLDER: &str = "offline-run-20260102_030405-0123456789ab-0";

fn exporter(host: &Fake) -> Wandb<Fake> {
    let settings = json!({"settings": {"mode": "offline", "tags": "a,b"}, "secrets": []});
    Wandb::new(host.clone(), &settings.to_string()).unwrap()
}

fn point() -> Point {
    Point {
        index: 0,
        name: "parallel 1".into(),
        origin: 1_767_323_045.5,
        settings: r#"{"parallel":1}"#.into(),
        extra: String::new(),
    }
}

fn row(n: u32) -> Row {
    Row { at: f64::from(n) + 1.0, values: vec![Some(f64::from(n)), None], extra: String::new() }
}

fn file(host: &Fake) -> Vec<Record> {
    let file = host.file(&format!("{FOLDER}/run-0123456789ab-0.wandb"));
    let records = records(&file, super::HEADER).unwrap();
    records.iter().map(|record| Record::decode(record.as_slice()).unwrap()).collect()
}

/// Name of each record, in order; equal ones once.
fn kinds(records: &[Record]) -> Vec<&'static str> {
    let mut kinds: Vec<&str> = records
        .iter()
        .map(|record| match record.kind.as_ref().unwrap() {
            Kind::Header(_) => "header",
            Kind::Run(_) => "run",
            Kind::Metric(_) => "metric",
            Kind::History(_) => "history",
            Kind::Output(_) => "output",
            Kind::Files(_) => "files",
            Kind::Summary(_) => "summary",
            Kind::Alert(_) => "alert",
            Kind::Exit(_) => "exit",
            Kind::Footer(_) => "footer",
        })
        .collect();
    kinds.dedup();
    kinds
}

fn history(records: &[Record], key: &str) -> Vec<Value> {
    let lines = records.iter().filter_map(|record| match &record.kind {
        Some(Kind::History(history)) => Some(&history.items),
        _ => None,
    });
    lines
        .flatten()
        .filter(|item| item.key == key)
        .map(|item| serde_json::from_str(&item.value).unwrap())
        .collect()
}

#[test]
fn a_run_is_a_folder_with_its_records_and_files() {
    let host = Fake::default();
    let mut exporter = exporter(&host);
    exporter.begin(run(&["parallel 1"])).unwrap();
    exporter.begin_point(&point()).unwrap();
    exporter.progress(&[row(0), row(1)]).unwrap();
    exporter.progress(&[row(2)]).unwrap();
    exporter.end_point(&summary(EndReason::Failed)).unwrap();
    host.0.borrow_mut().files.insert(crate::exporter::REPORT.into(), b"report".to_vec());
    exporter.end(EndReason::Failed).unwrap();
    let records = file(&host);
    assert_eq!(
        kinds(&records),
        [
            "header", "run", "metric", "output", "history", "files", "history", "output",
            "summary", "alert", "exit", "footer"
        ]
    );
    let said = |record: &Record| match &record.kind {
        Some(Kind::Output(output)) => Some((output.kind, output.line.clone())),
        _ => None,
    };
    let log: Vec<(i32, String)> = records.iter().filter_map(said).collect();
    let line = |kind, text: &str| (kind, text.to_owned());
    let begun = "loadwright 0.1.0: parallel 1 of run 0123456789abcdef\n";
    assert_eq!(log[..2], [line(1, begun), line(1, "warning: the client was slow\n")]);
    assert_eq!(log[3], line(0, "the point failed\n"));
    let numbers: Vec<i64> = records.iter().map(|record| record.num).collect();
    assert_eq!(numbers, (1..=records.len() as i64).collect::<Vec<_>>());
    assert_eq!(history(&records, "request_rate"), [0.0, 1.0, 2.0]);
    assert_eq!(history(&records, "_step"), [0, 1, 2, 3]);
    assert_eq!(host.file(&format!("{FOLDER}/files/performance_summary.txt")), b"report");
    let table = history(&records, "percentiles")[0]["path"].as_str().unwrap().to_owned();
    assert!(!host.file(&format!("{FOLDER}/files/{table}")).is_empty());
    assert!(host.0.borrow().seen.is_empty(), "nothing is sent");
}

#[test]
fn a_new_instance_cuts_off_what_its_state_does_not_know() {
    let whole = {
        let host = Fake::default();
        let mut exporter = exporter(&host);
        exporter.begin(run(&["parallel 1"])).unwrap();
        exporter.begin_point(&point()).unwrap();
        exporter.progress(&[row(0), row(1), row(2)]).unwrap();
        exporter.end_point(&summary(EndReason::Completed)).unwrap();
        host.file(&format!("{FOLDER}/run-0123456789ab-0.wandb"))
    };
    let host = Fake::default();
    let mut first = exporter(&host);
    first.begin(run(&["parallel 1"])).unwrap();
    first.begin_point(&point()).unwrap();
    let state = first.progress(&[row(0)]).unwrap().state.unwrap();
    first.progress(&[row(1)]).unwrap();
    let mut second = exporter(&host);
    second.begin(Run { resume: state, ..run(&["parallel 1"]) }).unwrap();
    second.begin_point(&point()).unwrap();
    second.progress(&[row(0), row(1), row(2)]).unwrap();
    second.end_point(&summary(EndReason::Completed)).unwrap();
    assert_eq!(host.file(&format!("{FOLDER}/run-0123456789ab-0.wandb")), whole);
}

#[test]
fn a_file_that_became_shorter_is_named() {
    let host = Fake::default();
    let mut first = exporter(&host);
    first.begin(run(&["parallel 1"])).unwrap();
    let state = first.begin_point(&point()).unwrap().state.unwrap();
    host.0.borrow_mut().files.clear();
    let mut second = exporter(&host);
    second.begin(Run { resume: state, ..run(&["parallel 1"]) }).unwrap();
    let fault = second.begin_point(&point()).unwrap_err();
    assert!(format!("{fault:?}").contains(FOLDER), "{fault:?}");
}
