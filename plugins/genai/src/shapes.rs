//! Short ways to write shapes.

use loadwright_plugin::conventions::{Attribute, Condition, Test, Value};

/// An attribute that is there where its value is.
pub(crate) fn attribute(key: &str, value: Value) -> Attribute {
    Attribute { key: key.into(), value, when: Vec::new() }
}

/// An attribute with a field of the request.
pub(crate) fn of_field(key: &str, name: &str) -> Attribute {
    attribute(key, field(name))
}

/// An attribute with a setting.
pub(crate) fn of_setting(key: &str, name: &str) -> Attribute {
    attribute(key, Value::Setting(name.into()))
}

/// A field of the request.
pub(crate) fn field(name: &str) -> Value {
    Value::Field(name.into())
}

/// A text.
pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.into())
}

/// Holds where the field is there.
pub(crate) fn present(field: &str) -> Condition {
    Condition { field: field.into(), test: Test::Present }
}
