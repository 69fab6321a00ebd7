//! Manifests as plugins write them, and settings checked against their schema.

use super::*;
use serde_json::json;

fn manifest(settings: &Value) -> Manifest {
    let text = json!({ "name": "a", "settings": settings }).to_string();
    Manifest::read(text.as_bytes()).unwrap()
}

fn texts(faults: Vec<SettingFault>) -> Vec<String> {
    faults.iter().map(SettingFault::to_string).collect()
}

#[test]
fn invalid_manifests() {
    for (text, said) in [
        ("", "its manifest is not a JSON object: EOF while parsing a value at line 1 column 0"),
        ("{}", "its manifest is not valid: missing field `name`"),
        (
            r#"{"name": "a b"}"#,
            "its manifest has the invalid name `a b`; use letters, digits, `-`, `_` and `.`",
        ),
    ] {
        assert_eq!(Manifest::read(text.as_bytes()).unwrap_err().to_string(), said);
    }
}

#[test]
fn memory_is_what_the_manifest_asks_for_within_bounds() {
    let asks = |limits: &str| {
        let text = format!(r#"{{"name": "a", "limits": {limits}}}"#);
        Manifest::read(text.as_bytes()).unwrap().memory() >> 20
    };
    assert_eq!(asks("{}"), 64);
    assert_eq!(asks(r#"{"memory_mib": 128}"#), 128);
    assert_eq!(asks(r#"{"memory_mib": 4096}"#), 256);
}

#[test]
fn settings_are_checked_against_the_schema_and_every_fault_is_reported() {
    let schema = json!({
        "type": "object",
        "required": ["model"],
        "additionalProperties": false,
        "properties": {
            "model": { "type": "string" },
            "share": { "type": "number", "minimum": 0, "maximum": 1 },
            "mode": { "enum": ["fast", "slow"], "default": "fast" },
            "ids": { "type": "array", "items": { "type": "integer" } },
        },
    });
    let mut good = json!({ "model": "m", "share": 0.5 });
    assert!(manifest(&schema).validate(&mut good).is_empty());
    assert_eq!(good["mode"], "fast");

    let mut bad = json!({ "share": 2, "mode": "idle", "ids": [1, 1.5], "colour": 1 });
    let mut said = texts(manifest(&schema).validate(&mut bad));
    said.sort();
    assert_eq!(
        said,
        [
            "settings.colour: is unknown; choose from `model`, `share`, `mode`, `ids`",
            "settings.ids[1]: 1.5 is not of type integer",
            "settings.mode: \"idle\" is unknown; choose from \"fast\", \"slow\"",
            "settings.model: is required",
            "settings.share: 2 is too large; give 1 or less",
        ]
    );
}

#[test]
fn a_plugin_without_settings_takes_none() {
    let schema = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    let said = texts(manifest(&schema).validate(&mut json!({ "x": 1 })));
    assert_eq!(said, ["settings.x: is unknown; the plugin takes no settings"]);
    // Without a schema, only the plugin itself checks its settings.
    assert!(manifest(&Value::Null).validate(&mut json!({ "x": 1 })).is_empty());
}
