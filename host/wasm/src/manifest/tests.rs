//! Manifests as plugins write them, and settings checked against their schema.

use super::*;
use serde_json::json;

fn manifest(settings: &Value) -> Manifest {
    let text = json!({ "name": "a", "settings": settings }).to_string();
    Manifest::read(text.as_bytes(), Kind::Dataset).unwrap()
}

/// Why a manifest with these members is refused.
fn refused(kind: Kind, members: &Value) -> String {
    let mut manifest = json!({ "name": "a" });
    for (name, value) in members.as_object().unwrap() {
        manifest[name] = value.clone();
    }
    let text = manifest.to_string();
    let fault = Manifest::read(text.as_bytes(), kind).unwrap_err().to_string();
    fault.strip_prefix("its manifest is not valid: ").unwrap_or(&fault).to_owned()
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
            "its manifest is not valid: `a b` is not a name; use at most 64 letters, digits, `-`, \
             `_` and `.`",
        ),
    ] {
        let fault = Manifest::read(text.as_bytes(), Kind::Dataset).unwrap_err();
        assert_eq!(fault.to_string(), said);
    }
    let long = format!(r#"{{"name": "a", "x-y": "{}"}}"#, "z".repeat(256 << 10));
    let fault = Manifest::read(long.as_bytes(), Kind::Dataset).unwrap_err();
    assert_eq!(fault.to_string(), "its manifest is longer than 256 KiB");
}

