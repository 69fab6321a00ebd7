//! Artifacts, against what ClearML's SDK sent.

use super::*;

fn task() -> Task {
    let (id, name) = ("8f4d894a9fcd40ba969cf932bcd1a986".into(), "model_20260101".into());
    Task { id, name, ..Task::default() }
}

#[test]
fn an_entry_is_that_of_the_sdk() {
    let all: Vec<Value> =
        serde_json::from_str(include_str!("../../tests/recordings/online.json")).expect("JSON");
    let action = "tasks.add_or_update_artifacts";
    let theirs =
        all.iter().find(|one| one["path"].as_str().is_some_and(|path| path.ends_with(action)));
    let theirs = &theirs.expect("an exchange")["body"]["artifacts"][0];
    let content = b"{\n    \"a\": 1\n}".to_vec();
    let ours = Artifact { key: "res", file: "res.json", mime: "application/json", content };
    let uri = theirs["uri"].as_str().expect("text");
    assert!(uri.ends_with(&ours.path("perf_benchmark", &task())), "{uri}");
    let timestamp = theirs["timestamp"].as_f64().expect("a number");
    let mut entry = ours.entry(uri, timestamp);
    // The SDK names the Python type of what it wrote.
    assert_eq!(entry["type"], "custom");
    entry["type"] = theirs["type"].clone();
    assert_eq!(&entry, theirs);
}

#[test]
fn paths_have_plain_parts() {
    let artifact = Artifact { key: "k", file: "f", mime: "text/plain", content: Vec::new() };
    let path = |project: &str, name: &str| {
        let task = Task { id: "i".into(), name: name.into(), ..Task::default() };
        artifact.path(project, &task)
    };
    assert_eq!(path("a b/c", "x\"\r\ny"), "a_b/c/x___y.i/artifacts/k/f");
    assert_eq!(path("..", ".."), "_/_.i/artifacts/k/f");
    assert_eq!(
        path("a//ü", &"n".repeat(500)),
        format!("a/_/_/{}.i/artifacts/k/f", "n".repeat(128))
    );
}

#[test]
fn previews_are_short() {
    let content = vec![b'x'; PREVIEW + 1];
    let artifact = Artifact { key: "k", file: "f", mime: "text/plain", content };
    assert_eq!(artifact.preview().len(), PREVIEW + '…'.len_utf8());
}
