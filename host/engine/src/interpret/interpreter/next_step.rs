//! Decides what comes next in a slot that waits for it: a retry, the next turn, or nothing.

use super::Interpreter;
use crate::context::backoff::Backoff;
use crate::interpret::decode;
use crate::interpret::reading::Reading;
use crate::messages::conversation::ConversationState;
use crate::messages::{AttemptId, FinishedAttempt, NextStep, NextTurn, TurnBuilder, TurnContext};
use loadwright_core::Nanos;
use loadwright_core::conversation::Message;
use loadwright_core::outcome::Outcome;
use loadwright_core::ports::PluginFailure;
use std::mem::take;
use std::sync::Arc;

impl Interpreter {
    /// How many nanoseconds to wait before a failed attempt is retried; `None`: it is not.
    pub(super) fn retry_delay(
        &self,
        finished: &FinishedAttempt,
        outcome: Outcome,
    ) -> Option<Nanos> {
        let point = &self.context.point;
        let failed = !outcome.is_ok() && !outcome.is_beside() && outcome != Outcome::Plugin;
        let AttemptId { seq, turn, attempt, .. } = finished.id;
        if !failed || attempt >= point.plan.request.retries {
            return None;
        }
        let backoff = Backoff { seed: point.plan.seed, seq, turn, failures: attempt };
        let delay = backoff.delay(finished.reachability.retry_after());
        point.lifecycle.allows_retry_in(delay).then_some(delay)
    }

    /// What comes after an attempt that ended with `outcome`.
    pub(super) fn next_step(
        &mut self,
        finished: &mut FinishedAttempt,
        reading: &Reading,
        outcome: Outcome,
        retry_delay: Option<Nanos>,
    ) -> NextStep {
        if let Some(delay) = retry_delay {
            return NextStep::Retry { turn: take(&mut finished.turn), delay };
        }
        match finished.turn.state.take() {
            Some(state) if outcome.is_ok() && !self.context.point.control.stop.draining() => {
                let turns = self.next_turns(finished, &state, reading);
                if turns.is_empty() { NextStep::Done } else { NextStep::NextTurns(turns) }
            }
            _ => NextStep::Done,
        }
    }

    /// The turns that may start now that one has ended well. Where its reply cannot be repeated, they
    /// fail.
    fn next_turns(
        &mut self,
        finished: &FinishedAttempt,
        state: &Arc<ConversationState>,
        reading: &Reading,
    ) -> Vec<NextTurn> {
        let ended = finished.id.turn;
        match self.reply_and_builder(finished, reading) {
            Ok((reply, builder)) => builder.next_turns(state, ended, reply),
            Err(failure) => {
                let failed = |number| NextTurn {
                    number,
                    request: Err(failure.clone()),
                    turn: TurnContext {
                        conversation: state.place.name.clone(),
                        labels: state.place.labels.clone(),
                        ..TurnContext::default()
                    },
                    delay: 0,
                    not_before: 0,
                };
                state.end(ended, None).into_iter().map(failed).collect()
            }
        }
    }

    /// What later turns repeat of the reply, if any does, and what builds them.
    fn reply_and_builder(
        &mut self,
        finished: &FinishedAttempt,
        reading: &Reading,
    ) -> Result<(Option<Message>, &mut dyn TurnBuilder), PluginFailure> {
        let decodes = self.decodes_next;
        let builder = match &mut self.turn_builder {
            Some(builder) => builder,
            none => none.insert((self.context.turn_builders)()?),
        };
        if !finished.turn.needs_reply {
            return Ok((None, &mut **builder));
        }
        // A reading plan extracts text and counts. Where that is not enough to go on (tool calls, one
        // of several choices), only the API plugin can tell the message.
        let message = if decodes {
            builder.assistant_message(decode::exchange(finished))?
        } else {
            reading.message.clone()
        };
        let text = || Message::text("assistant", reading.output.clone());
        Ok((Some(message.unwrap_or_else(text)), &mut **builder))
    }
}
