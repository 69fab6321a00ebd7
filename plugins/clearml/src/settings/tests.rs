//! Settings and what is wrong with them.

use super::*;

fn read(settings: &str, secrets: &str) -> Result<Settings, Fault> {
    Settings::read(&format!(r#"{{"settings":{settings},"secrets":{secrets}}}"#))
}

fn setting(fault: Result<Settings, Fault>) -> String {
    match fault {
        Err(Fault::Settings(fault)) => fault.name,
        other => panic!("not a fault of a setting: {other:?}"),
    }
}

#[test]
fn the_hosted_service_needs_keys_alone() {
    let read = read(r#"{"access_key":"AK"}"#, r#"["secret-key"]"#).expect("settings");
    assert_eq!(read.api, "https://api.clear.ml");
    assert_eq!(read.project, "perf_benchmark");
    assert_eq!(read.mode, Mode::Online(Auth::Keys("AK".into())));
}

#[test]
fn hosts_have_no_slash_at_their_end_and_empty_ones_are_none() {
    let json = r#"{"api_host":"http://box:8008/","files_host":"http://box:8081/","web_host":" ",
        "access_key":"AK","tags":" a,, b "}"#;
    let read = read(json, r#"["auth-token"]"#).expect("settings");
    assert_eq!(read.api, "http://box:8008");
    assert_eq!((read.files.as_deref(), read.web), (Some("http://box:8081"), None));
    assert_eq!(read.tags, ["a", "b"]);
    assert_eq!(read.mode, Mode::Online(Auth::Token));
}

#[test]
fn a_key_that_is_missing_is_named() {
    assert_eq!(setting(read("{}", "[]")), "access_key");
    assert_eq!(setting(read(r#"{"access_key":"AK"}"#, "[]")), "secret-key");
    for key in ["A:B", "A}}{{secret:x", "A B", "A\\nB"] {
        let json = format!(r#"{{"access_key":"{key}"}}"#);
        assert_eq!(setting(read(&json, r#"["secret-key"]"#)), "access_key", "{key}");
    }
}

#[test]
fn offline_needs_no_key_and_has_the_words_of_the_variable() {
    for mode in ["offline", "1", "True", "yes", "ON"] {
        let json = format!(r#"{{"mode":"{mode}"}}"#);
        assert_eq!(read(&json, "[]").expect("settings").mode, Mode::Offline, "{mode}");
    }
    assert_eq!(setting(read(r#"{"mode":"0"}"#, "[]")), "access_key");
    assert_eq!(setting(read(r#"{"mode":"cloud"}"#, "[]")), "mode");
}

#[test]
fn a_setting_that_does_not_exist_is_named() {
    assert_eq!(setting(read(r#"{"projekt":"x"}"#, "[]")), "settings.projekt");
}
