//! JSON and texts that are given in place or as `@FILE`.

use super::Shared;
use crate::input;
use serde_json::{Map, Value};
use std::path::Path;

/// What was given as JSON or text, files read: what is sent, and what is stored with the results.
pub(super) struct Contents {
    /// `--query-template`; null: none.
    pub(super) template: Value,
    /// `--extra-args`.
    pub(super) extra: Map<String, Value>,
    /// `--api-args`.
    pub(super) api: Map<String, Value>,
    /// `--dataset-args`.
    pub(super) dataset: Map<String, Value>,
    /// `--prompt`.
    pub(super) prompt: Option<String>,
}

impl Shared<'_> {
    /// Reads them all.
    pub(super) fn contents(&mut self) -> Contents {
        let args = self.args;
        let template = args.prompt.query_template.as_deref();
        let prompt = args.prompt.prompt.as_deref();
        Contents {
            template: self.json_value("query-template", template).unwrap_or_default(),
            extra: self.json_object("extra-args", args.generation.extra_args.as_deref()),
            api: self.json_object("api-args", args.target.api_args.as_deref()),
            dataset: self.json_object("dataset-args", args.dataset.dataset_args.as_deref()),
            prompt: prompt.and_then(|given| self.text_or_file("prompt", given)),
        }
    }

    /// The JSON object that `flag` holds; empty where it was not given.
    fn json_object(&mut self, flag: &str, given: Option<&str>) -> Map<String, Value> {
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
    fn json_value(&mut self, flag: &str, given: Option<&str>) -> Option<Value> {
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
    fn text_or_file(&mut self, flag: &str, given: &str) -> Option<String> {
        let Some(path) = given.strip_prefix('@') else { return Some(given.into()) };
        match input::read(Path::new(path)) {
            Ok(text) => Some(text),
            Err(why) => {
                self.findings.mistake(flag, format!("{why}; give a file of text"));
                None
            }
        }
    }
}
