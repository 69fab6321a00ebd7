//! Builds requests from turns, by the API plugin.

use super::token_ids;
use crate::context::Ports;
use crate::messages::{ConversationState, NextTurn, PreparedRequest, TurnBuilder, TurnContext};
use loadwright_core::conversation::{Content, Conversation, Message, Part, Prompt, Turn};
use loadwright_core::head::check_plugin_header;
use loadwright_core::plan::Plan;
use loadwright_core::ports::{Api, Cause, PluginFailure, Tokenizer};
use loadwright_core::reading::Exchange;
use loadwright_core::request::{Head, PromptRequest, Request, Template};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use std::mem::take;
use std::sync::Arc;

/// Builds requests, with an API plugin instance of its own.
pub(crate) struct RequestBuilder {
    plan: Arc<Plan>,
    api: Box<dyn Api>,
    tokenizer: Option<Arc<dyn Tokenizer>>,
    /// The previous request's head, which is nearly always the next one's too.
    head: Option<Arc<Head>>,
}

/// A turn that the API plugin has yet to format.
struct PendingRequest {
    prompt: PromptRequest,
    parts: HostParts,
    turn: TurnContext,
}

/// What the host adds to a formatted request.
struct HostParts {
    /// Media of the whole prompt, its history included.
    media: Vec<Content>,
    headers: Vec<(String, String)>,
}

impl RequestBuilder {
    /// A builder for `plan`.
    ///
    /// # Errors
    /// The API plugin could not be set up.
    pub(crate) fn new(plan: &Arc<Plan>, ports: &Ports) -> Result<Self, PluginFailure> {
        let api = ports.api.instance()?;
        let tokenizer = ports.tokenizer.clone();
        Ok(Self { plan: Arc::clone(plan), api, tokenizer, head: None })
    }

    /// The first turns of `conversations`, which are the items from `item` on, for the slots from
    /// `seq` on.
    pub(super) fn first_turns(
        &mut self,
        seq: u64,
        item: u64,
        conversations: Vec<Result<Conversation, PluginFailure>>,
    ) -> Vec<PreparedRequest> {
        let mut batch = Vec::with_capacity(conversations.len());
        let mut prompts = Vec::with_capacity(conversations.len());
        let mut unfilled = Vec::with_capacity(conversations.len());
        for (index, conversation) in conversations.into_iter().enumerate() {
            let (seq, item) = (seq + index as u64, item + index as u64);
            match conversation.and_then(|conversation| self.first_turn(seq, item, conversation)) {
                Ok(PendingRequest { prompt, parts, turn }) => {
                    prompts.push(prompt);
                    unfilled.push((batch.len(), parts));
                    let unanswered = contract(&self.plan.request.api, "format", NO_REQUEST);
                    batch.push(PreparedRequest { seq, request: Err(unanswered), turn });
                }
                Err(failure) => {
                    let turn = TurnContext::default();
                    batch.push(PreparedRequest { seq, request: Err(failure), turn });
                }
            }
        }
        let templates = self.api.format(&prompts);
        for ((index, parts), template) in unfilled.into_iter().zip(templates) {
            batch[index].request = template.and_then(|template| self.fill(template, parts));
        }
        batch
    }

    fn first_turn(
        &self,
        slot: u64,
        item: u64,
        conversation: Conversation,
    ) -> Result<PendingRequest, PluginFailure> {
        let Conversation { id, turns, labels, scheduled: _ } = conversation;
        let mut turns = turns.into_iter();
        let first = turns.next().ok_or_else(|| {
            contract(&self.plan.request.dataset, "generate", "one of its conversations has no turn")
        })?;
        let state = Box::new(ConversationState {
            slot,
            item,
            labels,
            turns,
            ..ConversationState::default()
        });
        self.pending(id, first, state)
    }

    /// The prompt of `turn`, the next of a conversation, whose `state` is kept if others follow.
    fn pending(
        &self,
        conversation: String,
        turn: Turn,
        mut state: Box<ConversationState>,
    ) -> Result<PendingRequest, PluginFailure> {
        let mut prompt = turn.prompt;
        shift_media(&mut prompt, state.media.len());
        state.media.extend(turn.media);
        let has_next = state.turns.len() > 0;
        let (media, mut history) = if has_next {
            let history = state.history.clone();
            state.history.extend(messages(&prompt));
            (state.media.clone(), history)
        } else {
            (take(&mut state.media), take(&mut state.history))
        };
        if self.plan.request.tokenize_prompt {
            let fault = |fault| failure("tokenizer", "encode", Cause::Fault(fault));
            prompt = token_ids::of(self.tokenizer.as_deref(), &history, prompt).map_err(fault)?;
            history = Vec::new();
        }
        let is_counted = self.tokenizer.is_some() && turn.input_tokens.is_none();
        let kept = is_counted.then(|| with_history(&history, &prompt));
        let max_tokens = turn.max_tokens.or_else(|| self.drawn_length(state.item));
        let index = u32::try_from(state.slot).unwrap_or(u32::MAX);
        let (number, min_tokens) = (state.turn, turn.min_tokens);
        state.turn += 1;
        let prompt = PromptRequest {
            index,
            turn: number,
            conversation: conversation.clone(),
            history,
            prompt,
            max_tokens,
            min_tokens,
            extra: turn.extra,
        };
        let labels = state.labels.clone();
        let state = has_next.then_some(state);
        let input_tokens = turn.input_tokens;
        let context = TurnContext { conversation, labels, input_tokens, prompt: kept, state };
        let parts = HostParts { media, headers: turn.headers };
        Ok(PendingRequest { prompt, parts, turn: context })
    }

