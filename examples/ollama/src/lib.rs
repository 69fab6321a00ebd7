//! An API plugin for Ollama's own chat API: `POST /api/chat`, whose streams are JSON lines.
//!
//! [`request`] writes bodies; the reading plan below is all that the host needs to read replies.

mod request;

use loadwright_plugin::json_body::JsonBody;
use loadwright_plugin::plan::Plan;
use loadwright_plugin::{Api, Fault, PromptRequest, ReadingPlan, Request, settings};
use serde::Deserialize;

/// The configured API.
#[derive(Debug)]
pub struct Ollama {
    bodies: JsonBody,
}

/// What `--api-args` may hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Own {
    think: Option<bool>,
    keep_alive: Option<String>,
}

impl Api for Ollama {
    fn configure(json: &str) -> Result<Self, Fault> {
        let given: settings::Api = settings::parse(json)?;
        let own: Own = settings::own(given.settings.as_ref())?;
        Ok(Self { bodies: request::bodies(given, own)? })
    }

    /// The last line says why it ended and how long the server took; no mark follows it. The next turn
    /// needs the answer without the thinking, which is the text of the output.
    fn plan(&self) -> Option<ReadingPlan> {
        let plan = Plan::new()
            .output("/message/content")
            .reasoning("/message/thinking")
            .tool_call("/message/tool_calls")
            .finish("/done_reason")
            .count("input", "/prompt_eval_count")
            .count("output", "/eval_count")
            .metric("load_time", "/load_duration")
            .metric("prompt_eval_time", "/prompt_eval_duration")
            .metric("eval_time", "/eval_duration")
            .error("/error");
        Some(plan.build())
    }

    fn format(&self, request: PromptRequest) -> Result<Request, Fault> {
        let body =
            self.bodies.write(&request, |body, _| request::write_messages(body, &request))?;
        Ok(body.post())
    }
}

loadwright_plugin::api!(Ollama, "manifest.json");

#[cfg(test)]
mod tests;
