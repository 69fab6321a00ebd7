//! The measured loads: requests, their arrival, and how the server replies.

use crate::result::Tool;
use clap::ValueEnum;
use loadwright_sim::{Config, Model, TruthDetail};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scenario {
    /// 200 workers, 2,000 requests of 64 tokens, 20 ms apart, the first after 50 ms
    Paced,
    /// 32 streams of 512 tokens as fast as they come
    Unpaced,
    /// One-token replies as fast as they come, 64 workers
    OneToken,
    /// 5,000 streams at once
    Many,
    /// 2,000 requests a second, whatever the server does
    OpenLoop,
    /// One request: the time until it is sent
    Start,
    /// One request of the random dataset, with the tokenizer of --tokenizer
    StartTokenizer,
}

/// What a load consists of.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// How requests arrive.
    pub(crate) arrival: Arrival,
    /// Number of requests.
    pub(crate) requests: u64,
    /// Output tokens of each, one per frame.
    pub(crate) tokens: u32,
    /// When the server sends them.
    pub(crate) model: Model,
    /// Whether prompts come from the random dataset with a real tokenizer.
    pub(crate) random: bool,
}

/// How requests arrive.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arrival {
    /// Each worker sends its next request when the last one has ended.
    Workers(u32),
    /// Requests per second.
    Rate(u32),
}

/// The prompt of every request.
pub(crate) const PROMPT: &str = "Tell me about the sea, the wind and the ships that go with them.";

/// The model's name in every request.
pub(crate) const MODEL: &str = "simulated";

/// The endpoint's path.
pub(crate) const ENDPOINT: &str = "/v1/chat/completions";

impl Scenario {
    /// Its name in files and on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().expect("no scenario is hidden").get_name().to_owned()
    }

    pub(crate) fn shape(self) -> Shape {
        let shape = |arrival, requests, tokens, model| Shape {
            arrival,
            requests,
            tokens,
            model,
            random: self == Self::StartTokenizer,
        };
        match self {
            Self::Paced => shape(Arrival::Workers(200), 2_000, 64, paced(50, 20)),
            Self::Unpaced => shape(Arrival::Workers(32), 1_280, 512, Model::Unpaced),
            Self::OneToken => shape(Arrival::Workers(64), 100_000, 1, Model::Unpaced),
            Self::Many => shape(Arrival::Workers(5_000), 10_000, 32, paced(500, 500)),
            Self::OpenLoop => shape(Arrival::Rate(2_000), 20_000, 4, paced(20, 10)),
            Self::Start | Self::StartTokenizer => shape(Arrival::Workers(1), 1, 1, Model::Unpaced),
        }
    }

    /// The tools that are measured. The bare clients do not support an arrival rate and have nothing
    /// to start.
    pub(crate) fn tools(self) -> &'static [Tool] {
        match self {
            Self::Paced | Self::Many => &[Tool::Bare, Tool::Hyper, Tool::Loadwright],
            Self::Unpaced | Self::OneToken => {
                &[Tool::Bare, Tool::Hyper, Tool::Loadwright, Tool::LoadwrightTwoThreads]
            }
            Self::OpenLoop => &[Tool::Loadwright, Tool::LoadwrightTwoThreads],
            Self::Start | Self::StartTokenizer => &[Tool::Loadwright],
        }
    }

    /// The server's settings.
    pub(crate) fn config(self) -> Config {
        Config { model: self.shape().model, truth: TruthDetail::Full, ..Config::default() }
    }
}

/// The same pace for every request, in milliseconds.
fn paced(ttft: u64, itl: u64) -> Model {
    Model::Paced { ttft: Duration::from_millis(ttft), itl: Duration::from_millis(itl), noise: 0.0 }
}
