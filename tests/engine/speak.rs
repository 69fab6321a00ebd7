//! A dataset and a protocol in plain Rust behind core's ports: what the engine is given in place of
//! plugins. They speak to the simulated server as the OpenAI protocol does.

use loadwright_core::conversation::{Conversation, Message, Part, Prompt, Turn};
use loadwright_core::ports::{
    Cause, Dataset, DatasetFactory, Fault, PluginFailure, Protocol, ProtocolFactory,
};
use loadwright_core::reading::{Channel, Exchange, Piece, ReadingPlan, Reply, Rule, Usage};
use loadwright_core::request::{Head, PromptRequest, Segment, Template};
use loadwright_timing::clock;
use serde_json::{Value, json};
use std::sync::Arc;

/// Called with what a plugin is about to do, so that a test can hold it up or make it fail.
pub(crate) type Hook = Arc<dyn Fn(u64) -> Result<(), String> + Send + Sync>;

/// Conversations whose texts name their item and turn.
#[derive(Clone)]
pub(crate) struct Items {
    /// How many there are; none: no end.
    pub(crate) size: Option<u32>,
    /// Whether the size is known before the end is run into.
    pub(crate) announced: bool,
    /// Turns of each.
    pub(crate) turns: u32,
    /// Seconds before each turn but the first.
    pub(crate) pause: f64,
    /// Headers of every turn.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// Called with each item before it is made.
    pub(crate) before: Option<Hook>,
}

impl Default for Items {
    fn default() -> Self {
        Self {
            size: None,
            announced: true,
            turns: 1,
            pause: 0.0,
            headers: Vec::new(),
            before: None,
        }
    }
}

/// What a conversation's turn asks.
pub(crate) fn text(item: u64, turn: u32) -> String {
    format!("item {item} turn {turn} {}", "x".repeat((item % 7) as usize))
}

impl DatasetFactory for Items {
    fn instance(&self) -> Result<Box<dyn Dataset>, PluginFailure> {
        Ok(Box::new(self.clone()))
    }

    fn has_turns(&self) -> bool {
        self.turns > 1
    }
}

impl Dataset for Items {
    fn size(&mut self) -> Result<Option<u32>, PluginFailure> {
        Ok(self.size.filter(|_| self.announced))
    }

    fn generate(&mut self, first: u32, count: u32) -> Result<Vec<Conversation>, PluginFailure> {
        let end = self.size.unwrap_or(u32::MAX).min(first.saturating_add(count));
        (first..end).map(|item| self.conversation(item)).collect()
    }
}

impl Items {
    fn conversation(&self, item: u32) -> Result<Conversation, PluginFailure> {
        if let Some(before) = &self.before {
            before(item.into()).map_err(|text| failure("generate", text))?;
        }
        let turn = |turn: u32| {
            let message = Message::text("user", text(item.into(), turn));
            let mut made = Turn::new(Prompt::Messages(vec![message]));
            made.pause = if turn == 0 { 0.0 } else { self.pause };
            let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            made.headers = self.headers.iter().map(own).collect();
            made
        };
        let turns = (0..self.turns).map(turn).collect();
        Ok(Conversation { id: format!("talk-{item}"), scheduled: None, turns })
    }
}

/// Speaks to chat completions.
#[derive(Clone)]
pub(crate) struct Speaker {
    /// How replies are read; none: by `decode`.
    pub(crate) reading: Option<ReadingPlan>,
    /// Tokens asked for where the ask has no limit of its own.
    pub(crate) tokens: u32,
    pub(crate) stream: bool,
    /// The path of every request; none: the URL's.
    pub(crate) path: Option<&'static str>,
    /// Headers of every request, beside its content type.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// Bytes that each body is made larger by.
    pub(crate) padding: usize,
    /// CPU that each `decode` burns, in nanoseconds.
    pub(crate) burn: u64,
    /// The assistant's message that `decode` makes of a reply.
    pub(crate) message: Option<fn(&Exchange) -> Message>,
    /// Called with the number of asks before each `format`.
    pub(crate) before_format: Option<Hook>,
    /// Called with the number of exchanges before each `decode`.
    pub(crate) before_decode: Option<Hook>,
}

impl Default for Speaker {
    fn default() -> Self {
        Self {
            reading: Some(reading()),
            tokens: 3,
            stream: true,
            path: None,
            headers: Vec::new(),
            padding: 0,
            burn: 0,
            message: None,
            before_format: None,
            before_decode: None,
        }
    }
}

