//! Faults name the setting.

use super::*;

fn text(fault: Fault) -> String {
    match fault {
        Fault::Settings(text) => text,
        other => panic!("not about a setting: {other:?}"),
    }
}

#[test]
fn a_wrong_type_names_the_member() {
    let fault = parse::<Dataset>(r#"{"image_width": "wide"}"#).unwrap_err();
    assert!(text(fault).starts_with("image_width: invalid type"));
}

#[test]
fn a_missing_member_is_named() {
    let fault = parse::<Protocol>("{}").unwrap_err();
    assert!(text(fault).contains("`url`"));
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
    assert!(text(fault).contains("`speed`"));
    assert_eq!(own::<None>(Option::None), Ok(None {}));
    assert_eq!(own::<None>(Some(&Value::Null)), Ok(None {}));
}
