//! Compiles the rules of a reading plan. `visitor` looks up a frame's values by them; `reading` says
//! what the values mean.

use super::guards::{Conditions, Guards, Place};
use super::pointer::{Step, steps};
use super::tree::{Leaf, Node, build_node};
use crate::error::InvalidRule;
use loadwright_core::reading::{Channel, CountKind, Fold, Payload, ReadingPlan, Rule, RuleKind};

/// Rules of a plan at most.
const MAX_RULES: usize = 1024;

/// What a rule extracts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Text(Channel),
    Tokens,
    Finish,
    End,
    Error,
    Count(CountKind),
    /// By its position among the plan's metrics.
    Metric(u16),
}

impl Field {
    /// Whether it is a number.
    fn is_number(self) -> bool {
        matches!(self, Self::Tokens | Self::Count(_) | Self::Metric(_))
    }
}

/// A rule of the plan.
#[derive(Debug)]
pub(super) struct CompiledRule {
    pub(super) field: Field,
    /// Its kind, by the position among the plan's kinds.
    pub(super) kind: u16,
    pub(super) conditions: Conditions,
    pub(super) steps: Vec<Step>,
    /// All rules of its kind are used.
    pub(super) every: bool,
    /// Each match counts 1.
    pub(super) one_each: bool,
    pub(super) so_far: bool,
    /// The values of one frame are added.
    pub(super) sum: bool,
    pub(super) fold: Fold,
}

/// What the rules of one kind have in common.
#[derive(Clone, Copy)]
struct Kind {
    field: Field,
    number: u16,
    every: bool,
}

/// A compiled plan.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// Kind by kind, those of one kind in the plan's order.
    pub(super) compiled: Vec<CompiledRule>,
    pub(super) guards: Guards,
    /// Names.
    pub(super) metrics: Vec<String>,
    /// The first is the root.
    pub(super) nodes: Vec<Node>,
}

impl Rules {
    pub(super) fn new(plan: &ReadingPlan) -> Result<Self, InvalidRule> {
        if plan.rules.len() > MAX_RULES {
            return Err(InvalidRule::TooMany(MAX_RULES));
        }
        let mut rules = Self::default();
        let mut kinds: Vec<&RuleKind> = Vec::new();
        for rule in &plan.rules {
            check_payload(plan.payload, rule)?;
            if !kinds.contains(&&rule.kind) {
                kinds.push(&rule.kind);
            }
        }
        for (number, kind) in kinds.into_iter().enumerate() {
            let field = rules.field(kind);
            let of_kind = plan.rules.iter().filter(|rule| rule.kind == *kind);
            let all = field == Field::Text(Channel::ToolCall);
            let every = all || of_kind.clone().any(|rule| rule.modes.every);
            of_kind.into_iter().try_for_each(|rule| {
                let kind = Kind { field, number: number as u16, every };
                rules.add(kind, rule)
            })?;
        }
        rules.build()?;
        Ok(rules)
    }

    fn field(&mut self, kind: &RuleKind) -> Field {
        match kind {
            RuleKind::Text(channel) => Field::Text(*channel),
            RuleKind::Tokens => Field::Tokens,
            RuleKind::Finish => Field::Finish,
            RuleKind::End => Field::End,
            RuleKind::Error => Field::Error,
            RuleKind::Count(count) => Field::Count(*count),
            RuleKind::Metric(name) => {
                self.metrics.push(name.clone());
                Field::Metric(self.metrics.len() as u16 - 1)
            }
        }
    }

    fn add(&mut self, kind: Kind, rule: &Rule) -> Result<(), InvalidRule> {
        let steps = steps(&rule.at)?;
        let modes = rule.modes;
        self.compiled.push(CompiledRule {
            field: kind.field,
            kind: kind.number,
            conditions: self.guards.conditions(&steps, &rule.when)?,
            steps,
            every: kind.every,
            one_each: modes.one_each && kind.field.is_number(),
            so_far: modes.so_far,
            sum: modes.sum || modes.fold == Fold::SumFrames,
            fold: modes.fold,
        });
        Ok(())
    }

    fn build(&mut self) -> Result<(), InvalidRule> {
        let Self { compiled, guards, nodes, .. } = self;
        let mut pointers: Vec<(&[Step], Leaf)> = Vec::new();
        for (number, rule) in compiled.iter().enumerate() {
            pointers.push((&rule.steps, Leaf::Rule(number as u16)));
        }
        for (number, guard) in guards.list.iter().enumerate() {
            if let Place::Steps(steps) = &guard.place {
                pointers.push((steps, Leaf::Guard(number as u8)));
            }
        }
        for (number, scope) in guards.scopes.iter().enumerate() {
            pointers.push((&scope.steps, Leaf::Scope(number as u8)));
        }
        build_node(nodes, pointers).map(|_| ())
    }
}

/// Only JSON has places: other payloads refuse rules that would find nothing.
fn check_payload(payload: Payload, rule: &Rule) -> Result<(), InvalidRule> {
    let mut pointers = std::iter::once(&rule.at).chain(rule.when.iter().map(|guard| &guard.at));
    match payload {
        Payload::Json => Ok(()),
        Payload::Opaque => Err(InvalidRule::Opaque),
        Payload::Text => match pointers.find(|at| at.starts_with('/')) {
            Some(pointer) => Err(InvalidRule::IntoText(pointer.clone())),
            None => Ok(()),
        },
    }
}
