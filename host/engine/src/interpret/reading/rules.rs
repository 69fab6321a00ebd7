//! Compiles the rules of a reading plan into one tree that a frame is walked along: what to take
//! at each place. What is taken there is for `walk`, what it means for `reading`.

use crate::error::InvalidRule;
use loadwright_core::reading::{Channel, ReadingPlan, Rule};

/// Pointers longer than this are refused, which bounds recursion over a frame.
const MAX_DEPTH: usize = 64;
/// Rules of a plan.
const MAX_RULES: usize = 1024;
/// Places of the tree; wildcards and indices that meet at one array multiply.
const MAX_NODES: usize = 4096;
/// Guards that differ: one bit each.
const MAX_GUARDS: usize = 64;

/// What a rule's finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Text(Channel),
    FrameTokens,
    FinishReason,
    Count(Count),
    Error,
}

/// Which count of the usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    Input,
    Output,
    Cached,
    Reasoning,
    Accepted,
    Rejected,
}

/// One step of a pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Every element of an array.
    Each,
    /// A member of an object or, if it is an index, an element of an array.
    Key(String),
}

impl Step {
    /// The element that the step names: digits without a leading zero.
    pub(super) fn index(&self) -> Option<usize> {
        let Self::Key(key) = self else { return None };
        let canonical = key == "0" || !key.starts_with(['0', '+']);
        key.parse().ok().filter(|_| canonical)
    }
}

/// A rule of the plan, in the order in which findings are weighed.
#[derive(Debug)]
pub(super) struct CompiledRule {
    pub(super) slot: Field,
    /// The bit of its guard.
    pub(super) guard: Option<u8>,
    pub(super) at: Vec<Step>,
}

/// A guard: a place that must hold a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Guard {
    at: Vec<Step>,
    pub(super) text: String,
}

/// What is done at one place of a frame, and where to go on from there.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Rules that take what is here.
    pub(super) rules: Vec<u16>,
    /// Guards that look at what is here.
    pub(super) guards: Vec<u8>,
    keys: Vec<(String, u16)>,
    indices: Vec<(usize, u16)>,
    each: Option<u16>,
}

impl Node {
    /// Where a member of an object leads.
    pub(super) fn member(&self, key: &str) -> Option<u16> {
        self.keys.iter().find(|(name, _)| name == key).map(|&(_, place)| place)
    }

    /// Where an element of an array leads.
    pub(super) fn element(&self, index: usize) -> Option<u16> {
        let own = self.indices.iter().find(|(at, _)| *at == index).map(|&(_, place)| place);
        own.or(self.each)
    }
}

/// A compiled plan.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) taken: Vec<CompiledRule>,
    pub(super) guards: Vec<Guard>,
    pub(super) places: Vec<Node>,
}

impl Rules {
    pub(super) fn new(plan: &ReadingPlan) -> Result<Self, InvalidRule> {
        let mut rules = Self::default();
        for (slot, of_slot) in slots(plan) {
            for rule in of_slot {
                rules.add(slot, rule)?;
            }
        }
        if rules.taken.len() > MAX_RULES {
            return Err(InvalidRule::TooMany(MAX_RULES));
        }
        let Self { taken, guards, places } = &mut rules;
        let of_rules =
            taken.iter().enumerate().map(|(n, rule)| (&rule.at[..], Leaf::Rule(n as u16)));
        let of_guards =
            guards.iter().enumerate().map(|(n, guard)| (&guard.at[..], Leaf::Guard(n as u8)));
        plant(places, of_rules.chain(of_guards).collect())?;
        Ok(rules)
    }

    fn add(&mut self, slot: Field, rule: &Rule) -> Result<(), InvalidRule> {
        let guard = rule.when.as_ref().map(|(at, text)| self.guard(at, text)).transpose()?;
        self.taken.push(CompiledRule { slot, guard, at: steps(&rule.at)? });
        Ok(())
    }

    /// The bit of a guard, which rules that have it in common share.
    fn guard(&mut self, at: &str, text: &str) -> Result<u8, InvalidRule> {
        let guard = Guard { at: steps(at)?, text: text.into() };
        let known = self.guards.iter().position(|other| *other == guard);
        let bit = known.unwrap_or(self.guards.len());
        if bit == MAX_GUARDS {
            return Err(InvalidRule::TooManyGuards(MAX_GUARDS));
        }
        if known.is_none() {
            self.guards.push(guard);
        }
        Ok(bit as u8)
    }
}

