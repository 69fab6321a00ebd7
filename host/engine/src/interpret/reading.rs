//! Interprets frames by a protocol's reading plan, without calling the plugin: text by channel,
//! usage, finish reason, errors, the end mark. It never sees a time; what an exchange's end makes
//! of it all is for the engine's verdict.

mod error_text;
mod held;
mod memo;
mod reply;
mod rules;
pub(crate) mod surrogates;
mod walk;

pub use crate::error::InvalidRule;
pub use reply::{BadReply, Unreadable};

use loadwright_core::conversation::Message;
use loadwright_core::reading::{Channel, ReadingPlan, Usage};
use memo::Memo;
use rules::{Count, Field, Rules};
use walk::{Match, Matched, Matches, NotJson};

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

/// A reading plan, compiled. One serves any number of exchanges and threads.
///
/// Where the plan's own words leave a choice:
/// - Rules are weighed in the plan's order, and what one rule finds in the order of the frame.
/// - Several rules for the answer, for reasoning or for frame tokens are spellings of one thing: in
///   each frame the first that finds any counts. Tool calls are what all their rules find.
/// - Text is a string; anything else in its place is none. An empty text or finish reason is none.
/// - A tool-call rule that points to an array or an object says that it is there, without text.
/// - A count is a whole number that fits 32 bits; any other is as if it were not there.
/// - Frame tokens found in several places are added up. A frame that tells of none has a count of 0,
///   but a reply in which no frame tells of any has no count.
/// - A guard holds where any place it points to is a string equal to its text.
/// - `false` and the empty text are no error, like `null`.
/// - A frame of blanks alone carries nothing.
#[derive(Debug)]
pub struct Reader {
    done: Vec<String>,
    rules: Rules,
}

/// What one frame turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// The end mark.
    Done,
    /// Output. Of several channels in one frame, the one that is furthest on: the answer, then a
    /// tool call, then reasoning.
    Output {
        /// What it carried.
        channel: Channel,
        /// Tokens in the frame, where it says so.
        tokens: Option<u32>,
    },
    /// Nothing that a reader sees: a role, usage, a finish reason, an error.
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
    /// Tokens in the frame, where it says so.
    pub tokens: Option<u32>,
}

/// What an exchange carried, so far. Frames may come in any number of batches, all read by the
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
    /// Tokens that frames said they hold, those without text included; none where they hold none.
    pub frame_tokens: Option<u32>,
    /// Token counts as the reply gives them.
    pub usage: Usage,
    /// Why the reply ended.
    pub finish_reason: Option<String>,
    /// The first error inside the reply.
    pub error: Option<String>,
    /// The assistant's message, where a plugin's `decode` made one.
    pub message: Option<Message>,
    /// Whether the end mark was seen. A reply that `decode` read needs none: it is set.
    pub done: bool,
    /// What was wrong with the first frame that was not JSON.
    pub unreadable: Option<String>,
    /// What reading goes on with.
    pub(crate) between: Between,
}

/// What a reader keeps between two frames of an exchange.
#[derive(Debug, Default)]
pub(crate) struct Between {
    without_text: bool,
    notes: Matches,
    memo: Memo,
}

impl Reading {
    /// A reading that keeps text, for counting tokens or for the next turn.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reading that passes text over.
    pub fn without_text() -> Self {
        let between = Between { without_text: true, ..Between::default() };
        Self { between, ..Self::default() }
    }

