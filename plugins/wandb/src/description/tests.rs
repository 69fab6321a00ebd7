use super::{Description, Named};
use crate::fixture::{run, settings};
use serde_json::{Value, json};

fn described(settings_of_point: &str) -> Description {
    let named = Named { index: 1, name: "parallel 2", settings: settings_of_point };
    Description::new(&settings(), &run(&["parallel 1", "parallel 2"]), named)
}

#[test]
fn settings_are_at_the_top_and_wrapped_for_the_api() {
    let wrapped = described(r#"{"parallel":2,"args":{"stream":true},"_wandb":1}"#).wrapped();
    assert_eq!(wrapped["parallel"], json!({"value": 2}));
    assert_eq!(wrapped["args"], json!({"value": {"stream": true}}));
    assert_eq!(wrapped["model"], json!({"value": "m"}));
    let own = &wrapped["loadwright"]["value"];
    assert_eq!(own["run"], "0123456789abcdef");
    assert_eq!(own["point"], 1);
    assert_eq!(own["plugins"]["openai"], "1.0 sha256:aa");
}

#[test]
fn every_metric_has_the_time_as_x_axis() {
    let wrapped = described("{}").wrapped();
    let definitions = wrapped["_wandb"]["value"]["m"].as_array().unwrap();
    assert_eq!(definitions[0], json!({"1": "time", "6": [2, 3], "7": []}));
    let names: Vec<&str> = definitions[1..].iter().map(|m| m["1"].as_str().unwrap()).collect();
    assert_eq!(names, ["request_rate", "ttft_p99"]);
    // 5 counts from one: the axis is the first.
    assert!(definitions[1..].iter().all(|metric| metric["5"] == 1 && metric["6"] == json!([1, 3])));
}

#[test]
fn settings_that_are_no_object_are_kept_as_they_are() {
    assert_eq!(described("[1]").config["settings"], json!([1]));
    assert_eq!(described("{").config["settings"], Value::from("{"));
}