#[test]
fn memory_is_what_the_manifest_asks_for_within_bounds() {
    let asks = |limits: &str| {
        let text = format!(r#"{{"name": "a", "limits": {limits}}}"#);
        Manifest::read(text.as_bytes(), Kind::Dataset).unwrap().memory() >> 20
    };
    assert_eq!(asks("{}"), 64);
    assert_eq!(asks(r#"{"memory_mib": 16}"#), 64);
    assert_eq!(asks(r#"{"memory_mib": 128}"#), 128);
    assert_eq!(
        refused(Kind::Dataset, &json!({ "limits": { "memory_mib": 4096 } })),
        "limits.memory_mib: 4096 is too large; ask for 256 or less, users may give more with \
         --plugin-memory"
    );
}

#[test]
fn unknown_members_are_refused_except_an_authors_own() {
    let said = refused(Kind::Dataset, &json!({ "homepage": "h" }));
    assert!(said.starts_with("unknown field `homepage`, expected one of `name`, "), "{said}");
    let said = refused(Kind::Dataset, &json!({ "limits": { "fuel": 1 } }));
    assert_eq!(said, "unknown field `fuel`, expected `memory_mib`");
    let own = json!({
        "name": "a",
        "x-team": 1,
        "limits": { "x-why": "large" },
        "dataset": { "prompts": ["text"], "x-note": [] },
        "settings": { "properties": { "x-size": { "type": "integer", "x-order": 1 } } },
    });
    let read = Manifest::read(own.to_string().as_bytes(), Kind::Dataset).unwrap();
    assert_eq!(read.json, own, "it is kept as it was written");
    let faults = texts(read.validate(&mut json!({ "x-size": "big" })));
    assert_eq!(faults, ["settings.x-size: \"big\" is not of type integer"]);
}

#[test]
fn what_a_kind_has_no_use_for_is_refused() {
    let api = json!({ "prompts": ["text"] });
    for (kind, members, said) in [
        (Kind::Dataset, json!({ "api": api }), "has the member `api`, but the plugin is a dataset"),
        (
            Kind::Dataset,
            json!({ "metrics": {} }),
            "has the member `metrics`, but the plugin is a dataset",
        ),
        (
            Kind::Dataset,
            json!({ "needs": { "secrets": [{ "name": "k", "reason": "r" }] } }),
            "needs the secret `k`, which goes into headers of an API or an exporter only",
        ),
        (
            Kind::Api,
            json!({ "needs": { "hosts": [{ "name": "https://h", "reason": "r" }] } }),
            "needs.hosts is for exporters, but the plugin is an API plugin",
        ),
        (
            Kind::Conventions,
            json!({ "exporter": { "requests": "all" } }),
            "has the member `exporter`, but the plugin is a conventions plugin",
        ),
        (
            Kind::Exporter,
            json!({ "needs": { "secrets": [{ "name": "k", "reason": "r" }] } }),
            "the secret `k` needs `hosts`: those that it may be sent to",
        ),
        (
            Kind::Exporter,
            json!({ "exporter": { "sources": { "url": [{ "env": "URL" }] } } }),
            "exporter.sources: `url` is not a setting",
        ),
        (
            Kind::Dataset,
            json!({ "needs": { "files": [{ "name": "images", "reason": "r" }] } }),
            "needs.files: `images` is neither dataset-path nor a setting with the format path",
        ),
        (
            Kind::Api,
            json!({ "needs": { "files": [{ "name": "dataset-path", "reason": "r" }] } }),
            "`dataset-path` is a file, which only datasets can read",
        ),
        (
            Kind::Api,
            json!({ "settings": { "properties": { "key": { "type": "string", "format": "path" } } } }),
            "`key` is a file, which only datasets can read",
        ),
    ] {
        assert_eq!(refused(kind, &members), said);
    }
}

#[test]
fn schemas_that_are_not_understood_are_refused_by_name() {
    for (schema, said) in [
        (json!([]), "settings: is not a schema, which is a JSON object"),
        (
            json!({ "properties": { "a": { "pattern": "^x" } } }),
            "settings.a: the keyword `pattern` is not understood; use type, enum, minimum, maximum, \
             properties, required, additionalProperties, items, default or format, and check the \
             rest in `configure`",
        ),
        (
            json!({ "type": "objekt" }),
            "settings.type: \"objekt\" is not a type; use object, array, string, boolean, null, \
             number or integer",
        ),
        (json!({ "required": ["a", 1] }), "settings.required: is not an array of names"),
        (
            json!({ "additionalProperties": {} }),
            "settings.additionalProperties: is not true or false",
        ),
        (
            json!({ "properties": { "a": { "items": { "minimum": "1" } } } }),
            "settings.a.items.minimum: is not a number",
        ),
        (
            json!({ "properties": { "a": { "type": "string", "format": "hub" } } }),
            "settings.a.format: `hub` is reserved and not supported yet; use `path`, and give a \
             file",
        ),
        (
            json!({ "properties": { "a": { "type": "string", "format": "uri" } } }),
            "settings.a.format: `uri` is not understood; use `path`",
        ),
        (
            json!({ "properties": { "a": { "format": "path" } } }),
            "settings.a.format: only a setting itself, of type string, can be a path",
        ),
        (
            json!({ "properties": { "a": { "items": { "type": "string", "format": "path" } } } }),
            "settings.a.items.format: only a setting itself, of type string, can be a path",
        ),
        (
            json!({ "properties": { "a/b": { "type": "string", "format": "path" } } }),
            "settings.a/b: a path needs a name of letters, digits, `-` and `_` other than \
             dataset-path",
        ),
        (
            json!({ "properties": {
                "a": { "type": "string", "format": "path", "default": "/etc/passwd" },
            } }),
            "settings.a: only users choose paths; leave out the default",
        ),
    ] {
        assert_eq!(refused(Kind::Dataset, &json!({ "settings": schema })), said);
    }
    let known = manifest(&json!({ "properties": {
        "images": { "type": "string", "format": "path", "description": "a folder" },
        "split": { "type": "string" },
    } }));
    assert_eq!(known.path_settings, ["images"]);
}

#[test]
fn manifests_that_differ_are_told_apart_by_a_pointer() {
    let read = manifest(&json!({ "properties": { "n": { "maximum": 8 } } }));
    let mut other = read.json.clone();
    assert_eq!(read.difference(&other), None);
    other["settings"]["properties"]["n"]["maximum"] = json!(9);
    assert_eq!(read.difference(&other).unwrap(), "/settings/properties/n/maximum");
    let mut other = read.json.clone();
    other["version"] = json!("1");
    assert_eq!(read.difference(&other).unwrap(), "/version");
    assert_eq!(read.difference(&json!("a")).unwrap(), "");
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

#[test]
fn a_long_and_hostile_member_is_quoted_in_part() {
    let text = json!({ "name": format!("\u{1b}[2J{}", "x".repeat(200_000)) }).to_string();
    let said = Manifest::read(text.as_bytes(), Kind::Api).unwrap_err().to_string();
    assert!(said.len() < 1_200 && said.contains("bytes left out"), "{} bytes", said.len());
}
