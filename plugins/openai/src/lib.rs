//! The API `openai`: chat completions and completions, streaming and not, embeddings and reranking.
//!
//! [`skeleton`] writes once whatever is the same in every body; [`prompt`] writes what differs.
//! [`recorded`] adds to whole recorded bodies what they lack. [`reading`] says where in a reply things
//! are, [`decode`] reads by it and makes the assistant's message.

mod bodies;
mod decode;
mod endpoint;
mod prompt;
mod reading;
mod recorded;
mod skeleton;

use bodies::Bodies;
use endpoint::Endpoint;
use loadwright_plugin::body::Body;
use loadwright_plugin::content::members;
use loadwright_plugin::{
    Api, Exchange, Fault, Prompt, PromptRequest, ReadingPlan, Reply, Request, settings,
};
use serde_json::{Map, Value};
use std::cell::RefCell;

/// The configured API.
#[derive(Debug)]
pub struct OpenAi {
    given: settings::Api,
    endpoint: Endpoint,
    bodies: Bodies,
    /// Bodies with the last members of a request's own, which are often the same in all.
    with_extra: RefCell<Option<(String, Bodies)>>,
    plan: ReadingPlan,
}

impl Api for OpenAi {
    fn configure(json: &str) -> Result<Self, Fault> {
        let given: settings::Api = settings::parse(json)?;
        settings::own::<settings::None>(given.settings.as_ref())?;
        let endpoint = Endpoint::of(&given.url);
        let extra = given.extra_args.clone().unwrap_or_default();
        let bodies = Bodies::new(&given, &extra, &endpoint)?;
        let plan = reading::plan(endpoint.style, needs_decode(&given, &extra));
        Ok(Self { given, endpoint, bodies, with_extra: RefCell::default(), plan })
    }

    fn plan(&self) -> Option<ReadingPlan> {
        Some(self.plan.clone())
    }

    fn format(&self, request: PromptRequest) -> Result<Request, Fault> {
        let path = match &request.prompt {
            Prompt::Tokens(_) => self.endpoint.tokens_path()?,
            Prompt::Custom(custom) => return Err(unknown(&custom.kind)),
            _ => None,
        };
        let mut body = Body::default();
        if request.extra.trim().is_empty() {
            self.bodies.write(&mut body, &request)?;
        } else {
            self.write_with_extra(&mut body, &request)?;
        }
        Ok(Request { path, ..body.post() })
    }

    fn decode(&self, exchange: Exchange) -> Result<Reply, Fault> {
        Ok(decode::decode(&self.plan, &exchange))
    }
}

impl OpenAi {
    fn write_with_extra(&self, body: &mut Body, request: &PromptRequest) -> Result<(), Fault> {
        let mut last = self.with_extra.borrow_mut();
        if let Some((extra, bodies)) = last.as_ref()
            && *extra == request.extra
        {
            return bodies.write(body, request);
        }
        let mut extra = members(&request.extra, "the extra members of a request")?;
        extra.extend(self.given.extra_args.clone().unwrap_or_default());
        let bodies = Bodies::new(&self.given, &extra, &self.endpoint)?;
        let (_, bodies) = last.insert((request.extra.clone(), bodies));
        bodies.write(body, request)
    }
}

/// Whether a conversation may continue with something else than the text of a reply: with tool calls,
/// or with the first of several choices.
fn needs_decode(given: &settings::Api, extra: &Map<String, Value>) -> bool {
    let template = given.template.as_ref().and_then(Value::as_object);
    let needs = |members: &Map<String, Value>| {
        let tools = ["tools", "functions"].iter().filter_map(|name| members.get(*name));
        let several = members.get("n").and_then(Value::as_u64).is_some_and(|choices| choices > 1);
        several || tools.into_iter().any(|tools| !tools.is_null())
    };
    needs(extra) || needs(&given.generation) || template.is_some_and(needs)
}

fn unknown(kind: &str) -> Fault {
    Fault::Unsupported(format!(
        "the openai API has no prompts of the kind {kind}: choose another --api or --dataset"
    ))
}

#[cfg(feature = "component")]
loadwright_plugin::api!(OpenAi, "manifest.json");

#[cfg(test)]
mod tests;