    /// The output length of `item`, if the user gave a range: the same for the same seed.
    fn drawn_length(&self, item: u64) -> Option<u32> {
        /// Keeps lengths independent of every other use of the run's seed.
        const STREAM: u64 = 0x6c65_6e67_7468_7300;
        let (least, most) = self.plan.request.output_range?;
        let mut rng = ChaCha12Rng::seed_from_u64(self.plan.seed ^ STREAM);
        rng.set_stream(item);
        Some(rng.random_range(least..=most))
    }

    /// Puts the media into the body, and the turn's headers beside the API plugin's.
    fn fill(&mut self, mut template: Template, parts: HostParts) -> Result<Request, PluginFailure> {
        for (name, value) in &parts.headers {
            check_plugin_header(name, value).map_err(|error| {
                contract(&self.plan.request.dataset, "generate", &error.to_string())
            })?;
        }
        template.head.headers.extend(parts.headers);
        let mut request = template
            .fill(&parts.media)
            .map_err(|error| contract(&self.plan.request.api, "format", &error.to_string()))?;
        match &self.head {
            Some(head) if *head == request.head => request.head = Arc::clone(head),
            _ => {
                check_head(&self.plan, &request.head)?;
                self.head = Some(Arc::clone(&request.head));
            }
        }
        Ok(request)
    }
}

impl TurnBuilder for RequestBuilder {
    fn assistant_message(&mut self, reply: Exchange) -> Result<Option<Message>, PluginFailure> {
        let decoded = self.api.decode(&[reply]).pop();
        let unanswered = || Err(contract(&self.plan.request.api, "decode", NO_REPLY));
        Ok(decoded.unwrap_or_else(unanswered)?.message)
    }

    fn next_turn(
        &mut self,
        conversation: String,
        mut state: Box<ConversationState>,
    ) -> Option<NextTurn> {
        let next = state.turns.next()?;
        let delay = (next.pause.max(0.0) * 1e9) as u64;
        let (request, turn) = match self.pending(conversation, next, state) {
            Ok(PendingRequest { prompt, parts, turn }) => {
                let template =
                    self.api.format(&[prompt]).pop().unwrap_or_else(|| {
                        Err(contract(&self.plan.request.api, "format", NO_REQUEST))
                    });
                (template.and_then(|template| self.fill(template, parts)), turn)
            }
            Err(failure) => (Err(failure), TurnContext::default()),
        };
        Some(NextTurn { request: request.map(Box::new), turn, delay })
    }
}

/// Numbers the media placeholders of `prompt` from `first` on.
fn shift_media(prompt: &mut Prompt, first: usize) {
    let Prompt::Messages(messages) = prompt else { return };
    for part in messages.iter_mut().flat_map(|message| &mut message.parts) {
        if let Part::Media(media) = part {
            media.index = media.index.saturating_add(u32::try_from(first).unwrap_or(u32::MAX));
        }
    }
}

/// The messages of `prompt`, as a later turn repeats them.
fn messages(prompt: &Prompt) -> Vec<Message> {
    match prompt {
        Prompt::Messages(messages) => messages.clone(),
        Prompt::Text(text) => vec![Message::text("user", text.as_str())],
        _ => Vec::new(),
    }
}

/// All that the service counts as input: the history and `prompt`.
fn with_history(history: &[Message], prompt: &Prompt) -> Prompt {
    match history {
        [] => prompt.clone(),
        history => Prompt::Messages([history.to_vec(), messages(prompt)].concat()),
    }
}

/// Checks a request's head.
///
/// # Errors
/// It cannot be sent.
pub(crate) fn check_head(plan: &Plan, head: &Head) -> Result<(), PluginFailure> {
    head.check().map_err(|error| contract(&plan.request.api, "format", &error.to_string()))
}

/// An API plugin returned fewer results than it was given arguments.
const NO_REQUEST: &str = "it returned no request for a prompt";
const NO_REPLY: &str = "it returned no reply for an exchange";

fn contract(plugin: &str, call: &str, text: &str) -> PluginFailure {
    failure(plugin, call, Cause::Contract(text.to_owned()))
}

fn failure(plugin: &str, call: &str, cause: Cause) -> PluginFailure {
    PluginFailure { plugin: plugin.to_owned(), call: call.to_owned(), cause }
}

#[cfg(test)]
mod tests;
