//! The subset of JSON Schema that manifests use. Any other keyword is refused when the plugin is
//! loaded, so that none is silently without effect; the plugin itself checks everything else.

mod words;

use loadwright_core::setting::SettingFault;
use serde_json::Value;
pub(super) use words::check;

/// Checks `value` against `schema`, fills in defaults of missing members, and collects all faults.
pub(super) fn validate(
    schema: &Value,
    value: &mut Value,
    at: &str,
    faults: &mut Vec<SettingFault>,
) {
    let Some(schema) = schema.as_object() else { return };
    if let Some(wanted) = schema.get("type")
        && !any(wanted, |wanted| is(wanted, value))
    {
        faults.push(SettingFault::of(at, format!("{value} is not of type {}", spelled(wanted))));
        return;
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array)
        && !choices.contains(value)
    {
        let listed: Vec<_> = choices.iter().map(Value::to_string).collect();
        faults.push(SettingFault::of(
            at,
            format!("{value} is unknown; choose from {}", listed.join(", ")),
        ));
    }
    bounds(schema, value, at, faults);
    members(schema, value, at, faults);
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array_mut()) {
        for (index, item) in list.iter_mut().enumerate() {
            validate(items, item, &format!("{at}[{index}]"), faults);
        }
    }
}

type Object = serde_json::Map<String, Value>;

fn bounds(schema: &Object, value: &Value, at: &str, faults: &mut Vec<SettingFault>) {
    let Some(number) = value.as_f64() else { return };
    if let Some(least) = schema.get("minimum").and_then(Value::as_f64)
        && number < least
    {
        faults.push(SettingFault::of(at, format!("{value} is too small; give {least} or more")));
    }
    if let Some(most) = schema.get("maximum").and_then(Value::as_f64)
        && number > most
    {
        faults.push(SettingFault::of(at, format!("{value} is too large; give {most} or less")));
    }
}

fn members(schema: &Object, value: &mut Value, at: &str, faults: &mut Vec<SettingFault>) {
    let Some(object) = value.as_object_mut() else { return };
    let none = Object::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    for (name, property) in properties {
        if let Some(default) = property.get("default") {
            object.entry(name.as_str()).or_insert_with(|| default.clone());
        }
    }
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        if let Some(name) = name.as_str()
            && !object.contains_key(name)
        {
            faults.push(SettingFault::of(format!("{at}.{name}"), "is required"));
        }
    }
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    for (name, member) in object.iter_mut() {
        match properties.get(name) {
            Some(property) => validate(property, member, &format!("{at}.{name}"), faults),
            None if closed => faults.push(unknown(at, name, properties)),
            None => {}
        }
    }
}

fn unknown(at: &str, name: &str, properties: &Object) -> SettingFault {
    let known: Vec<_> = properties.keys().map(|known| format!("`{known}`")).collect();
    let text = if known.is_empty() {
        "is unknown; the plugin takes no settings".to_owned()
    } else {
        format!("is unknown; choose from {}", known.join(", "))
    };
    SettingFault::of(format!("{at}.{name}"), text)
}

fn any(wanted: &Value, mut test: impl FnMut(&str) -> bool) -> bool {
    match wanted {
        Value::Array(choices) => choices.iter().filter_map(Value::as_str).any(test),
        one => one.as_str().is_none_or(&mut test),
    }
}

fn spelled(wanted: &Value) -> String {
    match wanted {
        Value::Array(choices) => {
            choices.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ")
        }
        one => one.as_str().unwrap_or_default().into(),
    }
}

fn is(wanted: &str, value: &Value) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => true,
    }
}
