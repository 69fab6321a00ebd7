//! Turns into requests, by the protocol.

use super::token_ids;
use crate::context::Ports;
use crate::messages::{Job, Prepared, Talk};
use loadwright_core::conversation::{Content, Conversation, Message, Part, Prompt, Turn};
use loadwright_core::head::check_plugin_header;
use loadwright_core::plan::Plan;
use loadwright_core::ports::{Cause, PluginFailure, Protocol, Tokenizer};
use loadwright_core::reading::Exchange;
use loadwright_core::request::{Head, PromptRequest, Request, Template};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use std::mem::take;
use std::sync::Arc;

/// Formats turns, with a protocol instance of its own.
pub(crate) struct Former<'a> {
    plan: &'a Plan,
    protocol: Box<dyn Protocol>,
    tokenizer: Option<Arc<dyn Tokenizer>>,
    /// The last request's head, which the next one nearly always shares.
    head: Option<Arc<Head>>,
}

/// A turn on its way to the protocol.
struct Asked {
    ask: PromptRequest,
    rest: Rest,
    job: Job,
}

/// What the host adds to a formatted request.
struct Rest {
    /// Of the whole ask, what was said before included.
    media: Vec<Content>,
    headers: Vec<(String, String)>,
}

impl<'a> Former<'a> {
    /// A former for `plan`.
    ///
    /// # Errors
    /// The protocol could not be set up.
    pub(crate) fn new(plan: &'a Plan, ports: &Ports) -> Result<Self, PluginFailure> {
        let protocol = ports.protocol.instance()?;
        Ok(Self { plan, protocol, tokenizer: ports.tokenizer.clone(), head: None })
    }

    /// The first turns of `conversations`, which are items from `item` on, for slots from `seq` on.
    pub(super) fn batch(
        &mut self,
        seq: u64,
        item: u64,
        conversations: Vec<Result<Conversation, PluginFailure>>,
    ) -> Vec<Prepared> {
        let mut batch = Vec::with_capacity(conversations.len());
        let mut asks = Vec::with_capacity(conversations.len());
        let mut waiting = Vec::with_capacity(conversations.len());
        for (index, conversation) in conversations.into_iter().enumerate() {
            let (seq, item) = (seq + index as u64, item + index as u64);
            match conversation.and_then(|it| self.open(item, it)) {
                Ok(Asked { ask, rest, job }) => {
                    asks.push(ask);
                    waiting.push((batch.len(), rest));
                    let unanswered = contract(&self.plan.request.api, "format", NO_ANSWER);
                    batch.push(Prepared { seq, request: Err(unanswered), job });
                }
                Err(failure) => {
                    batch.push(Prepared { seq, request: Err(failure), job: Job::default() });
                }
            }
        }
        let templates = self.protocol.format(&asks);
        for ((place, rest), template) in waiting.into_iter().zip(templates) {
            batch[place].request = template.and_then(|it| self.fill(it, rest));
        }
        batch
    }

    /// The ask of a conversation's first turn, and what to remember of it.
    fn open(&self, item: u64, conversation: Conversation) -> Result<Asked, PluginFailure> {
        let mut turns = conversation.turns.into_iter();
        let first = turns.next().ok_or_else(|| {
            contract(&self.plan.request.dataset, "generate", "one of its conversations has no turn")
        })?;
        let talk = Box::new(Talk { item, turns, ..Talk::default() });
        self.ask(conversation.id, first, talk)
    }

    /// The next turn of a conversation, formatted; `None`: there is none.
    pub(crate) fn next_turn(
        &mut self,
        conversation: String,
        mut talk: Box<Talk>,
    ) -> Option<(Result<Request, PluginFailure>, Job, f64)> {
        let turn = talk.turns.next()?;
        let pause = turn.pause;
        Some(match self.ask(conversation, turn, talk) {
            Ok(Asked { ask, rest, job }) => {
                let template =
                    self.protocol.format(&[ask]).pop().unwrap_or_else(|| {
                        Err(contract(&self.plan.request.api, "format", NO_ANSWER))
                    });
                (template.and_then(|template| self.fill(template, rest)), job, pause)
            }
            Err(failure) => (Err(failure), Job::default(), pause),
        })
    }

    /// The assistant's message as the protocol makes it of a whole reply; `None`: its text is enough.
    ///
    /// # Errors
    /// The protocol failed.
    pub(crate) fn message(&mut self, reply: Exchange) -> Result<Option<Message>, PluginFailure> {
        let decoded = self.protocol.decode(&[reply]).pop();
        let unanswered = || Err(contract(&self.plan.request.api, "decode", NO_REPLY));
        Ok(decoded.unwrap_or_else(unanswered)?.message)
    }

