//! What could not be sent, until the host is told of it.

use super::payload::Rejected;
use super::signal::Signal;
use loadwright_core::export::Ack;

/// The longest text of a receiver that is shown, in characters.
const LONGEST_TOLD: usize = 200;

/// What could not be sent.
#[derive(Default)]
pub(super) struct Losses(Vec<String>);

impl Losses {
    pub(super) fn tell(&mut self, text: String) {
        self.0.push(text);
    }

    pub(super) fn add(&mut self, signal: Signal, rejected: Rejected) {
        if rejected.count > 0 {
            let clean = |char: char| if char.is_control() { ' ' } else { char };
            let why: String = rejected.why.chars().take(LONGEST_TOLD).map(clean).collect();
            let why = if why.is_empty() { "without a reason".into() } else { why };
            let (count, item) = (rejected.count, signal.item());
            self.0.push(format!("{count} {item} that the receiver rejected: {why}"));
        }
    }

    pub(super) fn ack(&mut self) -> Ack {
        Ack { losses: std::mem::take(&mut self.0), ..Ack::default() }
    }
}
