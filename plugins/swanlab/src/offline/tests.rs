//! Files are read back by a reader of their own and by protobuf's field numbers.

use super::Offline;
use super::records::{Content, Record};
use crate::fake::Fake;
use crate::model::*;
use crate::settings::Settings;
use crate::target::Target;
use formats::log::reader::records;
use loadwright_plugin::Fault;
use loadwright_plugin::exporter::ExporterHost;
use prost::Message;
use serde_json::json;

const STARTED: f64 = 1_767_323_045.0;
const FILE: &str = "run-20260102_030405-0011aabb/run-0011aabb.swanlab";

fn settings() -> Settings {
    let given = json!({ "settings": { "mode": "offline", "project": "p", "workspace": "team" } });
    Settings::read(&given.to_string()).unwrap()
}

fn experiment() -> Experiment {
    Experiment {
        id: "0011aabb".into(),
        name: "run".into(),
        description: "what".into(),
        tags: vec!["x".into()],
        group: "sweep".into(),
        color: "#528d59".into(),
        started: STARTED,
        config: json!({ "model": { "value": "m", "sort": 0, "desc": "" } }),
    }
}

fn batch(step: i64) -> Batch {
    let at = STARTED + step as f64;
    let x_axis = Some("time");
    let (key, label, kind) = ("perf/ttft".to_owned(), "TTFT (s)".to_owned(), Kind::Scalar);
    Batch {
        columns: vec![Column { key: key.clone(), label, kind, x_axis, hidden: false }],
        scalars: vec![Scalar { key, step, value: 0.25 * step as f64, at }],
        lines: vec![Line { number: step as u32, text: "hello".into(), error: step == 2, at }],
        media: vec![Media { key: "report".into(), kind: Kind::Text, content: b"hello".into(), at }],
        files: vec![Attachment { name: "f.txt", mime: "text/plain", content: b"whole".into() }],
    }
}

fn read(fake: &Fake) -> Vec<Record> {
    let framed = records(&fake.files()[FILE], super::HEADER).unwrap();
    framed.iter().map(|record| Record::decode(record.as_slice()).unwrap()).collect()
}

fn contents(fake: &Fake) -> Vec<Content> {
    read(fake).into_iter().map(|record| record.content.unwrap()).collect()
}

#[test]
fn a_run_is_one_file_of_records() {
    let fake = Fake::offline(STARTED);
    let mut offline = Offline::new(fake.clone(), settings());
    offline.begin().unwrap();
    assert_eq!(offline.open(&experiment(), "").unwrap(), None);
    offline.write(&batch(1)).unwrap();
    offline.write(&batch(2)).unwrap();
    let error = "it failed".to_owned();
    offline.finish(&Finish { end: End::Crashed, error, at: STARTED + 3.5 }).unwrap();

    let records = read(&fake);
    let numbers: Vec<_> = records.iter().map(|record| record.num).collect();
    assert_eq!(numbers, [-1, -3, 1, 2, 3, 4, 5, 6, 7, 8, 9, -2]);
    assert!(records.iter().all(|record| record.timestamp.is_some()), "none is without its time");
    let Some(Content::Start(start)) = &records[0].content else { panic!("{records:?}") };
    let named = (start.project.as_str(), start.workspace.as_str(), start.name.as_str());
    assert_eq!(named, ("p", "team", "run"));
    assert_eq!((start.id.as_str(), start.resume, start.tags.len()), ("0011aabb", 1, 1));
    let Some(Content::Column(column)) = &records[2].content else { panic!("{records:?}") };
    assert_eq!((column.column_type, column.section_name.as_str()), (1, "perf"));
    assert_eq!((column.x_axis.as_deref(), column.hidden), (Some("time"), None));
    let Some(Content::Scalar(scalar)) = &records[4].content else { panic!("{records:?}") };
    assert_eq!((scalar.step, scalar.value.unwrap().number), (1, 0.25));
    let Some(Content::Media(media)) = &records[5].content else { panic!("{records:?}") };
    let item = &media.value.as_ref().unwrap().items[0];
    // sha256sum of "hello"
    assert_eq!(item.filename, "000-2cf24dba.txt");
    assert!(item.sha256.starts_with("2cf24dba5fb0a30e26e83b2ac5b9e29e"));
    assert_eq!((item.size, item.payload.as_deref()), (5, Some(b"hello".as_slice())));
    let Some(Content::Save(save)) = &records[6].content else { panic!("{records:?}") };
    assert_eq!((save.kind, &save.payload), (0, &None), "a user's file is not in its record");
    assert_eq!(fake.files()["run-20260102_030405-0011aabb/files/f.txt"], b"whole");
    let Some(Content::Finish(finish)) = &records[11].content else { panic!("{records:?}") };
    assert_eq!((finish.state, finish.error.as_str()), (2, "it failed"));
    let at = finish.finished_at.unwrap();
    assert_eq!((at.seconds, at.nanos), (1_767_323_048, 500_000_000));
}

#[test]
fn the_bytes_of_a_record_are_swanlabs() {
    // Made with SwanLab 0.10.3: Record(num=-2, timestamp=1767323045 s, finish=(state=1)).
    let bytes = [
        8, 254, 255, 255, 255, 255, 255, 255, 255, 255, 1, 18, 6, 8, 165, 235, 220, 202, 6, 90, 2,
        8, 1,
    ];
    let finish = super::records::Finish { state: 1, error: String::new(), finished_at: None };
    let record = Record {
        num: -2,
        timestamp: Some(super::timestamp(STARTED)),
        content: Some(Content::Finish(finish)),
    };
    assert_eq!(record.encode_to_vec(), bytes);
}

#[test]
fn another_instance_goes_on_where_the_last_was_kept() {
    let fake = Fake::offline(STARTED);
    let mut first = Offline::new(fake.clone(), settings());
    first.open(&experiment(), "").unwrap();
    first.write(&batch(1)).unwrap();
    let place = first.place();
    let kept = contents(&fake);
    first.write(&batch(2)).unwrap();
    fake.append(FILE, b"torn").unwrap();

    let mut second = Offline::new(fake.clone(), settings());
    second.open(&experiment(), &place).unwrap();
    assert_eq!(contents(&fake), kept);
    second.write(&batch(2)).unwrap();
    let end = Finish { end: End::Aborted, error: String::new(), at: STARTED };
    second.finish(&end).unwrap();
    let all = contents(&fake);
    assert_eq!(all[..kept.len()], kept);
    let Content::Finish(finish) = &all[all.len() - 1] else { panic!("{all:?}") };
    assert_eq!(finish.state, 3);
}

#[test]
fn a_file_that_became_shorter_is_told() {
    let fake = Fake::offline(STARTED);
    let mut first = Offline::new(fake.clone(), settings());
    first.open(&experiment(), "").unwrap();
    let place = first.place();
    fake.put(FILE, b"short").unwrap();
    let fault = Offline::new(fake, settings()).open(&experiment(), &place).unwrap_err();
    let Fault::Fatal(text) = fault else { panic!("{fault:?}") };
    assert!(text.starts_with(FILE) && text.contains("export the run anew"), "{text}");
}

#[test]
fn a_run_that_is_exported_anew_replaces_the_old_file() {
    let fake = Fake::offline(STARTED);
    for _ in 0..2 {
        let mut offline = Offline::new(fake.clone(), settings());
        offline.open(&experiment(), "").unwrap();
        offline.write(&batch(1)).unwrap();
    }
    assert_eq!(read(&fake).iter().filter(|record| record.num == -1).count(), 1);
}
