//! Converts exchanges to what `decode` is given, and its replies to readings with timestamps.

use crate::interpret::reading::{Reading, surrogates};
use crate::messages::FinishedAttempt;
use crate::messages::capture::FrameStamp;
use loadwright_core::plan::RequestSettings;
use loadwright_core::ports::{Cause, PluginFailure};
use loadwright_core::reading::{Exchange, Reply};
use loadwright_core::service::ServiceMetric;
use loadwright_core::timeline::OutputFrame;

/// A reply that was decoded.
#[derive(Default)]
pub(crate) struct Decoded {
    pub(crate) reading: Reading,
    /// Its output frames, with their timestamps.
    pub(crate) frames: Vec<OutputFrame>,
    /// Why decoding failed, if it did.
    pub(crate) failure: Option<String>,
}

impl Decoded {
    fn failed(text: String) -> Self {
        Self { failure: Some(text), ..Self::default() }
    }

    /// The reply that `decode` returned for an exchange; `None`: it was not called.
    pub(crate) fn of(
        finished: &FinishedAttempt,
        reply: Option<Result<Reply, PluginFailure>>,
        settings: &RequestSettings,
    ) -> Self {
        let reply = match reply {
            None => return Self::default(),
            Some(Err(failure)) => return Self::failed(failure.to_string()),
            Some(Ok(reply)) => reply,
        };
        if let Some(name) = undeclared(&reply, &settings.metrics) {
            return Self::failed(undeclared_text(&settings.api, name));
        }
        let stamps: Vec<FrameStamp> = finished.capture.iter().map(|frame| frame.stamp).collect();
        let count = u32::try_from(stamps.len()).unwrap_or(u32::MAX);
        let reading = match Reading::from_reply(reply, count) {
            Ok(reading) => reading,
            Err(error) => {
                return Self::failed(format!(
                    "the plugin's decode returned an invalid reply: {error}"
                ));
            }
        };
        let frames = reading.outputs.iter().map(|output| {
            let index = output.frame as usize;
            let stamp = stamps[index];
            let shared = index > 0 && stamps[index - 1].user == stamp.user;
            OutputFrame {
                at: stamp.at,
                user: stamp.user,
                tokens: output.tokens,
                channel: output.channel,
                shared,
            }
        });
        Self { frames: frames.collect(), reading, failure: None }
    }
}

/// A metric of the reply that the plugin does not declare.
fn undeclared<'r>(reply: &'r Reply, declared: &[ServiceMetric]) -> Option<&'r str> {
    let mut names = reply.metrics.iter().map(|(name, _)| name.as_str());
    names.find(|name| !declared.iter().any(|metric| metric.name == *name))
}

fn undeclared_text(api: &str, name: &str) -> String {
    let cause = format!("its reply has the metric `{name}`, which its manifest does not declare");
    let (plugin, call) = (api.to_owned(), "decode".to_owned());
    PluginFailure { plugin, call, cause: Cause::Contract(cause) }.to_string()
}

/// The whole exchange: status, headers with lower-case names, frames.
pub(crate) fn exchange(finished: &FinishedAttempt) -> Exchange {
    let whole = |frame: &[u8]| surrogates::replaced(frame).unwrap_or_else(|| frame.to_vec());
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut exchange = Exchange {
        status: finished.status.unwrap_or(0),
        headers: finished.headers.iter().map(owned).collect(),
        ..Exchange::default()
    };
    for frame in finished.capture.iter() {
        exchange.push(&frame.event(), &whole(frame.payload));
    }
    exchange
}
