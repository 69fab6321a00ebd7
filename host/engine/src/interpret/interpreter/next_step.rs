//! Decides what comes next in a slot that waits for it: a retry, the next turn, or nothing.

use super::Interpreter;
use crate::context::backoff::Backoff;
use crate::interpret::decode;
use crate::interpret::reading::Reading;
use crate::messages::{
    AttemptId, ConversationState, FinishedAttempt, NextStep, NextTurn, TurnContext,
};
use loadwright_core::Nanos;
use loadwright_core::conversation::Message;
use loadwright_core::outcome::Outcome;
use loadwright_core::ports::PluginFailure;
use std::mem::take;

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
            Some(state) if outcome.is_ok() => match self.next_turn(finished, state, reading) {
                Ok(Some(next)) => NextStep::NextTurn(next),
                Ok(None) => NextStep::Done,
                Err(failure) => {
                    let conversation = take(&mut finished.turn.conversation);
                    let labels = take(&mut finished.turn.labels);
                    let turn = TurnContext { conversation, labels, ..TurnContext::default() };
                    NextStep::NextTurn(NextTurn { request: Err(failure), turn, delay: 0 })
                }
            },
            _ => NextStep::Done,
        }
    }

    fn next_turn(
        &mut self,
        finished: &mut FinishedAttempt,
        mut state: Box<ConversationState>,
        reading: &Reading,
    ) -> Result<Option<NextTurn>, PluginFailure> {
        let has_plan = self.reader.is_some();
        let builder = match &mut self.turn_builder {
            Some(builder) => builder,
            none => none.insert((self.context.turn_builders)()?),
        };
        // A reading plan extracts text and counts. Only the API plugin knows about tool calls, and
        // which of several choices continues the conversation.
        let message = if has_plan {
            builder.assistant_message(decode::exchange(finished))?
        } else {
            reading.message.clone()
        };
        let text = || Message::text("assistant", reading.output.clone());
        state.history.push(message.unwrap_or_else(text));
        let conversation = take(&mut finished.turn.conversation);
        Ok(builder.next_turn(conversation, state))
    }
}
