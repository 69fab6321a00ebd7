//! Reads frames by an API plugin's reading plan, without calling the plugin: text by channel, usage,
//! finish reason, errors, the end mark. Knows nothing of time; `classify` decides on the outcome.

mod apply;
mod carried;
mod error_text;
mod guards;
mod held;
mod matches;
mod memo;
mod pointer;
mod reply;
mod rules;
mod so_far;
pub(crate) mod surrogates;
mod tree;
mod visitor;

pub use crate::error::InvalidRule;
pub use reply::{InvalidReply, Unreadable};

use carried::Carried;
use loadwright_core::conversation::Message;
use loadwright_core::reading::{Channel, Payload, ReadingPlan, Usage};
use matches::Matches;
use memo::Memo;
use rules::{CompiledRule, Field, Rules};
use so_far::SoFar;
use visitor::NotJson;

#[cfg(test)]
mod reference;

/// A compiled reading plan. One serves any number of exchanges and threads.
///
/// Where the contract of a reading plan leaves a choice:
/// - Rules of one kind apply in the plan's order, the matches of one rule in the order of the frame.
///   `every` of one rule holds for all rules of its kind; how the values of a frame are folded is up to
///   the first rule that is used in it.
/// - Text is a string that is not empty; so are a finish reason and a text of an error. A tool call and
///   a result are also any array or object that is not empty, a result any number or boolean: without
///   text.
/// - With `so-far`, a text that does not begin with the one before it at the same place is new as a
///   whole; tokens are those above the number before. Counts and metrics are the same with it.
/// - A count is a whole number that fits 32 bits, a metric any number; others are ignored.
/// - Tokens of one frame are always added, and a rule that finds no more than 0 leaves the frame to the
///   next one. A reply in which no frame has any has no count.
/// - A guard with a `*` that is not its rule's holds if any place holds; `absent`: if none is present.
/// - Numbers are compared by their shortest JSON text.
/// - `false` and null are no error and no end.
/// - A frame of white space carries nothing, unless the payload is text or opaque. Nothing is read after
///   the end.
#[derive(Debug)]
pub struct Reader {
    payload: Payload,
    done: Vec<String>,
    rules: Rules,
}

/// What one frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// The end mark.
    Done,
    /// Output. Of several channels in one frame, the last in the order reasoning, tool call, answer,
    /// result.
    Output {
        /// What it carries.
        channel: Channel,
        /// Tokens in the frame, if it says so.
        tokens: Option<u32>,
    },
    /// No output: a role, usage, a finish reason, an error.
    Nothing,
    /// Not JSON.
    Unreadable,
}

/// A frame that carried output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// Index of the frame in its exchange.
    pub frame: u32,
    /// What it carried.
    pub channel: Channel,
    /// Tokens in the frame, if it says so.
    pub tokens: Option<u32>,
}

/// What an exchange has carried so far. Its frames may come in any number of batches, all read by the
/// same reader.
#[derive(Debug, Default)]
pub struct Reading {
    /// Frames read.
    pub frames: u32,
    /// Frames with output, in order.
    pub outputs: Vec<Output>,
    /// Text of the answer; empty where text is not kept, like the other two.
    pub output: String,
    /// Text of the reasoning.
    pub reasoning: String,
    /// Text of tool calls.
    pub tool_calls: String,
    /// Text of results.
    pub results: String,
    /// Numbers that the service measured itself, by their names in the manifest.
    pub metrics: Vec<(String, f64)>,
    /// The sum of the tokens that frames report, frames without text included; `None` if it is 0.
    pub frame_tokens: Option<u32>,
    /// Token counts as the reply reports them.
    pub usage: Usage,
    /// Why the reply ended.
    pub finish_reason: Option<String>,
    /// The first error inside the reply.
    pub error: Option<String>,
    /// The assistant's message, if a plugin's `decode` returned one.
    pub message: Option<Message>,
    /// Whether the end mark was seen. Set for a reply that `decode` read, which needs none.
    pub done: bool,
    /// Why the first frame that was not JSON is not.
    pub unreadable: Option<String>,
    /// Whether such a frame begins as JSON does, unlike a keep-alive line.
    pub damaged: bool,
    /// What the reader keeps between two frames.
    pub(crate) state: ReaderState,
}

/// What a reader keeps between two frames of an exchange.
#[derive(Debug, Default)]
pub(crate) struct ReaderState {
    without_text: bool,
    /// Boxed, since it is taken out of the reading for each frame.
    matches: Option<Box<Matches>>,
    memo: Memo,
    so_far: SoFar,
    /// What the last frame carried.
    carried: Carried,
}

impl Reading {
    /// A reading that keeps text, for counting tokens or for the next turn.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reading that does not keep text.
    pub fn without_text() -> Self {
        let state = ReaderState { without_text: true, ..ReaderState::default() };
        Self { state, ..Self::default() }
    }

