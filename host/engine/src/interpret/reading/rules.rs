//! Compiles the rules of a reading plan into one tree of nodes, one for each place of a frame that a
//! rule points to. `visitor` looks up a frame's values in it; `reading` says what they mean.

use crate::error::InvalidRule;
use loadwright_core::reading::{Channel, Condition, CountKind, ReadingPlan, Rule, RuleKind};

/// Steps of a pointer at most, which bounds the recursion over a frame.
const MAX_DEPTH: usize = 64;
/// Rules of a plan at most.
const MAX_RULES: usize = 1024;
/// Nodes of the tree at most; wildcards and indices of the same arrays multiply.
const MAX_NODES: usize = 4096;
/// Different guards at most: each has a bit.
const MAX_GUARDS: usize = 64;

/// What a rule extracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Text(Channel),
    FrameTokens,
    FinishReason,
    Count(Count),
    Error,
}

/// A count of the usage.
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
    /// The index that the step names: digits without a leading zero.
    pub(super) fn index(&self) -> Option<usize> {
        let Self::Key(key) = self else { return None };
        let canonical = key == "0" || !key.starts_with(['0', '+']);
        key.parse().ok().filter(|_| canonical)
    }
}

/// A rule of the plan; they are kept in the plan's order.
#[derive(Debug)]
pub(super) struct CompiledRule {
    pub(super) field: Field,
    /// The bit of its guard, if it has one.
    pub(super) guard: Option<u8>,
    pub(super) steps: Vec<Step>,
}

/// A condition on a frame: the place that must hold a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Guard {
    steps: Vec<Step>,
    pub(super) text: String,
}

/// A place of a frame: what is extracted there, and the places below it.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Rules that extract what is here.
    pub(super) rules: Vec<u16>,
    /// Guards that check what is here.
    pub(super) guards: Vec<u8>,
    keys: Vec<(String, u16)>,
    indices: Vec<(usize, u16)>,
    each: Option<u16>,
}

impl Node {
    /// The node of an object's member.
    pub(super) fn member(&self, key: &str) -> Option<u16> {
        self.keys.iter().find(|(name, _)| name == key).map(|&(_, node)| node)
    }

    /// The node of an array's element.
    pub(super) fn element(&self, index: usize) -> Option<u16> {
        let own = self.indices.iter().find(|(at, _)| *at == index).map(|&(_, node)| node);
        own.or(self.each)
    }
}

/// A compiled plan.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) compiled: Vec<CompiledRule>,
    pub(super) guards: Vec<Guard>,
    /// The first is the root.
    pub(super) nodes: Vec<Node>,
}

impl Rules {
    pub(super) fn new(plan: &ReadingPlan) -> Result<Self, InvalidRule> {
        let mut rules = Self::default();
        for rule in &plan.rules {
            if let Some(field) = field(&rule.kind) {
                rules.add(field, rule)?;
            }
        }
        if rules.compiled.len() > MAX_RULES {
            return Err(InvalidRule::TooMany(MAX_RULES));
        }
        let Self { compiled, guards, nodes } = &mut rules;
        let of_rules =
            compiled.iter().enumerate().map(|(n, rule)| (&rule.steps[..], Leaf::Rule(n as u16)));
        let of_guards =
            guards.iter().enumerate().map(|(n, guard)| (&guard.steps[..], Leaf::Guard(n as u8)));
        build_node(nodes, of_rules.chain(of_guards).collect())?;
        Ok(rules)
    }

    fn add(&mut self, field: Field, rule: &Rule) -> Result<(), InvalidRule> {
        let guard = rule.when.iter().find_map(|guard| match &guard.condition {
            Condition::Equals(text) => Some(self.guard(&guard.at, text)),
            Condition::Present | Condition::Absent => None,
        });
        let guard = guard.transpose()?;
        self.compiled.push(CompiledRule { field, guard, steps: steps(&rule.at)? });
        Ok(())
    }

    /// The bit of a guard; rules with the same guard share one.
    fn guard(&mut self, at: &str, text: &str) -> Result<u8, InvalidRule> {
        let guard = Guard { steps: steps(at)?, text: text.into() };
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

/// What a rule of this kind extracts; `None`: nothing that the reader knows.
fn field(kind: &RuleKind) -> Option<Field> {
    Some(match kind {
        RuleKind::Text(channel) => Field::Text(*channel),
        RuleKind::Tokens => Field::FrameTokens,
        RuleKind::Finish => Field::FinishReason,
        RuleKind::Count(CountKind::Input) => Field::Count(Count::Input),
        RuleKind::Count(CountKind::Output) => Field::Count(Count::Output),
        RuleKind::Count(CountKind::Cached) => Field::Count(Count::Cached),
        RuleKind::Count(CountKind::Reasoning) => Field::Count(Count::Reasoning),
        RuleKind::Count(CountKind::Accepted) => Field::Count(Count::Accepted),
        RuleKind::Count(CountKind::Rejected) => Field::Count(Count::Rejected),
        RuleKind::Error => Field::Error,
        RuleKind::End | RuleKind::Metric(_) => return None,
    })
}

/// The steps of a JSON pointer (RFC 6901), of which `*` is every element of an array.
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

/// What is at the end of a pointer.
#[derive(Debug, Clone, Copy)]
enum Leaf {
    Rule(u16),
    Guard(u8),
}

/// Builds the node at which these pointers begin, and all nodes below it. An element that pointers
/// name by index and by `*` has one node for both.
fn build_node(nodes: &mut Vec<Node>, pointers: Vec<(&[Step], Leaf)>) -> Result<u16, InvalidRule> {
    if nodes.len() == MAX_NODES {
        return Err(InvalidRule::TooManyNodes(MAX_NODES));
    }
    let this = nodes.len();
    nodes.push(Node::default());
    let mut node = Node::default();
    let below = |accepts: &dyn Fn(&Step) -> bool| -> Vec<(&[Step], Leaf)> {
        let split =
            |&(steps, leaf)| <[Step]>::split_first(steps).map(|(step, rest)| (step, rest, leaf));
        let inner = pointers.iter().filter_map(split).filter(|(step, ..)| accepts(step));
        inner.map(|(_, rest, leaf)| (rest, leaf)).collect()
    };
    for &(steps, leaf) in &pointers {
        match (steps.first(), leaf) {
            (None, Leaf::Rule(rule)) => node.rules.push(rule),
            (None, Leaf::Guard(guard)) => node.guards.push(guard),
            (Some(Step::Each), _) => {
                if node.each.is_none() {
                    node.each = Some(build_node(nodes, below(&|step| *step == Step::Each))?);
                }
            }
            (Some(step @ Step::Key(key)), _) => {
                if node.member(key).is_none() {
                    node.keys
                        .push((key.clone(), build_node(nodes, below(&|other| other == step))?));
                }
                if let Some(index) = step.index()
                    && !node.indices.iter().any(|(at, _)| *at == index)
                {
                    let inner = below(&|other| other == step || *other == Step::Each);
                    node.indices.push((index, build_node(nodes, inner)?));
                }
            }
        }
    }
    nodes[this] = node;
    Ok(this as u16)
}
