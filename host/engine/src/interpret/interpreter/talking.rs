//! What a worker that waits is told: another attempt, the next turn of its conversation, nothing.

use super::Interpreter;
use crate::interpret::decode;
use crate::interpret::reading::Reading;
use crate::messages::{Job, Landed, Talk, Verdict};
use crate::prepare::request_builder::Former;
use loadwright_core::Nanos;
use loadwright_core::conversation::Message;
use loadwright_core::outcome::Outcome;
use loadwright_core::ports::PluginFailure;
use std::mem::take;

impl Interpreter<'_> {
    /// What comes after an attempt that ended with `outcome`.
    pub(super) fn verdict(
        &mut self,
        landed: &mut Landed,
        reading: &Reading,
        outcome: Outcome,
        again: Option<Nanos>,
    ) -> Verdict {
        if let Some(pause) = again {
            return Verdict::Again { job: take(&mut landed.job), pause };
        }
        match landed.job.talk.take() {
            Some(talk) if outcome.is_ok() => {
                self.next_turn(landed, talk, reading).unwrap_or_else(|failure| Verdict::Next {
                    request: Err(failure),
                    job: Job { conversation: take(&mut landed.job.conversation), ..Job::default() },
                    pause: 0,
                })
            }
            _ => Verdict::Over,
        }
    }

    fn next_turn(
        &mut self,
        landed: &mut Landed,
        mut talk: Box<Talk>,
        reading: &Reading,
    ) -> Result<Verdict, PluginFailure> {
        let planned = self.reader.is_some();
        let former = match &mut self.former {
            Some(former) => former,
            none => none.insert(Former::new(&self.point.plan, &self.point.ports)?),
        };
        // A plan reads figures; tool calls, or which choice goes on, are the protocol's to say.
        let message = if planned {
            former.message(decode::exchange(landed))?
        } else {
            reading.message.clone()
        };
        let said = || Message::text("assistant", reading.output.clone());
        talk.history.push(message.unwrap_or_else(said));
        let conversation = take(&mut landed.job.conversation);
        Ok(match former.next_turn(conversation, talk) {
            Some((request, job, pause)) => {
                let request = request.map(Box::new);
                Verdict::Next { request, job, pause: (pause.max(0.0) * 1e9) as u64 }
            }
            None => Verdict::Over,
        })
    }
}
