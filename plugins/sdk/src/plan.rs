//! Builds a reading plan.
//!
//! ```
//! use loadwright_plugin::plan::Plan;
//!
//! let plan = Plan::new()
//!     .done("[DONE]")
//!     .output("/delta/text").when("/type", "content_block_delta")
//!     .count("output", "/usage/output_tokens").largest()
//!     .build();
//! assert_eq!(plan.rules.len(), 2);
//! ```

use crate::{Condition, Guard, ReadingPlan, Rule};

/// A reading plan in the making. Rules of one kind are alternatives, in the order in which they are
/// added; conditions and modes are those of the rule added last.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan(ReadingPlan);

impl Default for Plan {
    fn default() -> Self {
        Self(ReadingPlan {
            framing: "by-type".into(),
            payload: "json".into(),
            done: Vec::new(),
            rules: Vec::new(),
            next: "text".into(),
            extra: String::new(),
        })
    }
}

impl Plan {
    /// A plan without rules: JSON payloads, framed as the content type says, and a conversation that
    /// continues with the text of the output.
    pub fn new() -> Self {
        Self::default()
    }

    /// `by-type`, `sse`, `lines`, `json-array` or `whole`.
    pub fn framing(mut self, framing: &str) -> Self {
        self.0.framing = framing.into();
        self
    }

    /// `json`, `text` or `opaque`.
    pub fn payload(mut self, payload: &str) -> Self {
        self.0.payload = payload.into();
        self
    }

    /// A frame that marks the end of a reply.
    pub fn done(mut self, mark: &str) -> Self {
        self.0.done.push(mark.into());
        self
    }

    /// A conversation continues with the message that `decode` returns.
    pub fn next_from_decode(mut self) -> Self {
        self.0.next = "decode".into();
        self
    }

    /// A rule of any kind.
    pub fn rule(mut self, kind: impl Into<String>, at: &str) -> Self {
        let (kind, at) = (kind.into(), at.into());
        self.0.rules.push(Rule { kind, at, when: Vec::new(), modes: Vec::new() });
        self
    }

    /// Rules of one kind, without conditions or modes.
    pub fn rules(self, kind: &str, pointers: &[&str]) -> Self {
        pointers.iter().fold(self, |plan, at| plan.rule(kind, at))
    }

    /// Text of the answer.
    pub fn output(self, at: &str) -> Self {
        self.rule("output", at)
    }

    /// Text of the reasoning before it.
    pub fn reasoning(self, at: &str) -> Self {
        self.rule("reasoning", at)
    }

    /// Part of a tool call: text, or any object or array that is not empty.
    pub fn tool_call(self, at: &str) -> Self {
        self.rule("tool-call", at)
    }

    /// Output that is no text: an embedding, an image, a ranking.
    pub fn result(self, at: &str) -> Self {
        self.rule("result", at)
    }

    /// Tokens in a frame: a number, or an array, which counts its elements.
    pub fn tokens(self, at: &str) -> Self {
        self.rule("tokens", at)
    }

    /// Why the reply ended.
    pub fn finish(self, at: &str) -> Self {
        self.rule("finish", at)
    }

    /// Any value but null or false ends the reply.
    pub fn end(self, at: &str) -> Self {
        self.rule("end", at)
    }

    /// An error in the reply.
    pub fn error(self, at: &str) -> Self {
        self.rule("error", at)
    }

    /// A token count of the reply: input, output, cached, reasoning, accepted or rejected.
    pub fn count(self, name: &str, at: &str) -> Self {
        self.rule(format!("count:{name}"), at)
    }

    /// A number that the service measured itself, which the manifest declares.
    pub fn metric(self, name: &str, at: &str) -> Self {
        self.rule(format!("metric:{name}"), at)
    }

    /// Only where the value at this pointer is `text`; booleans and numbers match by their JSON text.
    pub fn when(self, at: &str, text: &str) -> Self {
        self.guard(at, Condition::Equals(text.into()))
    }

    /// Only where there is a value at this pointer, and not null.
    pub fn when_present(self, at: &str) -> Self {
        self.guard(at, Condition::Present)
    }

    /// Only where there is no value at this pointer, or null.
    pub fn when_absent(self, at: &str) -> Self {
        self.guard(at, Condition::Absent)
    }

    /// Each frame repeats what came before.
    pub fn so_far(self) -> Self {
        self.mode("so-far")
    }

    /// All rules of the kind that find a value are used, not only the first.
    pub fn every(self) -> Self {
        self.mode("every")
    }

    /// Values of one frame are added.
    pub fn sum(self) -> Self {
        self.mode("sum")
    }

    /// Values of all frames are added.
    pub fn sum_frames(self) -> Self {
        self.mode("sum-frames")
    }

    /// The largest value of all frames.
    pub fn largest(self) -> Self {
        self.mode("largest")
    }

    /// Each match counts 1, whatever its value.
    pub fn one_each(self) -> Self {
        self.mode("one-each")
    }

    /// The plan.
    pub fn build(self) -> ReadingPlan {
        self.0
    }

    fn guard(self, at: &str, condition: Condition) -> Self {
        self.last(|rule| rule.when.push(Guard { at: at.into(), condition }))
    }

    fn mode(self, mode: &str) -> Self {
        self.last(|rule| rule.modes.push(mode.into()))
    }

    fn last(mut self, change: impl FnOnce(&mut Rule)) -> Self {
        change(self.0.rules.last_mut().expect("conditions and modes come after a rule"));
        self
    }
}

#[cfg(test)]
mod tests;
