//! Exchanges as `decode` is given them, and what it answered as a reading with its stamps.

use crate::exchange::response::head::fields;
use crate::interpret::reading::{Reading, surrogates};
use crate::messages::Landed;
use crate::messages::capture::FrameStamp;
use loadwright_core::ports::PluginFailure;
use loadwright_core::reading::{Exchange, Reply};
use loadwright_core::timeline::OutputFrame;

/// The whole exchange: status, headers with lower-case names, frames.
pub(crate) fn exchange(landed: &Landed) -> Exchange {
    let whole = |frame: &[u8]| surrogates::replaced(frame).unwrap_or_else(|| frame.to_vec());
    Exchange {
        status: landed.head.as_ref().map_or(0, |head| head.status),
        headers: fields(&landed.head_bytes),
        frames: landed.capture.iter().map(|(frame, _)| whole(frame)).collect(),
    }
}

/// What `decode` answered: the reading, its output frames with their stamps, and the failure's text
/// where it failed.
pub(crate) fn reading(
    landed: &Landed,
    reply: Option<Result<Reply, PluginFailure>>,
) -> (Reading, Vec<OutputFrame>, Option<String>) {
    let failed = |text: String| (Reading::default(), Vec::new(), Some(text));
    let reply = match reply {
        None => return (Reading::default(), Vec::new(), None),
        Some(Err(failure)) => return failed(failure.to_string()),
        Some(Ok(reply)) => reply,
    };
    let stamps: Vec<FrameStamp> = landed.capture.iter().map(|(_, stamp)| stamp).collect();
    let count = u32::try_from(stamps.len()).unwrap_or(u32::MAX);
    match Reading::of_reply(reply, count) {
        Err(error) => failed(format!("plugin answer of decode: {error}")),
        Ok(reading) => {
            let frames = reading.outputs.iter().map(|output| {
                let place = output.frame as usize;
                let stamp = stamps[place];
                let shared = place > 0 && stamps[place - 1].user == stamp.user;
                OutputFrame {
                    at: stamp.at,
                    user: stamp.user,
                    tokens: output.tokens,
                    channel: output.channel,
                    shared,
                }
            });
            let frames = frames.collect();
            (reading, frames, None)
        }
    }
}