    /// Begins again with another exchange, and keeps the memory.
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
            between: Between { memo: Memo::default(), ..taken.between },
            ..Self::default()
        };
        self.outputs.clear();
    }

    fn text(&mut self, channel: Channel) -> &mut String {
        match channel {
            Channel::Output => &mut self.output,
            Channel::Reasoning => &mut self.reasoning,
            Channel::ToolCall => &mut self.tool_calls,
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
        let finishes = |rule: &rules::CompiledRule| rule.slot == Field::FinishReason;
        !self.done.is_empty() || self.rules.taken.iter().any(finishes)
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
        let mut notes = std::mem::take(&mut into.between.notes);
        let memo = &mut into.between.memo;
        let seen = match self.note(frame, &mut notes, memo) {
            Ok(()) => self.settle(frame, &notes, into),
            Err(_)
                if let Some(frame) = surrogates::replaced(frame)
                    && self.note(&frame, &mut notes, memo).is_ok() =>
            {
                self.settle(&frame, &notes, into)
            }
            Err(why) => {
                let text = || error_text::unreadable(index, frame, &why);
                into.unreadable.get_or_insert_with(text);
                FrameKind::Unreadable
            }
        };
        into.between.notes = notes;
        if let FrameKind::Output { channel, tokens } = seen {
            into.outputs.push(Output { frame: index, channel, tokens });
        }
        seen
    }

    /// Matches what is in a frame: from the last one's notes where they differ in one text alone.
    fn note(&self, frame: &[u8], notes: &mut Matches, memo: &mut Memo) -> Result<(), NotJson> {
        if let Some(text) = memo.text(frame) {
            notes.replace_text(text);
            return Ok(());
        }
        memo.keep(frame, None);
        notes.take(&self.rules, frame)?;
        memo.keep(frame, notes.only_text());
        Ok(())
    }

    /// Adds what one frame's notes mean.
    fn settle(&self, frame: &[u8], notes: &Matches, into: &mut Reading) -> FrameKind {
        let mut channel = None;
        let mut tokens = None;
        let mut first = FirstRules::default();
        for found in &notes.found {
            let rule = &self.rules.taken[usize::from(found.rule)];
            let holds = rule.guard.is_none_or(|bit| notes.guards >> bit & 1 == 1);
            if !holds || !first.allow(rule.slot, found) {
                continue;
            }
            match (rule.slot, found.what) {
                (Field::Text(carried), what) => {
                    channel = Some(channel.map_or(carried, |other| furthest(other, carried)));
                    if let Matched::Text { start, end } = what
                        && !into.between.without_text
                    {
                        into.text(carried).push_str(&notes.text[start..end]);
                    }
                }
                (Field::FrameTokens, Matched::Number(count)) => {
                    tokens = reply::sum(tokens, Some(count));
                }
                (Field::Count(which), Matched::Number(count)) => set(&mut into.usage, which, count),
                (Field::FinishReason, Matched::Text { start, end }) => {
                    let reason = into.finish_reason.get_or_insert_default();
                    reason.clear();
                    reason.push_str(&notes.text[start..end]);
                }
                (Field::Error, _) if into.error.is_none() => {
                    into.error = Some(error_text::of(frame, &rule.at));
                }
                _ => {}
            }
        }
        into.frame_tokens = reply::sum(into.frame_tokens, tokens.filter(|&count| count > 0));
        channel.map_or(FrameKind::Nothing, |channel| FrameKind::Output { channel, tokens })
    }
}

/// Of the rules that spell one thing, those that found any first in a frame.
#[derive(Default)]
struct FirstRules {
    output: Option<u16>,
    reasoning: Option<u16>,
    tokens: Option<u16>,
}

impl FirstRules {
    /// Whether a finding counts beside those before it.
    fn allow(&mut self, slot: Field, found: &Match) -> bool {
        let first = match slot {
            Field::Text(Channel::Output) => &mut self.output,
            Field::Text(Channel::Reasoning) => &mut self.reasoning,
            // No token is told, and leaves the count to a spelling that finds some.
            Field::FrameTokens if found.what == Matched::Number(0) => return true,
            Field::FrameTokens => &mut self.tokens,
            _ => return true,
        };
        *first.get_or_insert(found.rule) == found.rule
    }
}

fn furthest(one: Channel, other: Channel) -> Channel {
    let rank = |channel| match channel {
        Channel::Reasoning => 0,
        Channel::ToolCall => 1,
        Channel::Output => 2,
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
