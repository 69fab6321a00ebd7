//! JSON and texts that are given in place or as `@FILE`.

use super::Shared;
use serde_json::{Map, Value};

impl Shared<'_> {
    /// The JSON object that `flag` holds; empty where it was not given.
    pub(super) fn json_object(&mut self, flag: &str, given: Option<&str>) -> Map<String, Value> {
        match self.json_value(flag, given) {
            Some(Value::Object(object)) => object,
            None => Map::new(),
            Some(_) => {
                self.findings.mistake(flag, "is JSON, but not an object; write {\"name\": value}");
                Map::new()
            }
        }
    }

    /// The JSON value that `flag` holds.
    pub(super) fn json_value(&mut self, flag: &str, given: Option<&str>) -> Option<Value> {
        let text = self.text_or_file(flag, given?)?;
        match serde_json::from_str(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.findings.mistake(flag, format!("is not JSON: {error}"));
                None
            }
        }
    }

    /// The text itself, or the content of the file that `@` names.
    pub(super) fn text_or_file(&mut self, flag: &str, given: &str) -> Option<String> {
        let Some(path) = given.strip_prefix('@') else { return Some(given.into()) };
        match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) => {
                self.findings.mistake(flag, format!("the file {path} cannot be read: {error}"));
                None
            }
        }
    }
}
