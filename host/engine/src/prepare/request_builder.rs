//! Builds requests from turns, by the API plugin.

use super::{heads, token_ids};
use crate::context::Ports;
use crate::messages::conversation::{ConversationState, Place, StartedTurn, messages};
use crate::messages::{NextTurn, PreparedRequest, TurnBuilder, TurnContext, nanos};
use loadwright_core::Nanos;
use loadwright_core::conversation::{Content, Conversation, Message, Prompt, Turn};
use loadwright_core::plan::{Load, Plan};
use loadwright_core::ports::{Api, Cause, PluginFailure, Tokenizer};
use loadwright_core::reading::Exchange;
use loadwright_core::request::{Head, PromptRequest, Request, Template};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
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

/// A request, or why there is none, and what accompanies it.
type BuiltRequest = (Result<Request, PluginFailure>, TurnContext);

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
    pub(crate) fn first_turns(
        &mut self,
        seq: u64,
        item: u64,
        conversations: Vec<Result<Conversation, PluginFailure>>,
    ) -> Vec<PreparedRequest> {
        let mut batch = Vec::with_capacity(conversations.len());
        let mut pending = Vec::with_capacity(conversations.len());
        for (index, conversation) in (0..).zip(conversations) {
            let (slot, item) = (seq + index, item + index);
            let (scheduled, not_before) = conversation.as_ref().map_or((None, 0), times);
            pending.push(conversation.and_then(|it| self.first_turn(slot, item, it)));
            let unbuilt = Err(contract(&self.plan.request.api, "format", NO_REQUEST));
            let turn = TurnContext::default();
            batch.push(PreparedRequest {
                seq: slot,
                request: unbuilt,
                turn,
                scheduled,
                not_before,
            });
        }
        for (prepared, (request, turn)) in batch.iter_mut().zip(self.build(pending)) {
            (prepared.request, prepared.turn) = (request, turn);
        }
        batch
    }

    fn first_turn(
        &self,
        slot: u64,
        item: u64,
        conversation: Conversation,
    ) -> Result<PendingRequest, PluginFailure> {
        let invalid = |text: &str| contract(&self.plan.request.dataset, "generate", text);
        self.check_scheduled(item, conversation.scheduled).map_err(|text| invalid(&text))?;
        let Conversation { id: name, labels, turns, .. } = conversation;
        let place = Place { slot, item, name, labels };
        match <[Turn; 1]>::try_from(turns) {
            Ok([turn]) => self.pending(&place, StartedTurn::only(turn), None),
            Err(turns) => {
                let state = ConversationState::new(place, turns)
                    .map_err(|error| invalid(&format!("item {item}: {error}")))?;
                let none = || invalid("one of its conversations has no turn");
                let first = state.start(0).ok_or_else(none)?;
                let state = Arc::new(state);
                self.pending(&state.place, first, Some(&state))
            }
        }
    }

    /// Checks that an item has a scheduled time where the load is a trace, and only there.
    fn check_scheduled(&self, item: u64, scheduled: Option<f64>) -> Result<(), String> {
        match (&self.plan.load, scheduled) {
            (Load::Trace { .. }, None) => {
                Err(format!("item {item} of the timed dataset has no scheduled time"))
            }
            (Load::Open { .. } | Load::Closed { .. }, Some(_)) => Err(format!(
                "item {item} has a scheduled time, but the dataset's properties do not say `timed`"
            )),
            (Load::Trace { .. }, Some(_)) | (Load::Open { .. } | Load::Closed { .. }, None) => {
                Ok(())
            }
        }
    }

    /// The prompt of the turn `started`; `state`: its conversation, where it has several turns.
    fn pending(
        &self,
        place: &Place,
        started: StartedTurn,
        state: Option<&Arc<ConversationState>>,
    ) -> Result<PendingRequest, PluginFailure> {
        let StartedTurn { number, turn, mut history, media, is_followed, needs_reply } = started;
        let mut prompt = turn.prompt;
        if self.plan.request.tokenize_prompt {
            let fault = |fault| failure("tokenizer", "encode", Cause::Fault(fault));
            prompt = token_ids::of(self.tokenizer.as_deref(), &history, prompt).map_err(fault)?;
            history = Vec::new();
        }
        let is_counted = self.tokenizer.is_some() && turn.input_tokens.is_none();
        let context = TurnContext {
            conversation: place.name.clone(),
            labels: place.labels.clone(),
            input_tokens: turn.input_tokens,
            prompt: is_counted.then(|| with_history(&history, &prompt)),
            state: state.filter(|_| is_followed).cloned(),
            needs_reply,
        };
        let prompt = PromptRequest {
            index: u32::try_from(place.slot).unwrap_or(u32::MAX),
            turn: number,
            conversation: place.name.clone(),
            history,
            prompt,
            max_tokens: turn.max_tokens.or_else(|| self.drawn_length(place.item)),
            min_tokens: turn.min_tokens,
            extra: turn.extra,
        };
        let parts = HostParts { media, headers: turn.headers };
        Ok(PendingRequest { prompt, parts, turn: context })
    }

    /// Formats what is `pending`, in one call, and fills in the host's parts: one result each.
    fn build(&mut self, pending: Vec<Result<PendingRequest, PluginFailure>>) -> Vec<BuiltRequest> {
        let mut built = Vec::with_capacity(pending.len());
        let mut prompts = Vec::with_capacity(pending.len());
        let mut unfilled = Vec::with_capacity(pending.len());
        for pending in pending {
            built.push(match pending {
                Ok(PendingRequest { prompt, parts, turn }) => {
                    prompts.push(prompt);
                    unfilled.push((built.len(), parts));
                    (Err(contract(&self.plan.request.api, "format", NO_REQUEST)), turn)
                }
                Err(failure) => (Err(failure), TurnContext::default()),
            });
        }
        let templates = if prompts.is_empty() { Vec::new() } else { self.api.format(&prompts) };
        for ((index, parts), template) in unfilled.into_iter().zip(templates) {
            built[index].0 = template.and_then(|template| self.fill(template, parts));
        }
        built
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
        heads::fill_secrets(&self.plan, &mut template.head)?;
        heads::check_turn(&self.plan, &parts.headers)?;
        template.head.headers.extend(parts.headers);
        let mut request = template
            .fill(&parts.media)
            .map_err(|error| contract(&self.plan.request.api, "format", &error.to_string()))?;
        match &self.head {
            Some(head) if *head == request.head => request.head = Arc::clone(head),
            _ => {
                heads::check(&self.plan, &request.head)?;
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

    fn next_turns(
        &mut self,
        state: &Arc<ConversationState>,
        ended: u32,
        reply: Option<Message>,
    ) -> Vec<NextTurn> {
        let mut next = Vec::new();
        let mut pending = Vec::new();
        for started in state.end(ended, reply).into_iter().filter_map(|number| state.start(number))
        {
            let StartedTurn { number, turn, .. } = &started;
            next.push((*number, nanos(turn.pause), turn.scheduled.map_or(0, nanos)));
            pending.push(self.pending(&state.place, started, Some(state)));
        }
        let built = self.build(pending);
        let turns = next.into_iter().zip(built);
        turns
            .map(|((number, delay, not_before), (request, turn))| {
                let request = request.map(Box::new);
                NextTurn { number, request, turn, delay, not_before }
            })
            .collect()
    }
}

/// When a conversation is scheduled, and how long after that its first turn is not sent.
fn times(conversation: &Conversation) -> (Option<Nanos>, Nanos) {
    let first = conversation.turns.first().and_then(|turn| turn.scheduled);
    (conversation.scheduled.map(nanos), first.map_or(0, nanos))
}

/// All that the service counts as input: the history and `prompt`.
fn with_history(history: &[Message], prompt: &Prompt) -> Prompt {
    match history {
        [] => prompt.clone(),
        history => Prompt::Messages([history.to_vec(), messages(prompt)].concat()),
    }
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
