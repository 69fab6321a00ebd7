//! Descriptions of tasks, against what ClearML's SDK sent for the same settings.

use super::*;
use crate::fake;

fn settings(json: &str) -> Settings {
    Settings::read(&format!(r#"{{"settings":{json},"secrets":["auth-token"]}}"#)).expect("settings")
}

fn recorded(action: &str) -> Value {
    let all: Vec<Value> =
        serde_json::from_str(include_str!("../../tests/recordings/online.json")).expect("JSON");
    let found = all.into_iter().find(|one| {
        one["path"].as_str().is_some_and(|path| path.ends_with(action))
            && (action != "tasks.edit" || one["body"].get("hyperparams").is_some())
    });
    found.expect("an exchange")["body"].clone()
}

#[test]
fn hyperparameters_are_those_of_the_sdk() {
    let task = Description::new(&settings("{}"), &fake::run(), &fake::point());
    let theirs = recorded("tasks.edit");
    assert_eq!(task.hyperparams["General"], theirs["hyperparams"]["General"]);
}

#[test]
fn a_task_is_created_with_the_fields_of_the_sdk() {
    let task = Description::new(&settings("{}"), &fake::run(), &fake::point());
    let ours = Value::Object(task.fields());
    let theirs = recorded("tasks.create");
    assert_eq!(ours["name"], theirs["name"]);
    assert_eq!(ours["type"], theirs["type"]);
}

#[test]
fn points_of_a_sweep_have_names_and_a_tag_in_common() {
    let mut run = fake::run();
    run.points.push("parallel_2".into());
    let task = Description::new(&settings(r#"{"name":"mine","tags":"a"}"#), &run, &fake::point());
    assert_eq!(task.name, "mine parallel_1");
    assert_eq!(task.tags, ["a", "run 001122334455"]);
}

#[test]
fn a_task_names_the_plugins_and_the_run() {
    let task = Description::new(&settings(r#"{"comment":"why"}"#), &fake::run(), &fake::point());
    assert_eq!(task.hyperparams["Plugins"]["openai"]["value"], "0.1.0 sha256:ab");
    let comment = "why\n\nMeasured by loadwright 0.1.0, run 00112233445566778899aabbccddeeff";
    assert_eq!(task.comment, comment);
    let document = task.configuration["settings"]["value"].as_str().expect("text");
    let document: Value = serde_json::from_str(document).expect("JSON");
    assert_eq!(document["parallel"], json!([1, 2]));
}

#[test]
fn long_values_are_clipped_between_characters() {
    let long = "é".repeat(LONGEST);
    let value = parameter("General", "prompt", &json!(long));
    let text = value["value"].as_str().expect("text");
    assert_eq!(text.chars().count(), LONGEST / 2 + 1);
}

#[test]
fn kinds_are_named_as_python_does() {
    let of = |value: Value| kind(&value).unwrap_or_default();
    assert_eq!(of(json!(1.5)), "float");
    assert_eq!(of(json!(["a", "b"])), "list/str");
    assert_eq!(of(json!([1, "b"])), "list");
    assert_eq!(of(json!([])), "list");
    assert_eq!(of(json!({})), "dict");
}
