//! The flags that hold JSON or text, parsed.

use crate::diagnostics::Diagnostics;
use crate::inputs::Texts;
use serde_json::{Map, Value};

/// What is in them: sent, and stored with the results.
pub(super) struct Contents {
    /// `--query-template`; null if not given.
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

pub(super) fn contents(texts: &Texts, diagnostics: &mut Diagnostics) -> Contents {
    let template = texts.query_template.as_deref();
    Contents {
        template: value("query-template", template, diagnostics).unwrap_or_default(),
        extra: object("extra-args", texts.extra_args.as_deref(), diagnostics),
        api: object("api-args", texts.api_args.as_deref(), diagnostics),
        dataset: object("dataset-args", texts.dataset_args.as_deref(), diagnostics),
        prompt: texts.prompt.clone(),
    }
}

/// The JSON object in `text`; empty if there is none.
fn object(flag: &str, text: Option<&str>, diagnostics: &mut Diagnostics) -> Map<String, Value> {
    match value(flag, text, diagnostics) {
        Some(Value::Object(object)) => object,
        None => Map::new(),
        Some(_) => {
            diagnostics.error(flag, "is JSON, but not an object; write {\"name\": value}");
            Map::new()
        }
    }
}

/// The JSON value in `text`.
fn value(flag: &str, text: Option<&str>, diagnostics: &mut Diagnostics) -> Option<Value> {
    match serde_json::from_str(text?) {
        Ok(value) => Some(value),
        Err(error) => {
            diagnostics.error(flag, format!("is not JSON: {error}"));
            None
        }
    }
}
