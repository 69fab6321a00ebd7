//! The channels that a frame carries, and which of them it counts for.

use loadwright_core::reading::Channel;

/// The channels that a frame carries, a bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Carried(u8);

/// From the channel that counts least.
const ORDER: [Channel; 4] =
    [Channel::Reasoning, Channel::ToolCall, Channel::Output, Channel::Result];

impl Carried {
    pub(super) fn add(&mut self, channel: Channel) {
        self.0 |= 1 << rank(channel);
    }

    pub(super) fn has(self, channel: Channel) -> bool {
        self.0 >> rank(channel) & 1 == 1
    }

    /// The one that the frame counts for.
    pub(super) fn furthest(self) -> Option<Channel> {
        ORDER.into_iter().rfind(|&channel| self.has(channel))
    }
}

/// The one of two channels that counts.
pub(super) fn furthest(one: Channel, other: Channel) -> Channel {
    if rank(other) > rank(one) { other } else { one }
}

fn rank(channel: Channel) -> u8 {
    match channel {
        Channel::Reasoning => 0,
        Channel::ToolCall => 1,
        Channel::Output => 2,
        Channel::Result => 3,
    }
}
