//! A dataset and an API plugin in Rust, in place of plugins. The API plugin talks to the simulated server
//! like the OpenAI one.

use loadwright_core::conversation::{Conversation, Message, Part, Prompt, Turn};
use loadwright_core::labels::Labels;
use loadwright_core::ports::{
    Api, ApiFactory, Cause, Dataset, DatasetFactory, DatasetProperties, Fault, PluginFailure,
};
use loadwright_core::reading::{
    Channel, CountKind, Exchange, Piece, ReadingPlan, Reply, Rule, RuleKind, Usage,
};
use loadwright_core::request::{Encoding, Head, PromptRequest, Segment, Template};
use loadwright_timing::clock;
use serde_json::{Value, json};
use std::sync::Arc;

/// Called before a plugin does something, so that a test can delay it or make it fail.
pub(crate) type Hook = Arc<dyn Fn(u64) -> Result<(), String> + Send + Sync>;

/// Conversations whose texts name their item and turn, with their item as a label.
#[derive(Clone)]
pub(crate) struct FakeDataset {
    /// The number of items; `None`: unlimited.
    pub(crate) size: Option<u32>,
    /// Whether the dataset reports its size.
    pub(crate) announced: bool,
    /// Turns per conversation.
    pub(crate) turns: u32,
    /// Seconds before each turn but the first.
    pub(crate) pause: f64,
    /// Headers of every turn.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// The items themselves, in place of conversations made from the fields above.
    pub(crate) items: Option<Vec<Conversation>>,
    /// Whether the dataset says that its conversations have scheduled times.
    pub(crate) timed: bool,
    /// Called with each item before it is generated.
    pub(crate) before: Option<Hook>,
}

impl Default for FakeDataset {
    fn default() -> Self {
        Self {
            size: None,
            announced: true,
            turns: 1,
            pause: 0.0,
            headers: Vec::new(),
            items: None,
            timed: false,
            before: None,
        }
    }
}

/// The prompt of a conversation's turn.
pub(crate) fn text(item: u64, turn: u32) -> String {
    format!("item {item} turn {turn} {}", "x".repeat((item % 7) as usize))
}

impl DatasetFactory for FakeDataset {
    fn instance(&self) -> Result<Box<dyn Dataset>, PluginFailure> {
        Ok(Box::new(self.clone()))
    }
}

impl Dataset for FakeDataset {
    fn properties(&mut self) -> Result<DatasetProperties, PluginFailure> {
        let items = self.size.filter(|_| self.announced);
        let turns = Some(self.turns).filter(|_| self.items.is_none());
        Ok(DatasetProperties { items, turns, timed: self.timed })
    }

    fn generate(
        &mut self,
        first: u32,
        count: u32,
    ) -> Result<Vec<Result<Conversation, PluginFailure>>, PluginFailure> {
        let end = self.size.unwrap_or(u32::MAX).min(first.saturating_add(count));
        Ok((first..end).map(|item| self.conversation(item)).collect())
    }
}

