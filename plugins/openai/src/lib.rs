//! The protocol `openai`: chat completions and completions, streaming and not.
//!
//! [`skeleton`] writes at configure time whatever is the same in every body; [`prompt`] writes what
//! differs. [`recorded`] adds to whole recorded bodies what they lack. [`reading`] says where in a
//! reply things are, [`decode`] finds them by itself and makes the assistant's message.

mod body;
mod decode;
mod endpoint;
mod prompt;
mod reading;
mod recorded;
mod skeleton;
mod template;

use body::Body;
use endpoint::Endpoint;
use loadwright_plugin::{
    Ask, Exchange, Fault, Field, Prompt, Protocol, ReadingPlan, Reply, Request, settings,
};
use recorded::Filling;
use skeleton::Skeleton;

/// The configured protocol.
#[derive(Debug)]
pub struct OpenAi {
    endpoint: Endpoint,
    /// Bodies of the URL's own endpoint.
    own: Skeleton,
    /// Bodies of the completions endpoint, for token ids.
    tokens: Skeleton,
    filling: Filling,
}

impl Protocol for OpenAi {
    fn configure(json: &str) -> Result<Self, Fault> {
        let given: settings::Protocol = settings::parse(json)?;
        settings::own::<settings::None>(given.settings.as_ref())?;
        let endpoint = Endpoint::of(&given.url);
        let own = skeleton::members(&given, endpoint.style)?;
        let tokens = skeleton::members(&given, endpoint::Style::Completions)?;
        Ok(Self {
            endpoint,
            filling: Filling::new(&own),
            own: Skeleton::new(own),
            tokens: Skeleton::new(tokens),
        })
    }

    fn plan(&self) -> Option<ReadingPlan> {
        Some(reading::plan())
    }

    fn format(&self, ask: Ask) -> Result<Request, Fault> {
        let mut body = Body::default();
        let mut path = None;
        match &ask.prompt {
            Prompt::Body(recorded) => self.filling.write(&mut body, recorded, &ask)?,
            Prompt::Tokens(_) => {
                path = self.endpoint.completions_path()?;
                self.tokens.write(&mut body, &ask)?;
            }
            Prompt::Messages(_) | Prompt::Text(_) => self.own.write(&mut body, &ask)?,
            Prompt::Inputs(_) => return Err(unsupported("several inputs in one request")),
            Prompt::Ranking(_) => return Err(unsupported("a ranking")),
        }
        let headers = vec![Field { name: "content-type".into(), value: "application/json".into() }];
        Ok(Request { method: "POST".into(), path, headers, body: body.finish() })
    }

    fn decode(&self, exchange: Exchange) -> Result<Reply, Fault> {
        Ok(decode::decode(&exchange))
    }
}

fn unsupported(what: &str) -> Fault {
    Fault::Unsupported(format!("the openai protocol does not ask {what}: use another --api"))
}

#[cfg(feature = "component")]
loadwright_plugin::protocol!(OpenAi, "manifest.json");

#[cfg(test)]
mod tests;
