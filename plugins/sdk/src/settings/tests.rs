//! Faults name the setting.

use super::*;

/// The setting's name, and what is wrong with it.
fn told(fault: Fault) -> (String, String) {
    match fault {
        Fault::Settings(fault) => (fault.name, fault.text),
        other => panic!("not about a setting: {other:?}"),
    }
}

#[test]
fn a_wrong_type_names_the_member() {
    let fault = parse::<Dataset>(r#"{"image_width": "wide"}"#).unwrap_err();
    let (name, text) = told(fault);
    assert_eq!(name, "image_width");
    assert!(text.starts_with("invalid type"), "{text}");
}

#[test]
fn a_missing_member_is_named() {
    let fault = parse::<Api>("{}").unwrap_err();
    assert!(told(fault).1.contains("`url`"));
}

#[test]
fn text_that_is_not_json_is_a_fault() {
    assert!(matches!(parse::<Dataset>("{"), Err(Fault::Settings(_))));
}

#[test]
fn null_is_not_given() {
    let settings: Dataset = parse(r#"{"max_prompt_length": null, "image_num": 2}"#).unwrap();
    assert_eq!(settings.max_prompt_length, Option::None);
    assert_eq!(settings.image_num, Some(2));
}

#[test]
fn a_plugin_without_settings_of_its_own_refuses_any_by_name() {
    let fault = own::<None>(Some(&serde_json::json!({"speed": 2}))).unwrap_err();
    assert!(told(fault).1.contains("`speed`"));
    assert_eq!(own::<None>(Option::None), Ok(None {}));
    assert_eq!(own::<None>(Some(&Value::Null)), Ok(None {}));
}