/// How a chat reply is read, streamed or whole.
pub(crate) fn reading() -> ReadingPlan {
    let rule = |at: &str| Rule { at: at.into(), when: None };
    ReadingPlan {
        done: vec!["[DONE]".into()],
        output: vec![rule("/choices/*/delta/content"), rule("/choices/*/message/content")],
        reasoning: vec![rule("/choices/*/delta/reasoning_content")],
        finish_reason: vec![rule("/choices/*/finish_reason")],
        input_tokens: vec![rule("/usage/prompt_tokens")],
        output_tokens: vec![rule("/usage/completion_tokens")],
        error: vec![rule("/error")],
        ..ReadingPlan::default()
    }
}

impl Speaker {
    pub(crate) fn tokens(tokens: u32) -> Self {
        Self { tokens, ..Self::default() }
    }

    /// One without a plan, that burns `burn` nanoseconds of CPU a call.
    pub(crate) fn decoding(tokens: u32, burn: u64) -> Self {
        Self { reading: None, tokens, burn, ..Self::default() }
    }

    fn template(&self, ask: &PromptRequest) -> Template {
        let Prompt::Messages(messages) = &ask.prompt else { panic!("chat is asked for") };
        let messages: Vec<Value> = ask.history.iter().chain(messages).map(spoken).collect();
        let mut body = json!({
            "model": "m",
            "messages": messages,
            "stream": self.stream,
            "max_tokens": ask.max_tokens.unwrap_or(self.tokens),
            "ignore_eos": true,
        });
        if self.padding > 0 {
            body["padding"] = "x".repeat(self.padding).into();
        }
        if self.stream {
            body["stream_options"] = json!({ "include_usage": true });
        }
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let content_type = [("content-type", "application/json")];
        Template {
            head: Head {
                method: "POST".into(),
                path: self.path.map(str::to_owned),
                headers: content_type.iter().chain(&self.headers).map(own).collect(),
            },
            body: vec![Segment::Bytes(body.to_string().into_bytes())],
        }
    }
}

fn spoken(message: &Message) -> Value {
    let Some(Part::Text(text)) = message.parts.first() else { panic!("a message has text") };
    let mut spoken = json!({ "role": message.role, "content": text });
    if !message.extra.is_empty() {
        let extra: Value = serde_json::from_str(&message.extra).expect("it is JSON");
        for (name, value) in extra.as_object().expect("an object") {
            spoken[name] = value.clone();
        }
    }
    spoken
}

impl ProtocolFactory for Speaker {
    fn plan(&self) -> Option<&ReadingPlan> {
        self.reading.as_ref()
    }

    fn instance(&self) -> Result<Box<dyn Protocol>, PluginFailure> {
        Ok(Box::new(self.clone()))
    }
}

impl Protocol for Speaker {
    fn format(&mut self, asks: &[PromptRequest]) -> Vec<Result<Template, PluginFailure>> {
        let held = |ask: &PromptRequest| match &self.before_format {
            Some(before) => before(asks.len() as u64)
                .map(|()| self.template(ask))
                .map_err(|text| failure("format", text)),
            None => Ok(self.template(ask)),
        };
        asks.iter().map(held).collect()
    }

    fn decode(&mut self, exchanges: &[Exchange]) -> Vec<Result<Reply, PluginFailure>> {
        let end = clock::thread_cpu_time() + self.burn;
        while clock::thread_cpu_time() < end {
            std::hint::spin_loop();
        }
        let refused =
            self.before_decode.as_ref().and_then(|before| before(exchanges.len() as u64).err());
        exchanges
            .iter()
            .map(|exchange| match &refused {
                Some(text) => Err(failure("decode", text.clone())),
                None => {
                    let message = self.message.map(|make| make(exchange));
                    Ok(Reply { message, ..decoded(exchange) })
                }
            })
            .collect()
    }
}

fn decoded(exchange: &Exchange) -> Reply {
    let mut reply = Reply::default();
    for (index, frame) in exchange.frames.iter().enumerate() {
        let Ok(value) = serde_json::from_slice::<Value>(frame) else { continue };
        if let Some(text) = value["choices"][0]["delta"]["content"].as_str()
            && !text.is_empty()
        {
            let (frame, channel) = (index as u32, Channel::Output);
            reply.pieces.push(Piece { frame, channel, text: text.into(), tokens: None });
        }
        let count = |name: &str| value["usage"][name].as_u64().map(|count| count as u32);
        if let Some(output) = count("completion_tokens") {
            let input_tokens = count("prompt_tokens");
            reply.usage = Usage { input_tokens, output_tokens: Some(output), ..reply.usage };
        }
        if let Some(reason) = value["choices"][0]["finish_reason"].as_str() {
            reply.finish_reason = Some(reason.into());
        }
    }
    reply
}

fn failure(call: &str, text: String) -> PluginFailure {
    let cause = Cause::Fault(Fault::Fatal(text));
    PluginFailure { plugin: "fake".into(), call: call.into(), cause }
}
