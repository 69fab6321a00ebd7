//! What is sent beside what W&B's own client was recorded to send: order, ids and times aside.

use crate::exporter::Wandb;
use crate::fixture::service::{Fake, Seen};
use crate::fixture::{run, summary};
use loadwright_plugin::{EndReason, Point, Row};
use serde_json::{Value, json};

fn recorded() -> Vec<Value> {
    serde_json::from_str(include_str!("../../tests/recordings/online.json")).unwrap()
}

/// The recorded requests called `what`.
fn theirs(what: &str) -> Vec<Value> {
    let is = |exchange: &Value| match exchange["body"]["operationName"].as_str() {
        Some(name) => name == what,
        None => exchange["method"] == what || exchange["path"].as_str().unwrap().ends_with(what),
    };
    let found: Vec<Value> = recorded().into_iter().filter(is).collect();
    assert!(!found.is_empty(), "no recording of {what}");
    found
}

/// A run with all that there is to send.
fn ours(what: &str) -> Vec<Seen> {
    let host = Fake::default();
    let settings = json!({
        "settings": {"group": "g", "notes": "n", "tags": "a,b"}, "secrets": ["api-key"],
    });
    let mut exporter = Wandb::new(host.clone(), &settings.to_string()).unwrap();
    exporter.begin(run(&["parallel 1"])).unwrap();
    let settings = r#"{"parallel":1}"#.into();
    let (name, extra) = (String::new(), String::new());
    exporter.begin_point(&Point { index: 0, name, origin: 0.0, settings, extra }).unwrap();
    let row = Row { at: 1.0, values: vec![Some(1.0), Some(2.0)], extra: String::new() };
    exporter.progress(&[row]).unwrap();
    exporter.end_point(&summary(EndReason::Failed)).unwrap();
    let seen = host.0.borrow().seen.clone();
    seen.into_iter().filter(|seen| seen.what() == what).collect()
}

/// Names of the members of an object, sorted.
fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Each member of ours is one of theirs and of the same type, or one of the two is not given.
fn assert_members_fit(ours: &Value, theirs: &Value) {
    for (name, value) in ours.as_object().unwrap() {
        let other = theirs.get(name).unwrap_or_else(|| panic!("there is no {name}"));
        let (ours, theirs) = (kind(value), kind(other));
        assert!(ours == theirs || ours == "null" || theirs == "null", "{name}: {ours}, {theirs}");
    }
}

fn parsed(text: &Value) -> Value {
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

#[test]
fn variables_have_the_same_names_and_types() {
    for what in ["UpsertBucket", "CreateRunFiles", "NotifyScriptableRunAlert"] {
        let theirs = &theirs(what)[0]["body"]["variables"];
        for seen in ours(what) {
            assert_members_fit(&seen.json()["variables"], theirs);
        }
        assert!(!ours(what).is_empty());
    }
    let all = ours("NotifyScriptableRunAlert")[0].json();
    let alert = &theirs("NotifyScriptableRunAlert")[0]["body"]["variables"];
    assert_eq!(keys(&all["variables"]), keys(alert));
    assert_eq!(all["variables"]["waitDuration"], alert["waitDuration"]);
}

#[test]
fn the_configuration_is_wrapped_and_defines_metrics_the_same_way() {
    let ours = parsed(&ours("UpsertBucket")[0].json()["variables"]["config"]);
    // Theirs has definitions in its second request.
    let theirs = parsed(&theirs("UpsertBucket")[1]["body"]["variables"]["config"]);
    for config in [&ours, &theirs] {
        for (name, value) in config.as_object().unwrap() {
            assert_eq!(keys(value), ["value"], "{name}");
        }
    }
    let definitions = |config: &Value| config["_wandb"]["value"]["m"].as_array().unwrap().clone();
    let axis = |config: &Value| -> String {
        let all = definitions(config);
        let metric = all.iter().find(|metric| metric.get("5").is_some()).unwrap();
        // The place of the axis counts from 1.
        let place = metric["5"].as_u64().unwrap() as usize - 1;
        assert_eq!(metric["6"], json!([1, 3]));
        all[place]["1"].as_str().unwrap().to_owned()
    };
    assert_eq!(axis(&theirs), "Completed Requests");
    assert_eq!(axis(&ours), "time");
    for metric in definitions(&ours) {
        assert_members_fit(&metric, &definitions(&theirs)[0]);
    }
}

#[test]
fn lines_are_encoded_the_same_way() {
    let theirs = &theirs("file_stream")[1];
    let last = |what: &str| -> Value {
        let mut found = Value::Null;
        for seen in ours("file_stream") {
            let body = seen.json();
            assert_members_fit(&body, &theirs["body"]);
            if let Some(file) = body["files"].get(what) {
                assert_members_fit(file, &theirs["body"]["files"][what]);
                found = parsed(file["content"].as_array().unwrap().last().unwrap());
            }
        }
        found
    };
    let history = last("wandb-history.jsonl");
    let lines = theirs["body"]["files"]["wandb-history.jsonl"]["content"].as_array().unwrap();
    let lines: Vec<Value> = lines.iter().map(parsed).collect();
    for name in ["_step", "_runtime", "_timestamp"] {
        assert!(history[name].is_number() && lines.iter().all(|line| line[name].is_number()));
    }
    let table = lines.iter().find_map(|line| line.get("percentiles")).unwrap();
    assert_eq!(keys(&history["percentiles"]), keys(table));
    assert_members_fit(&history["percentiles"], table);
    let histogram = lines.iter().find_map(|line| line.get("hist")).unwrap();
    for histogram in [histogram, &history["distribution/ttft"]] {
        assert_eq!(keys(histogram), ["_type", "bins", "values"]);
        let count = |name: &str| histogram[name].as_array().unwrap().len();
        assert_eq!(count("bins"), count("values") + 1);
    }
    let summary = last("wandb-summary.json");
    let file = &theirs["body"]["files"]["wandb-summary.json"]["content"][0];
    assert_members_fit(&summary["_wandb"], &parsed(file)["_wandb"]);
}

#[test]
fn a_run_is_complete_the_same_way() {
    let ours = ours("file_stream").last().unwrap().json();
    let theirs = theirs("file_stream").last().unwrap()["body"].clone();
    assert_eq!(keys(&ours), keys(&theirs));
    assert_eq!(ours["complete"], theirs["complete"]);
    assert_eq!(ours["exitcode"], 1);
}

#[test]
fn uploads_have_the_headers_of_the_service_and_no_key() {
    let theirs = &theirs("PUT")[0];
    assert_eq!(keys(&theirs["headers"]), ["X-Stub-Header"]);
    let puts = ours("PUT");
    assert_eq!(puts.len(), 3);
    for seen in &puts {
        assert_eq!(seen.headers, [("x-a".to_owned(), "1".to_owned())]);
    }
    let table = puts.iter().find(|seen| seen.url.contains("/media/table/")).unwrap();
    assert_eq!(keys(&table.json()), keys(&theirs["body"]));
    let name = |path: &str| -> Vec<usize> {
        let file = path.rsplit('/').next().unwrap().split('?').next().unwrap();
        file.split(['_', '.']).map(str::len).collect()
    };
    assert_eq!(name(&table.url), name(theirs["path"].as_str().unwrap()));
}