fn slots(plan: &ReadingPlan) -> [(Field, &[Rule]); 12] {
    [
        (Field::Text(Channel::Output), &plan.output),
        (Field::Text(Channel::Reasoning), &plan.reasoning),
        (Field::Text(Channel::ToolCall), &plan.tool_calls),
        (Field::FrameTokens, &plan.frame_tokens),
        (Field::FinishReason, &plan.finish_reason),
        (Field::Count(Count::Input), &plan.input_tokens),
        (Field::Count(Count::Output), &plan.output_tokens),
        (Field::Count(Count::Cached), &plan.cached_tokens),
        (Field::Count(Count::Reasoning), &plan.reasoning_tokens),
        (Field::Count(Count::Accepted), &plan.accepted_tokens),
        (Field::Count(Count::Rejected), &plan.rejected_tokens),
        (Field::Error, &plan.error),
    ]
}

/// Takes a JSON pointer apart (RFC 6901).
fn steps(pointer: &str) -> Result<Vec<Step>, InvalidRule> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let path = pointer.strip_prefix('/').ok_or_else(|| InvalidRule::NoSlash(pointer.into()))?;
    let steps: Vec<Step> = path
        .split('/')
        .map(|step| match step {
            "*" => Ok(Step::Each),
            key => unescape(key).map(Step::Key).ok_or_else(|| InvalidRule::Escape(pointer.into())),
        })
        .collect::<Result<_, _>>()?;
    if steps.len() > MAX_DEPTH {
        return Err(InvalidRule::TooDeep { pointer: pointer.into(), limit: MAX_DEPTH });
    }
    Ok(steps)
}

fn unescape(key: &str) -> Option<String> {
    let mut pieces = key.split('~');
    let mut text = String::from(pieces.next().unwrap_or_default());
    for piece in pieces {
        let rest = piece.strip_prefix('0').map(|rest| ('~', rest));
        let (escaped, rest) = rest.or_else(|| piece.strip_prefix('1').map(|rest| ('/', rest)))?;
        text.push(escaped);
        text.push_str(rest);
    }
    Some(text)
}

/// What stands at the end of a pointer.
#[derive(Debug, Clone, Copy)]
enum Leaf {
    Rule(u16),
    Guard(u8),
}

/// Makes the place that these pointers begin at, and all below it. An element that pointers name
/// by index and by `*` has a place that serves both.
fn plant(places: &mut Vec<Node>, pointers: Vec<(&[Step], Leaf)>) -> Result<u16, InvalidRule> {
    if places.len() == MAX_NODES {
        return Err(InvalidRule::TooManyNodes(MAX_NODES));
    }
    let this = places.len();
    places.push(Node::default());
    let mut place = Node::default();
    let below = |accepts: &dyn Fn(&Step) -> bool| -> Vec<(&[Step], Leaf)> {
        let split = |&(at, mark)| <[Step]>::split_first(at).map(|(step, rest)| (step, rest, mark));
        let inner = pointers.iter().filter_map(split).filter(|(step, ..)| accepts(step));
        inner.map(|(_, rest, mark)| (rest, mark)).collect()
    };
    for &(at, mark) in &pointers {
        match (at.first(), mark) {
            (None, Leaf::Rule(rule)) => place.rules.push(rule),
            (None, Leaf::Guard(guard)) => place.guards.push(guard),
            (Some(Step::Each), _) => {
                if place.each.is_none() {
                    place.each = Some(plant(places, below(&|step| *step == Step::Each))?);
                }
            }
            (Some(step @ Step::Key(key)), _) => {
                if place.member(key).is_none() {
                    place.keys.push((key.clone(), plant(places, below(&|other| other == step))?));
                }
                if let Some(index) = step.index()
                    && !place.indices.iter().any(|(at, _)| *at == index)
                {
                    let inner = below(&|other| other == step || *other == Step::Each);
                    place.indices.push((index, plant(places, inner)?));
                }
            }
        }
    }
    places[this] = place;
    Ok(this as u16)
}
