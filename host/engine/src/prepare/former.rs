//! Turns into requests, by the protocol.

use super::{Job, Ports, Prepared, Talk, ids};
use loadwright_core::conversation::{Conversation, Prompt, Turn};
use loadwright_core::plan::Plan;
use loadwright_core::ports::{Cause, PluginFailure, Protocol, Tokenizer};
use loadwright_core::request::{Ask, Head, Request, Template};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use std::sync::Arc;

/// Formats turns, with a protocol instance of its own.
pub(crate) struct Former<'a> {
    plan: &'a Plan,
    protocol: Box<dyn Protocol>,
    tokenizer: Option<Arc<dyn Tokenizer>>,
    /// The last request's head, which the next one nearly always shares.
    head: Option<Arc<Head>>,
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
                Ok((ask, turn, job)) => {
                    asks.push(ask);
                    waiting.push((batch.len(), turn));
                    let unanswered = contract(&self.plan.api, "format", NO_ANSWER);
                    batch.push(Prepared { seq, request: Err(unanswered), job });
                }
                Err(failure) => {
                    batch.push(Prepared { seq, request: Err(failure), job: Job::default() });
                }
            }
        }
        let templates = self.protocol.format(&asks);
        for ((place, turn), template) in waiting.into_iter().zip(templates) {
            batch[place].request = template.and_then(|it| self.fill(it, &turn));
        }
        batch
    }

    /// The ask of a conversation's first turn, that turn, and what to remember of it.
    fn open(
        &self,
        item: u64,
        conversation: Conversation,
    ) -> Result<(Ask, Turn, Job), PluginFailure> {
        let mut turns = conversation.turns.into_iter();
        let first = turns.next().ok_or_else(|| {
            contract(&self.plan.dataset, "generate", "one of its conversations has no turn")
        })?;
        let talk = (turns.len() > 0).then(|| Box::new(Talk { item, history: Vec::new(), turns }));
        self.ask(item, conversation.id, first, talk)
    }

    /// The next turn of a conversation, formatted; `None`: there is none.
    pub(crate) fn next_turn(
        &mut self,
        conversation: String,
        mut talk: Box<Talk>,
    ) -> Option<(Result<Request, PluginFailure>, Job, f64)> {
        let turn = talk.turns.next()?;
        let (pause, item) = (turn.pause, talk.item);
        let asked = self.ask(item, conversation, turn, Some(talk));
        Some(match asked {
            Ok((ask, turn, job)) => {
                let template = self
                    .protocol
                    .format(&[ask])
                    .pop()
                    .unwrap_or_else(|| Err(contract(&self.plan.api, "format", NO_ANSWER)));
                (template.and_then(|template| self.fill(template, &turn)), job, pause)
            }
            Err(failure) => (Err(failure), Job::default(), pause),
        })
    }

    fn ask(
        &self,
        item: u64,
        conversation: String,
        mut turn: Turn,
        mut talk: Option<Box<Talk>>,
    ) -> Result<(Ask, Turn, Job), PluginFailure> {
        let mut prompt = std::mem::replace(&mut turn.prompt, Prompt::Text(String::new()));
        let countable = self.tokenizer.is_some() && turn.input_tokens.is_none();
        let kept = countable.then(|| prompt.clone());
        let mut history = talk.as_ref().map(|talk| talk.history.clone()).unwrap_or_default();
        if self.plan.tokenize_prompt {
            let fault = |fault| failure("tokenizer", "encode", Cause::Fault(fault));
            prompt = ids::of(self.tokenizer.as_deref(), &history, prompt).map_err(fault)?;
            history = Vec::new();
        }
        if let (Some(talk), Prompt::Messages(messages)) = (&mut talk, &prompt) {
            talk.history.extend(messages.iter().cloned());
        }
        let max_tokens = turn.max_tokens.or_else(|| self.drawn_length(item));
        let job = Job { conversation, input_tokens: turn.input_tokens, prompt: kept, talk };
        let ask = Ask { history, prompt, max_tokens, min_tokens: turn.min_tokens };
        Ok((ask, turn, job))
    }

    /// The output length of `item`, where the user gave bounds: the same for the same seed.
    fn drawn_length(&self, item: u64) -> Option<u32> {
        /// Keeps lengths apart from every other use of the run's seed.
        const LENGTHS: u64 = 0x6c65_6e67_7468_7300;
        let (least, most) = self.plan.output_range?;
        let mut rng = ChaCha12Rng::seed_from_u64(self.plan.seed ^ LENGTHS);
        rng.set_stream(item);
        Some(rng.random_range(least..=most))
    }

    /// Puts the turn's media into the body, and its headers beside the protocol's.
    fn fill(&mut self, mut template: Template, turn: &Turn) -> Result<Request, PluginFailure> {
        template.head.headers.extend(turn.headers.iter().cloned());
        let mut request = template
            .fill(&turn.media)
            .map_err(|error| contract(&self.plan.api, "format", &error.to_string()))?;
        match &self.head {
            Some(head) if *head == request.head => request.head = Arc::clone(head),
            _ => {
                check(&request.head).map_err(|text| contract(&self.plan.api, "format", &text))?;
                self.head = Some(Arc::clone(&request.head));
            }
        }
        Ok(request)
    }
}

/// Whether `head` can be sent; what is wrong with it, if not.
fn check(head: &Head) -> Result<(), String> {
    for (name, value) in &head.headers {
        let sound = http::HeaderName::try_from(name.as_str()).is_ok()
            && http::HeaderValue::try_from(value.as_str()).is_ok();
        if !sound {
            return Err(format!("`{name}: {value}` is no header"));
        }
    }
    match http::Method::try_from(head.method.as_str()) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("`{}` is no HTTP method", head.method)),
    }
}

/// A protocol gave fewer answers than it was given asks.
const NO_ANSWER: &str = "it gave no answer to an ask";

fn contract(plugin: &str, call: &str, text: &str) -> PluginFailure {
    failure(plugin, call, Cause::Contract(text.to_owned()))
}

fn failure(plugin: &str, call: &str, cause: Cause) -> PluginFailure {
    PluginFailure { plugin: plugin.to_owned(), call: call.to_owned(), cause }
}