    /// Says whether text is kept of the exchange that begins.
    pub(crate) fn keep_text(&mut self, kept: bool) {
        self.state.without_text = !kept;
    }

    /// Starts another exchange and keeps the allocated memory.
    pub fn clear(&mut self) {
        let taken = std::mem::take(self);
        let cleared = |mut text: String| {
            text.clear();
            text
        };
        *self = Self {
            output: cleared(taken.output),
            reasoning: cleared(taken.reasoning),
            tool_calls: cleared(taken.tool_calls),
            results: cleared(taken.results),
            outputs: taken.outputs,
            state: ReaderState { memo: Memo::default(), ..taken.state },
            ..Self::default()
        };
        self.outputs.clear();
        self.state.so_far.clear();
    }

    fn text(&mut self, channel: Channel) -> &mut String {
        match channel {
            Channel::Output => &mut self.output,
            Channel::Reasoning => &mut self.reasoning,
            Channel::ToolCall => &mut self.tool_calls,
            Channel::Result => &mut self.results,
        }
    }
}

impl Reader {
    /// Compiles a plan.
    pub fn new(plan: &ReadingPlan) -> Result<Self, InvalidRule> {
        Ok(Self { payload: plan.payload, done: plan.done.clone(), rules: Rules::new(plan)? })
    }

    /// Whether the plan can tell the end of a reply: it has an end mark or a finish reason.
    pub fn knows_the_end(&self) -> bool {
        let ends = |rule: &CompiledRule| matches!(rule.field, Field::Finish | Field::End);
        !self.done.is_empty() || self.rules.compiled.iter().any(ends)
    }

    /// Reads the next frame of an exchange, which has no event name.
    pub fn read(&self, frame: &[u8], into: &mut Reading) -> FrameKind {
        self.read_event("", frame, into)
    }

    /// Reads the next frame of an exchange, the payload of a server-sent event called `event`.
    pub fn read_event(&self, event: &str, frame: &[u8], into: &mut Reading) -> FrameKind {
        let index = into.frames;
        into.frames += 1;
        if into.done {
            return FrameKind::Nothing;
        }
        let trimmed = frame.trim_ascii();
        if self.done.iter().any(|mark| mark.as_bytes() == trimmed) {
            into.done = true;
            return FrameKind::Done;
        }
        let kind = match self.payload {
            Payload::Json if trimmed.is_empty() => FrameKind::Nothing,
            Payload::Json => self.read_json(event, trimmed, into),
            _ if frame.is_empty() => FrameKind::Nothing,
            Payload::Text => self.read_text(event, frame, into),
            Payload::Opaque => {
                into.state.carried.add(Channel::Result);
                FrameKind::Output { channel: Channel::Result, tokens: None }
            }
        };
        if let FrameKind::Output { channel, tokens } = kind {
            into.outputs.push(Output { frame: index, channel, tokens });
        }
        kind
    }

    #[inline]
    fn read_json(&self, event: &str, frame: &[u8], into: &mut Reading) -> FrameKind {
        let mut matches = into.state.matches.take().unwrap_or_default();
        let memo = &mut into.state.memo;
        let kind = match self.collect(event, frame, &mut matches, memo) {
            Ok(()) => self.apply(frame, &matches, into),
            Err(_)
                if let Some(frame) = surrogates::replaced(frame)
                    && self.collect(event, &frame, &mut matches, memo).is_ok() =>
            {
                self.apply(&frame, &matches, into)
            }
            Err(why) => {
                let text = || error_text::unreadable(into.frames - 1, frame, &why);
                into.unreadable.get_or_insert_with(text);
                into.damaged |= frame.starts_with(b"{") || frame.starts_with(b"[");
                FrameKind::Unreadable
            }
        };
        into.state.matches = Some(matches);
        kind
    }

    fn read_text(&self, event: &str, frame: &[u8], into: &mut Reading) -> FrameKind {
        let text = String::from_utf8_lossy(frame);
        let mut matches = into.state.matches.take().unwrap_or_default();
        let event_guards = self.rules.guards.of_event(event);
        visitor::collect_text(&mut matches, &self.rules, event_guards, &text);
        let kind = self.apply(frame, &matches, into);
        into.state.matches = Some(matches);
        kind
    }

    /// Collects the matches of a frame: from those of the last one if only a text differs.
    #[inline]
    fn collect(
        &self,
        event: &str,
        frame: &[u8],
        matches: &mut Matches,
        memo: &mut Memo,
    ) -> Result<(), NotJson> {
        let guards = &self.rules.guards;
        let event_guards = guards.of_event(event);
        if let Some(text) = memo.text(frame) {
            matches.replace_text(text);
            matches.guards = matches.guards & !guards.event_bits | event_guards;
            return Ok(());
        }
        memo.keep(frame, None);
        visitor::collect(matches, &self.rules, event_guards, frame)?;
        memo.keep(frame, matches.only_text());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