    /// The ask of `turn`, the next in `talk`, which goes along where others are to come.
    fn ask(
        &self,
        conversation: String,
        turn: Turn,
        mut talk: Box<Talk>,
    ) -> Result<Asked, PluginFailure> {
        let mut prompt = turn.prompt;
        move_slots(&mut prompt, talk.media.len());
        talk.media.extend(turn.media);
        let more = talk.turns.len() > 0;
        let (media, mut history) = if more {
            let history = talk.history.clone();
            talk.history.extend(messages(&prompt));
            (talk.media.clone(), history)
        } else {
            (take(&mut talk.media), take(&mut talk.history))
        };
        if self.plan.request.tokenize_prompt {
            let fault = |fault| failure("tokenizer", "encode", Cause::Fault(fault));
            prompt = token_ids::of(self.tokenizer.as_deref(), &history, prompt).map_err(fault)?;
            history = Vec::new();
        }
        let countable = self.tokenizer.is_some() && turn.input_tokens.is_none();
        let kept = countable.then(|| counted(&history, &prompt));
        let max_tokens = turn.max_tokens.or_else(|| self.drawn_length(talk.item));
        let talk = more.then_some(talk);
        let job = Job { conversation, input_tokens: turn.input_tokens, prompt: kept, talk };
        let ask = PromptRequest { history, prompt, max_tokens, min_tokens: turn.min_tokens };
        Ok(Asked { ask, rest: Rest { media, headers: turn.headers }, job })
    }

    /// The output length of `item`, where the user gave bounds: the same for the same seed.
    fn drawn_length(&self, item: u64) -> Option<u32> {
        /// Keeps lengths apart from every other use of the run's seed.
        const LENGTHS: u64 = 0x6c65_6e67_7468_7300;
        let (least, most) = self.plan.request.output_range?;
        let mut rng = ChaCha12Rng::seed_from_u64(self.plan.seed ^ LENGTHS);
        rng.set_stream(item);
        Some(rng.random_range(least..=most))
    }

    /// Puts the media into the body, and the turn's headers beside the protocol's.
    fn fill(&mut self, mut template: Template, rest: Rest) -> Result<Request, PluginFailure> {
        for (name, value) in &rest.headers {
            check_plugin_header(name, value).map_err(|error| {
                contract(&self.plan.request.dataset, "generate", &error.to_string())
            })?;
        }
        template.head.headers.extend(rest.headers);
        let mut request = template
            .fill(&rest.media)
            .map_err(|error| contract(&self.plan.request.api, "format", &error.to_string()))?;
        match &self.head {
            Some(head) if *head == request.head => request.head = Arc::clone(head),
            _ => {
                check(self.plan, &request.head)?;
                self.head = Some(Arc::clone(&request.head));
            }
        }
        Ok(request)
    }
}

/// Lets the slots of `prompt` begin behind `taken` ones.
fn move_slots(prompt: &mut Prompt, taken: usize) {
    let Prompt::Messages(messages) = prompt else { return };
    for part in messages.iter_mut().flat_map(|message| &mut message.parts) {
        if let Part::Media(media) = part {
            media.slot = media.slot.saturating_add(u32::try_from(taken).unwrap_or(u32::MAX));
        }
    }
}

/// What `prompt` says, as a later turn repeats it.
fn messages(prompt: &Prompt) -> Vec<Message> {
    match prompt {
        Prompt::Messages(messages) => messages.clone(),
        Prompt::Text(text) => vec![Message::text("user", text.as_str())],
        _ => Vec::new(),
    }
}

/// What the service counts of `prompt`: what was said before, too.
fn counted(history: &[Message], prompt: &Prompt) -> Prompt {
    match history {
        [] => prompt.clone(),
        said => Prompt::Messages([said.to_vec(), messages(prompt)].concat()),
    }
}

/// Checks what a request says before its body.
///
/// # Errors
/// It cannot be sent.
pub(crate) fn check(plan: &Plan, head: &Head) -> Result<(), PluginFailure> {
    head.check().map_err(|error| contract(&plan.request.api, "format", &error.to_string()))
}

/// A protocol gave fewer answers than it was given asks.
const NO_ANSWER: &str = "it gave no answer to an ask";
const NO_REPLY: &str = "it gave no answer to an exchange";

fn contract(plugin: &str, call: &str, text: &str) -> PluginFailure {
    failure(plugin, call, Cause::Contract(text.to_owned()))
}

fn failure(plugin: &str, call: &str, cause: Cause) -> PluginFailure {
    PluginFailure { plugin: plugin.to_owned(), call: call.to_owned(), cause }
}

#[cfg(test)]
mod tests;
