//! Datasets that read rows of files: what reaches the server is what is in the file.

use super::{Place, ends, stderr};
use loadwright_sim::{Config, Model, Server};
use serde_json::{Value, json};

const PARQUET: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../wasm/src/rows/parquet/tests/pyarrow.parquet");

/// The line of a run of the dataset `table` over `path`.
fn line(path: &str, settings: &Value, number: u32) -> String {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/fixtures/dist/table.wasm");
    format!(
        "--plugin {table} --dataset table --dataset-path {path} --dataset-args '{settings}' \
         -n {number} --max-tokens 1 --no-test-connection"
    )
}

/// What the messages of all requests held, in order.
fn sent(place: &Place, line: &str) -> Vec<Value> {
    let config = Config { model: Model::Unpaced, keep_bodies: true, ..Config::default() };
    let server = Server::start(config).expect("it starts");
    let url = server.url();
    let place_of_run = "--outputs-dir . --no-timestamp --name run";
    let line = format!("perf --model m --url {url}/v1/chat/completions {place_of_run} {line}");
    ends(place.loadwright(&line), 0);
    let body = |body: &[u8]| serde_json::from_slice::<Value>(body).expect("a body is JSON");
    let truth = server.truth();
    let bodies = truth.iter().map(|request| body(request.body.as_ref().expect("kept")));
    bodies.map(|body| body["messages"][0]["content"].clone()).collect()
}

#[test]
fn rows_of_an_array_deep_in_a_json_file() {
    let place = Place::new();
    let rows: Vec<Value> =
        (0..300).map(|row| json!({"n": row, "q": format!("question {row}")})).collect();
    let file = json!({"meta": {"rows": [1]}, "data": [{"rows": rows}]});
    std::fs::write(place.path().join("a.json"), file.to_string()).expect("writable");
    let settings = json!({"at": "/data/0/rows", "text": "q"});
    let wanted: Vec<_> = (0..300).map(|row| json!(format!("question {row}"))).collect();
    assert_eq!(sent(&place, &line("a.json", &settings, 300)), wanted);
}

#[test]
fn images_of_a_parquet_file_go_from_the_file_into_the_body() {
    let place = Place::new();
    let settings = json!({"text": "text", "image": "image.bytes"});
    let sent = sent(&place, &line(PARQUET, &settings, 5));
    assert_eq!(sent.len(), 5);
    assert_eq!(sent[1][0], json!({"type": "text", "text": "é \"1\"\n"}));
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,BP8ABP8ABP8ABP8A"}});
    assert_eq!(sent[4][1], image, "four times 4, 255, 0");
}

#[test]
fn files_without_rows_are_told_before_the_run() {
    let place = Place::new();
    std::fs::write(place.path().join("a.csv"), "text\n1\n").expect("writable");
    std::fs::write(place.path().join("cut.json"), "[{\"text\":\"a\"},").expect("writable");
    std::fs::write(place.path().join("cut.parquet"), "PAR1 and no more").expect("writable");
    for (path, wanted) in [
        ("a.csv", "is a .csv file; rows are read from .jsonl, .ndjson, .json and .parquet files"),
        ("cut.json", "is truncated: it ends where a value should be"),
        ("cut.parquet", "is a truncated Parquet file: it does not end in PAR1"),
    ] {
        let line = format!("perf --simulate {}", line(path, &json!({}), 1));
        let said = stderr(&ends(place.loadwright(&line), 2));
        assert!(said.contains(wanted), "{path}: {said}");
    }
}
