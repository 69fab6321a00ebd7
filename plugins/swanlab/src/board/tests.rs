//! The files of the dashboard's folder. What its tables hold is tested over the built binary, where
//! there is a database.

use super::Board;
use crate::fake::Fake;
use crate::model::*;
use crate::settings::Settings;
use crate::target::Target;
use loadwright_plugin::exporter::Value as Cell;
use serde_json::{Value, json};

const STARTED: f64 = 1_767_323_045.0;
const FOLDER: &str = "run-20260102_030405-0011aabb";

fn board(fake: &Fake) -> Board<Fake> {
    let given = json!({ "settings": { "mode": "local" } }).to_string();
    Board::new(fake.clone(), Settings::read(&given).unwrap())
}

fn experiment() -> Experiment {
    let config = json!({ "model": { "value": "m: \u{1F600}", "sort": 0, "desc": "" } });
    let (id, name) = ("0011aabb".into(), "run".into());
    Experiment { id, name, started: STARTED, config, ..Experiment::default() }
}

fn scalars(key: &str, values: &[(i64, f64)]) -> Vec<Scalar> {
    let scalar =
        |&(step, value)| Scalar { key: key.into(), step, value, at: STARTED + step as f64 };
    values.iter().map(scalar).collect()
}

fn write(board: &mut Board<Fake>, scalars: Vec<Scalar>) {
    board.write(&Batch { scalars, ..Batch::default() }).unwrap();
}

fn lines(fake: &Fake, file: &str) -> Vec<(i64, f64)> {
    let files = fake.files();
    let text = std::str::from_utf8(&files[&format!("{FOLDER}/logs/{file}")]).unwrap();
    let line = |line: &str| -> Value { serde_json::from_str(line).unwrap() };
    let read = |line: Value| (line["index"].as_i64().unwrap(), line["data"].as_f64().unwrap());
    text.lines().map(line).map(read).collect()
}

/// The metrics that were added, with their positions.
fn added(fake: &Fake) -> Vec<(String, f64)> {
    let statements = fake.statements();
    let tags = statements.iter().filter(|it| it.sql.starts_with("INSERT INTO tag"));
    tags.map(|it| match &it.parameters[1..3] {
        [Cell::Text(key), Cell::Integer(position)] => (key.clone(), *position),
        other => panic!("{other:?}"),
    })
    .collect()
}

#[test]
fn a_metric_is_a_folder_of_lines() {
    let fake = Fake::offline(STARTED);
    let mut board = board(&fake);
    board.begin().unwrap();
    board.open(&experiment(), "").unwrap();
    write(&mut board, scalars("time", &[(1, 1.02)]));
    // A page fails on a line without a number, and on a metric without lines.
    write(&mut board, scalars("none", &[(1, f64::NAN), (2, f64::INFINITY)]));
    write(&mut board, scalars("ttft", &[(1, 0.5), (2, f64::NAN), (3, 0.25)]));
    write(&mut board, scalars("tpot", &[(3, 7.0)]));
    board.finish(&Finish { end: End::Finished, error: String::new(), at: STARTED }).unwrap();
    assert_eq!(added(&fake), [("ttft".to_owned(), 0.0), ("tpot".to_owned(), 1.0)]);
    assert_eq!(lines(&fake, "0/000001000.log"), [(1, 0.5), (3, 0.25)]);
    assert_eq!(lines(&fake, "1/000001000.log"), [(3, 7.0)]);
    let summary = &fake.files()[&format!("{FOLDER}/logs/0/_summary.json")];
    let summary: Value = serde_json::from_slice(summary).unwrap();
    let expected = json!({ "max": 0.5, "max_step": 1, "min": 0.25, "min_step": 3, "num": 2 });
    assert_eq!(summary, expected);
}

#[test]
fn a_file_has_a_thousand_lines() {
    let fake = Fake::offline(STARTED);
    let mut board = board(&fake);
    board.open(&experiment(), "").unwrap();
    let many: Vec<_> = (0..12_001).map(|step| (step, 1.0)).collect();
    write(&mut board, scalars("x", &many));
    let names: Vec<_> = fake.files().into_keys().filter(|name| name.ends_with(".log")).collect();
    // The last value is read from the last file by name.
    assert_eq!(names.len(), 13);
    assert!(names[12].ends_with("/000013000.log"), "{}", names[12]);
    assert_eq!(lines(&fake, "0/000012000.log").len(), 1_000);
    assert_eq!(lines(&fake, "0/000013000.log"), [(12_000, 1.0)]);
}

#[test]
fn the_log_and_files_are_beside_it() {
    let fake = Fake::offline(STARTED);
    let mut board = board(&fake);
    board.open(&experiment(), "").unwrap();
    let line = |text: &str, error, at| Line { number: 1, text: text.into(), error, at };
    let lines = vec![line("begun", false, STARTED), line("gone", true, STARTED + 86_400.0)];
    let files =
        vec![Attachment { name: "a.json", mime: "application/json", content: b"{}".into() }];
    board.write(&Batch { lines, files, ..Batch::default() }).unwrap();
    let files = fake.files();
    assert_eq!(files[&format!("{FOLDER}/console/2026-01-02.log")], b"begun\n");
    assert_eq!(files[&format!("{FOLDER}/console/2026-01-03.log")], b"error: gone\n");
    assert_eq!(files[&format!("{FOLDER}/files/a.json")], b"{}");
    let config = &files[&format!("{FOLDER}/files/config.yaml")];
    assert_eq!(serde_json::from_slice::<Value>(config).unwrap(), experiment().config);
}

#[test]
fn another_instance_goes_on_where_the_last_was_kept() {
    let fake = Fake::offline(STARTED);
    let mut first = board(&fake);
    first.open(&experiment(), "").unwrap();
    write(&mut first, scalars("x", &[(1, 1.0), (2, 2.0)]));
    let place = first.place();
    write(&mut first, scalars("x", &[(3, 3.0)]));
    write(&mut first, scalars("y", &[(3, 3.0)]));

    let mut second = board(&fake);
    second.open(&experiment(), &place).unwrap();
    assert_eq!(lines(&fake, "0/000001000.log"), [(1, 1.0), (2, 2.0)]);
    write(&mut second, scalars("y", &[(3, 3.0)]));
    assert_eq!(lines(&fake, "1/000001000.log"), [(3, 3.0)]);
    write(&mut second, scalars("x", &[(3, 3.0), (4, 4.0)]));
    assert_eq!(lines(&fake, "0/000001000.log"), [(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)]);
}

#[test]
fn a_run_that_is_exported_anew_replaces_the_old_lines() {
    let fake = Fake::offline(STARTED);
    for _ in 0..2 {
        let mut board = board(&fake);
        board.open(&experiment(), "").unwrap();
        write(&mut board, scalars("x", &[(1, 1.0)]));
    }
    assert_eq!(lines(&fake, "0/000001000.log"), [(1, 1.0)]);
}
