//! Reads frames by an API plugin's reading plan, without calling the plugin: text by channel, usage,
//! finish reason, errors, the end mark. Knows nothing of time; `classify` decides on the outcome.

mod error_text;
mod held;
mod memo;
mod reply;
mod rules;
pub(crate) mod surrogates;
mod visitor;

pub use crate::error::InvalidRule;
pub use reply::{InvalidReply, Unreadable};

use loadwright_core::conversation::Message;
use loadwright_core::reading::{Channel, ReadingPlan, Usage};
use memo::Memo;
use rules::{Count, Field, Rules};
use visitor::{Match, Matched, Matches, NotJson};

// The tests are rewritten for the plan's new rules in the commit after this one.

/// A compiled reading plan. One serves any number of exchanges and threads.
///
/// Where the contract of a reading plan leaves a choice:
/// - Rules apply in the plan's order, and the matches of one rule in the order of the frame.
/// - Several rules for the answer, for reasoning or for frame tokens are alternatives: in each frame
///   the first that matches counts. Tool calls are the matches of all their rules.
/// - Text is a string; other values do not match, nor does an empty text or finish reason.
/// - A tool-call rule that points to an array or an object matches it without text.
/// - A count is a whole number that fits 32 bits; other numbers are ignored.
/// - Frame tokens of several places are added up. A frame without any has a count of 0, but a reply in
///   which no frame has any has no count.
/// - A guard holds if any place that it points to is a string equal to its text.
/// - `false` and the empty text are not errors, like `null`.
/// - A frame of white space carries nothing.
#[derive(Debug)]
pub struct Reader {
    done: Vec<String>,
    rules: Rules,
}

/// What one frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// The end mark.
    Done,
    /// Output. Of several channels in one frame, the last in the order reasoning, tool call, answer.
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
    /// What the reader keeps between two frames.
    pub(crate) state: ReaderState,
}

/// What a reader keeps between two frames of an exchange.
#[derive(Debug, Default)]
pub(crate) struct ReaderState {
    without_text: bool,
    matches: Matches,
    memo: Memo,
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
            outputs: taken.outputs,
            state: ReaderState { memo: Memo::default(), ..taken.state },
            ..Self::default()
        };
        self.outputs.clear();
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
        Ok(Self { done: plan.done.clone(), rules: Rules::new(plan)? })
    }

    /// Whether the plan can tell the end of a reply: it has an end mark or a finish reason.
    pub fn knows_the_end(&self) -> bool {
        let finishes = |rule: &rules::CompiledRule| rule.field == Field::FinishReason;
        !self.done.is_empty() || self.rules.compiled.iter().any(finishes)
    }

    /// Reads the next frame of an exchange.
    pub fn read(&self, frame: &[u8], into: &mut Reading) -> FrameKind {
        let index = into.frames;
        into.frames += 1;
        let frame = frame.trim_ascii();
        if self.done.iter().any(|mark| mark.as_bytes() == frame) {
            into.done = true;
            return FrameKind::Done;
        }
        if frame.is_empty() {
            return FrameKind::Nothing;
        }
        let mut matches = std::mem::take(&mut into.state.matches);
        let memo = &mut into.state.memo;
        let seen = match self.collect(frame, &mut matches, memo) {
            Ok(()) => self.apply(frame, &matches, into),
            Err(_)
                if let Some(frame) = surrogates::replaced(frame)
                    && self.collect(&frame, &mut matches, memo).is_ok() =>
            {
                self.apply(&frame, &matches, into)
            }
            Err(why) => {
                let text = || error_text::unreadable(index, frame, &why);
                into.unreadable.get_or_insert_with(text);
                FrameKind::Unreadable
            }
        };
        into.state.matches = matches;
        if let FrameKind::Output { channel, tokens } = seen {
            into.outputs.push(Output { frame: index, channel, tokens });
        }
        seen
    }

    /// Collects the matches of a frame: from those of the last one if only a text differs.
    fn collect(&self, frame: &[u8], matches: &mut Matches, memo: &mut Memo) -> Result<(), NotJson> {
        if let Some(text) = memo.text(frame) {
            matches.replace_text(text);
            return Ok(());
        }
        memo.keep(frame, None);
        matches.collect(&self.rules, frame)?;
        memo.keep(frame, matches.only_text());
        Ok(())
    }

    /// Adds the matches of one frame to the reading.
    fn apply(&self, frame: &[u8], matches: &Matches, into: &mut Reading) -> FrameKind {
        let mut channel = None;
        let mut tokens = None;
        let mut first = FirstRules::default();
        for it in &matches.list {
            let rule = &self.rules.compiled[usize::from(it.rule)];
            let holds = rule.guard.is_none_or(|bit| matches.guards >> bit & 1 == 1);
            if !holds || !first.allow(rule.field, it) {
                continue;
            }
            match (rule.field, it.value) {
                (Field::Text(carried), value) => {
                    channel = Some(channel.map_or(carried, |other| furthest(other, carried)));
                    if let Matched::Text { start, end } = value
                        && !into.state.without_text
                    {
                        into.text(carried).push_str(&matches.text[start..end]);
                    }
                }
                (Field::FrameTokens, Matched::Number(count)) => {
                    tokens = reply::sum(tokens, Some(count));
                }
                (Field::Count(which), Matched::Number(count)) => set(&mut into.usage, which, count),
                (Field::FinishReason, Matched::Text { start, end }) => {
                    let reason = into.finish_reason.get_or_insert_default();
                    reason.clear();
                    reason.push_str(&matches.text[start..end]);
                }
                (Field::Error, _) if into.error.is_none() => {
                    into.error = Some(error_text::of(frame, &rule.steps));
                }
                _ => {}
            }
        }
        into.frame_tokens = reply::sum(into.frame_tokens, tokens.filter(|&count| count > 0));
        channel.map_or(FrameKind::Nothing, |channel| FrameKind::Output { channel, tokens })
    }
}

/// Of alternative rules, those that matched first in a frame.
#[derive(Default)]
struct FirstRules {
    output: Option<u16>,
    reasoning: Option<u16>,
    tokens: Option<u16>,
}

impl FirstRules {
    /// Whether a match counts, after those before it.
    fn allow(&mut self, field: Field, it: &Match) -> bool {
        let first = match field {
            Field::Text(Channel::Output) => &mut self.output,
            Field::Text(Channel::Reasoning) => &mut self.reasoning,
            // A count of 0 leaves the count to an alternative that has one.
            Field::FrameTokens if it.value == Matched::Number(0) => return true,
            Field::FrameTokens => &mut self.tokens,
            _ => return true,
        };
        *first.get_or_insert(it.rule) == it.rule
    }
}

fn furthest(one: Channel, other: Channel) -> Channel {
    let rank = |channel| match channel {
        Channel::Reasoning => 0,
        Channel::ToolCall => 1,
        Channel::Output => 2,
        Channel::Result => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}

fn set(usage: &mut Usage, which: Count, count: u32) {
    let place = match which {
        Count::Input => &mut usage.input_tokens,
        Count::Output => &mut usage.output_tokens,
        Count::Cached => &mut usage.cached_tokens,
        Count::Reasoning => &mut usage.reasoning_tokens,
        Count::Accepted => &mut usage.accepted_tokens,
        Count::Rejected => &mut usage.rejected_tokens,
    };
    *place = Some(count);
}
