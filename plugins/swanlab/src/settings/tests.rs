//! What `configure` takes, and what it refuses by name.

use super::{Mode, Settings};
use loadwright_plugin::Fault;
use serde_json::{Value, json};

fn read(settings: &Value) -> Result<Settings, Fault> {
    Settings::read(&json!({ "settings": settings, "secrets": ["api-key"] }).to_string())
}

fn refused(settings: &Value) -> (String, String) {
    match read(settings) {
        Err(Fault::Settings(fault)) => (fault.name, fault.text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_settings_a_run_goes_to_the_cloud() {
    let cloud = Settings {
        host: "https://api.swanlab.cn".into(),
        web_host: "https://swanlab.cn".into(),
        workspace: String::new(),
        project: "perf_benchmark".into(),
        name: String::new(),
        tags: Vec::new(),
        group: String::new(),
        description: String::new(),
        mode: Mode::Online,
    };
    assert_eq!(read(&json!({})).unwrap(), cloud);
    assert_eq!(read(&json!({ "mode": "cloud", "project": "" })).unwrap(), cloud);
}

#[test]
fn hosts_are_cut_to_their_origin() {
    for (given, host) in [
        ("http://swan.internal:8000/api", "http://swan.internal:8000"),
        ("swan.internal", "https://swan.internal"),
        ("https://swan.internal/?x#y", "https://swan.internal"),
    ] {
        let settings = read(&json!({ "host": given })).unwrap();
        assert_eq!((settings.host.as_str(), settings.web_host.as_str()), (host, host));
    }
    let both = read(&json!({ "host": "a", "web_host": "b/c" })).unwrap();
    assert_eq!((both.host.as_str(), both.web_host.as_str()), ("https://a", "https://b"));
    for wrong in ["ftp://a", "https://", "https://user:key@a", "a b"] {
        let text = format!("{wrong:?} is not a URL as https://HOST[:PORT]");
        assert_eq!(refused(&json!({ "host": wrong })), ("host".into(), text));
    }
}

#[test]
fn tags_are_a_list_in_every_form_of_the_sdk() {
    for given in [json!(["a", " b c "]), json!("a, b c,"), json!("[\"a\", \"b c\"]")] {
        assert_eq!(read(&json!({ "tags": given })).unwrap().tags, ["a", "b c"]);
    }
    assert_eq!(read(&json!({ "tags": [7, true] })).unwrap().tags, ["7", "true"]);
    let many: Vec<u32> = (0..31).collect();
    let why = "has 31 tags; SwanLab takes 30".to_owned();
    assert_eq!(refused(&json!({ "tags": many })), ("tags".into(), why));
    assert_eq!(refused(&json!({ "tags": { "a": 1 } })).0, "tags");
}

#[test]
fn names_that_do_not_fit_are_refused_by_setting() {
    for (setting, value) in [
        ("project", "a/b".to_owned()),
        ("workspace", "x".repeat(26)),
        ("name", "x".repeat(513)),
        ("group", "x".repeat(513)),
        ("description", "x".repeat(1025)),
    ] {
        let (name, text) = refused(&json!({ setting: value }));
        assert_eq!(name, setting);
        assert!(text.contains("SwanLab takes"), "{text}");
    }
    assert_eq!(refused(&json!({ "mode": "elsewhere" })).0, "mode");
    assert_eq!(refused(&json!({ "colour": "red" })).0, "colour");
}

#[test]
fn only_a_server_needs_a_key() {
    let without = |mode| Settings::read(&json!({ "settings": { "mode": mode } }).to_string());
    assert_eq!(without("offline").unwrap().mode, Mode::Offline);
    assert_eq!(without("local").unwrap().mode, Mode::Local);
    assert_eq!(without("disabled").unwrap().mode, Mode::Disabled);
    let Err(Fault::Settings(fault)) = without("online") else { panic!("a run without a key") };
    assert_eq!(fault.name, "mode");
    assert!(fault.text.contains("--swanlab-api-key"), "{}", fault.text);
}
