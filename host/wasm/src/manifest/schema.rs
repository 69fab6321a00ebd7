//! The part of JSON Schema that manifests use: type, enum, minimum, maximum, properties, required,
//! additionalProperties, items and default. Other keywords are left to the plugin itself.

use serde_json::Value;

/// Checks `value` against `schema`, fills in defaults of missing members, and adds every mistake.
pub(super) fn admit(schema: &Value, value: &mut Value, at: &str, mistakes: &mut Vec<String>) {
    let Some(schema) = schema.as_object() else { return };
    if let Some(wanted) = schema.get("type")
        && !any(wanted, |wanted| is(wanted, value))
    {
        mistakes.push(format!("`{at}` is {value}, but should be of type {}", spelled(wanted)));
        return;
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array)
        && !choices.contains(value)
    {
        let listed: Vec<_> = choices.iter().map(Value::to_string).collect();
        mistakes.push(format!("`{at}` is {value}, but should be one of {}", listed.join(", ")));
    }
    bounds(schema, value, at, mistakes);
    members(schema, value, at, mistakes);
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array_mut()) {
        for (index, item) in list.iter_mut().enumerate() {
            admit(items, item, &format!("{at}[{index}]"), mistakes);
        }
    }
}

type Object = serde_json::Map<String, Value>;

fn bounds(schema: &Object, value: &Value, at: &str, mistakes: &mut Vec<String>) {
    let Some(number) = value.as_f64() else { return };
    if let Some(least) = schema.get("minimum").and_then(Value::as_f64)
        && number < least
    {
        mistakes.push(format!("`{at}` is {value}, but should be at least {least}"));
    }
    if let Some(most) = schema.get("maximum").and_then(Value::as_f64)
        && number > most
    {
        mistakes.push(format!("`{at}` is {value}, but should be at most {most}"));
    }
}

fn members(schema: &Object, value: &mut Value, at: &str, mistakes: &mut Vec<String>) {
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
            mistakes.push(format!("`{at}` lacks `{name}`"));
        }
    }
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    for (name, member) in object.iter_mut() {
        match properties.get(name) {
            Some(property) => admit(property, member, &format!("{at}.{name}"), mistakes),
            None if closed => mistakes.push(unknown(at, name, properties)),
            None => {}
        }
    }
}

fn unknown(at: &str, name: &str, properties: &Object) -> String {
    let known: Vec<_> = properties.keys().map(|known| format!("`{known}`")).collect();
    match known.is_empty() {
        true => format!("`{at}` has `{name}`, but it takes no settings"),
        false => format!("`{at}` has no `{name}`; there is {}", known.join(", ")),
    }
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
