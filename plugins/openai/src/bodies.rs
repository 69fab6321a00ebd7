//! The bodies of a run, or of one set of extra members.

use crate::endpoint::Endpoint;
use crate::recorded::Filling;
use crate::skeleton::{self, Skeleton};
use loadwright_plugin::body::Body;
use loadwright_plugin::settings::Api;
use loadwright_plugin::{Fault, Prompt, PromptRequest};
use serde_json::{Map, Value};

/// Bodies for every kind of prompt.
#[derive(Debug)]
pub(crate) struct Bodies {
    /// Of the URL's own endpoint.
    own: Skeleton,
    /// Of the endpoint that takes token ids.
    tokens: Skeleton,
    filling: Filling,
}

impl Bodies {
    /// Merges what the user gave with `extra`, which comes last.
    pub(crate) fn new(
        given: &Api,
        extra: &Map<String, Value>,
        endpoint: &Endpoint,
    ) -> Result<Self, Fault> {
        let own = skeleton::members(given, extra, endpoint.style)?;
        let tokens = skeleton::members(given, extra, endpoint.tokens_style())?;
        let filling = Filling::new(&own);
        Ok(Self { own: Skeleton::new(own), tokens: Skeleton::new(tokens), filling })
    }

    /// Writes the body of one request.
    pub(crate) fn write(&self, body: &mut Body, request: &PromptRequest) -> Result<(), Fault> {
        match &request.prompt {
            Prompt::Body(recorded) => self.filling.write(body, recorded, request),
            Prompt::Tokens(_) => self.tokens.write(body, request),
            _ => self.own.write(body, request),
        }
    }
}
