//! The conventions `genai`: the semantic conventions for generative AI of OpenTelemetry, in the names
//! of their last release (1.41), which servers and dashboards know; and the newest ones where
//! `OTEL_SEMCONV_STABILITY_OPT_IN` has `gen_ai_latest_experimental`.
//!
//! What they have no name for begins with `loadwright.`.

mod metrics;
mod shapes;
mod spans;
#[cfg(test)]
mod tests;

use loadwright_plugin::conventions::{Conventions, Shapes, Value};
use loadwright_plugin::{Fault, settings};
use serde::Deserialize;
use shapes::{attribute, text};

/// What opts in to the newest names, in a list with commas between.
const NEWEST: &str = "gen_ai_latest_experimental";

/// The conventions.
#[derive(Debug)]
pub struct GenAi {
    names: Names,
}

/// Which names are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// Those of release 1.41.
    Released,
    /// Those that are in the making.
    Newest,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Own {
    semconv: String,
}

/// What the host gives: the settings, and names of secrets, of which there are none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Given {
    settings: Own,
}

impl Conventions for GenAi {
    fn configure(json: &str) -> Result<Self, Fault> {
        let given: Given = settings::parse(json)?;
        let mut opted = given.settings.semconv.split(',').map(str::trim);
        let names = if opted.any(|name| name == NEWEST) { Names::Newest } else { Names::Released };
        Ok(Self { names })
    }

    fn telemetry(&self) -> Result<Shapes, Fault> {
        Ok(Shapes {
            service: vec![attribute("loadwright.api", Value::Setting("api".into()))],
            spans: spans::shapes(),
            metrics: metrics::shapes(self.names),
            link_turns: true,
        })
    }
}

/// The attributes that all of a request's spans and metrics have: what samplers decide by.
pub(crate) fn common() -> Vec<loadwright_plugin::conventions::Attribute> {
    vec![
        attribute("gen_ai.operation.name", shapes::field("operation")),
        attribute("gen_ai.provider.name", Value::Setting("api".into())),
        attribute("gen_ai.request.model", shapes::field("model")),
        attribute("server.address", shapes::field("server_address")),
        attribute("server.port", shapes::field("server_port")),
        attribute("loadwright.point", shapes::field("point")),
    ]
}

/// An attribute with a fixed text.
pub(crate) fn fixed(key: &str, value: &str) -> loadwright_plugin::conventions::Attribute {
    attribute(key, text(value))
}

loadwright_plugin::conventions!(GenAi, "manifest.json");
