//! The smallest API plugin: chat completions, streaming and not.

use loadwright_plugin::json_body::JsonBody;
use loadwright_plugin::plan::Plan;
use loadwright_plugin::{Api, Fault, PromptRequest, ReadingPlan, Request, chat, settings};

struct Minimal(JsonBody);

impl Api for Minimal {
    fn configure(json: &str) -> Result<Self, Fault> {
        let given: settings::Api = settings::parse(json)?;
        Ok(Self(JsonBody::new(&given, &["messages"])?.limits("max_tokens", Some("min_tokens"))))
    }

    fn plan(&self) -> Option<ReadingPlan> {
        let plan = Plan::new()
            .done("[DONE]")
            .output("/choices/*/delta/content")
            .output("/choices/*/message/content")
            .finish("/choices/*/finish_reason")
            .count("input", "/usage/prompt_tokens")
            .count("output", "/usage/completion_tokens")
            .error("/error");
        Some(plan.build())
    }

    fn format(&self, request: PromptRequest) -> Result<Request, Fault> {
        Ok(self.0.write(&request, |body, _| chat::messages(body, &request))?.post())
    }
}

loadwright_plugin::api!(Minimal, "manifest.json");

#[cfg(test)]
mod tests;