impl FakeDataset {
    fn conversation(&self, item: u32) -> Result<Conversation, PluginFailure> {
        if let Some(before) = &self.before {
            before(item.into()).map_err(|text| failure("generate", text))?;
        }
        if let Some(items) = &self.items {
            return Ok(items[item as usize].clone());
        }
        let turn = |turn: u32| {
            let message = Message::text("user", text(item.into(), turn));
            let mut next = Turn::new(Prompt::Messages(vec![message]));
            next.pause = if turn == 0 { 0.0 } else { self.pause };
            let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            next.headers = self.headers.iter().map(own).collect();
            next
        };
        let turns = (0..self.turns).map(turn).collect();
        let labels = Labels::parse(&format!(r#"{{"item":"{item}"}}"#)).expect("it is short");
        Ok(Conversation { id: format!("talk-{item}"), turns, labels, ..Conversation::default() })
    }
}

/// An API plugin for chat completions.
#[derive(Clone)]
pub(crate) struct FakeApi {
    /// The reading plan; `None`: `decode` is used.
    pub(crate) reading: Option<ReadingPlan>,
    /// Tokens requested if the prompt has no limit of its own.
    pub(crate) tokens: u32,
    pub(crate) stream: bool,
    /// The path of every request; `None`: the URL's.
    pub(crate) path: Option<&'static str>,
    /// Headers of every request, beside its content type.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// The index of media that each body names.
    pub(crate) media: Option<u32>,
    /// Extra bytes in each body.
    pub(crate) padding: usize,
    /// CPU time that each `decode` uses, in nanoseconds.
    pub(crate) burn: u64,
    /// Metrics that `decode` returns with every reply.
    pub(crate) metrics: Vec<(&'static str, f64)>,
    /// The assistant's message that `decode` returns for a reply.
    pub(crate) message: Option<fn(&Exchange) -> Message>,
    /// Called with the number of prompts before each `format`.
    pub(crate) before_format: Option<Hook>,
    /// Called with the number of exchanges before each `decode`.
    pub(crate) before_decode: Option<Hook>,
}

impl Default for FakeApi {
    fn default() -> Self {
        Self {
            reading: Some(reading()),
            tokens: 3,
            stream: true,
            path: None,
            headers: Vec::new(),
            media: None,
            padding: 0,
            burn: 0,
            metrics: Vec::new(),
            message: None,
            before_format: None,
            before_decode: None,
        }
    }
}

/// The reading plan for chat replies, streamed or not.
pub(crate) fn reading() -> ReadingPlan {
    ReadingPlan {
        done: vec!["[DONE]".into()],
        rules: vec![
            Rule::new(RuleKind::Text(Channel::Output), "/choices/*/delta/content"),
            Rule::new(RuleKind::Text(Channel::Output), "/choices/*/message/content"),
            Rule::new(RuleKind::Text(Channel::Reasoning), "/choices/*/delta/reasoning_content"),
            Rule::new(RuleKind::Finish, "/choices/*/finish_reason"),
            Rule::new(RuleKind::Count(CountKind::Input), "/usage/prompt_tokens"),
            Rule::new(RuleKind::Count(CountKind::Output), "/usage/completion_tokens"),
            Rule::new(RuleKind::Error, "/error"),
        ],
        ..ReadingPlan::default()
    }
}

impl FakeApi {
    pub(crate) fn tokens(tokens: u32) -> Self {
        Self { tokens, ..Self::default() }
    }

    /// An API plugin without a reading plan that uses `burn` nanoseconds of CPU per `decode`.
    pub(crate) fn decoding(tokens: u32, burn: u64) -> Self {
        Self { reading: None, tokens, burn, ..Self::default() }
    }

    fn template(&self, prompt: &PromptRequest) -> Template {
        let Prompt::Messages(messages) = &prompt.prompt else { panic!("the prompt is a chat") };
        let messages: Vec<Value> = prompt.history.iter().chain(messages).map(as_json).collect();
        let mut body = json!({
            "model": "m",
            "messages": messages,
            "stream": self.stream,
            "max_tokens": prompt.max_tokens.unwrap_or(self.tokens),
            "ignore_eos": true,
        });
        if !prompt.extra.is_empty() {
            let extra: Value = serde_json::from_str(&prompt.extra).expect("it is JSON");
            for (name, value) in extra.as_object().expect("an object") {
                body[name] = value.clone();
            }
            let PromptRequest { index, turn, conversation, .. } = prompt;
            body["place"] = json!([index, turn, conversation]);
        }
        if self.padding > 0 {
            body["padding"] = "x".repeat(self.padding).into();
        }
        if self.stream {
            body["stream_options"] = json!({ "include_usage": true });
        }
        let text = Segment::Bytes(body.to_string().into_bytes());
        let media = self.media.map(|index| Segment::Media { index, encoding: Encoding::Raw });
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let content_type = [("content-type", "application/json")];
        Template {
            head: Head {
                method: "POST".into(),
                path: self.path.map(str::to_owned),
                headers: content_type.iter().chain(&self.headers).map(own).collect(),
            },
            body: [text].into_iter().chain(media).collect(),
        }
    }
}

fn as_json(message: &Message) -> Value {
    let Some(Part::Text(text)) = message.parts.first() else { panic!("a message has text") };
    let mut as_json = json!({ "role": message.role, "content": text });
    if !message.extra.is_empty() {
        let extra: Value = serde_json::from_str(&message.extra).expect("it is JSON");
        for (name, value) in extra.as_object().expect("an object") {
            as_json[name] = value.clone();
        }
    }
    as_json
}

impl ApiFactory for FakeApi {
    fn plan(&self) -> Option<&ReadingPlan> {
        self.reading.as_ref()
    }

    fn instance(&self) -> Result<Box<dyn Api>, PluginFailure> {
        Ok(Box::new(self.clone()))
    }
}

impl Api for FakeApi {
    fn format(&mut self, prompts: &[PromptRequest]) -> Vec<Result<Template, PluginFailure>> {
        let held = |prompt: &PromptRequest| match &self.before_format {
            Some(before) => before(prompts.len() as u64)
                .map(|()| self.template(prompt))
                .map_err(|text| failure("format", text)),
            None => Ok(self.template(prompt)),
        };
        prompts.iter().map(held).collect()
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
                    let own = |(name, value): &(&str, f64)| ((*name).to_owned(), *value);
                    let metrics = self.metrics.iter().map(own).collect();
                    Ok(Reply { message, metrics, ..decoded(exchange) })
                }
            })
            .collect()
    }
}

fn decoded(exchange: &Exchange) -> Reply {
    let mut reply = Reply::default();
    for (index, frame) in exchange.payloads().enumerate() {
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
