use super::{Mode, Resume, Settings};
use loadwright_plugin::Fault;
use serde_json::{Value, json};

fn read(settings: Value, secrets: &[&str]) -> Result<Settings, Fault> {
    Settings::read(&json!({"settings": settings, "secrets": secrets}).to_string())
}

fn refused(settings: Value) -> (String, String) {
    match read(settings, &["api-key"]) {
        Err(Fault::Settings(fault)) => (fault.name, fault.text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_not_given_has_the_value_of_the_manifest() {
    let manifest: Value = serde_json::from_str(include_str!("../../manifest.json")).unwrap();
    let properties = manifest["settings"]["properties"].as_object().unwrap();
    let filled: serde_json::Map<String, Value> = properties
        .iter()
        .filter_map(|(name, schema)| Some((name.clone(), schema.get("default")?.clone())))
        .collect();
    assert_eq!(read(filled.into(), &["api-key"]).unwrap(), Settings::default());
}

#[test]
fn the_modes_of_the_client_are_known() {
    for (mode, expected) in [
        ("online", Mode::Online),
        ("run", Mode::Online),
        ("offline", Mode::Offline),
        ("dryrun", Mode::Offline),
        ("disabled", Mode::Disabled),
    ] {
        assert_eq!(read(json!({"mode": mode}), &["api-key"]).unwrap().mode, expected);
    }
}

#[test]
fn a_key_is_needed_online_alone() {
    let Err(Fault::Settings(fault)) = read(json!({}), &[]) else { panic!("it was taken") };
    assert!(fault.text.contains("WANDB_API_KEY"), "{}", fault.text);
    assert!(read(json!({"mode": "offline"}), &[]).is_ok());
    assert!(read(json!({"mode": "disabled"}), &[]).is_ok());
}

#[test]
fn a_token_of_another_kind_is_refused_online() {
    let given = json!({"identity_token_file": "/run/token"});
    let (name, text) = refused(given.clone());
    assert_eq!(name, "identity_token_file");
    assert!(text.contains("unset WANDB_IDENTITY_TOKEN_FILE") && text.contains("WANDB_API_KEY"));
    let mut offline = given;
    offline["mode"] = "offline".into();
    assert!(read(offline, &[]).is_ok());
}

#[test]
fn names_that_cannot_stand_in_an_address_are_refused() {
    for name in ["a/b", "a\\b", "a#b", "a?b", "50%", "a:b", "a\nb"] {
        assert_eq!(refused(json!({"project": name})).0, "project", "{name:?}");
        assert_eq!(refused(json!({"run_id": name})).0, "run_id", "{name:?}");
    }
    assert_eq!(refused(json!({"project": "x".repeat(129)})).0, "project");
    assert!(read(json!({"project": "a project"}), &["api-key"]).is_ok());
}

#[test]
fn to_resume_needs_an_id() {
    assert_eq!(refused(json!({"resume": "must"})).0, "resume");
    for (resume, expected) in [("allow", Resume::Overwrite), ("never", Resume::Never)] {
        assert_eq!(read(json!({"resume": resume}), &["api-key"]).unwrap().resume, expected);
    }
    let given = json!({"resume": "auto", "run_id": "x"});
    assert_eq!(read(given, &["api-key"]).unwrap().resume, Resume::Allow);
}

#[test]
fn slashes_at_the_end_and_blanks_around_tags_go() {
    let given = json!({"base_url": "http://box:1/", "tags": " a, ,b "});
    let settings = read(given, &["api-key"]).unwrap();
    assert_eq!(settings.base_url, "http://box:1");
    assert_eq!(settings.tags(), ["a", "b"]);
}
