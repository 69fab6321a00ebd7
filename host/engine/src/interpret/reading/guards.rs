//! Guards of a reading plan, each with a bit that is set while a frame is visited. A guard that shares
//! a `*` with its rule is about one element, and its bit is cleared when the next one begins.

use super::pointer::{Step, steps};
use crate::error::InvalidRule;
use loadwright_core::reading::{self, Condition, EVENT_NAME};

/// Different guards at most: each has a bit.
const MAX_GUARDS: usize = 64;

/// What sets a guard's bit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    /// Any value but null.
    Present,
    /// This text, or the boolean or number whose JSON text it is.
    Equals { text: String, scalar: Option<Scalar> },
}

/// A boolean or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar {
    Bool(bool),
    Unsigned(u64),
    Negative(i64),
    /// By its bits.
    Fraction(u64),
}

impl Scalar {
    /// The one whose JSON text is `text`.
    fn of(text: &str) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        // Other texts of the same value (1e3, "a", [1]) are no scalar's own.
        let own = value.to_string();
        if own != text {
            return None;
        }
        let number = |value: &serde_json::Value| {
            let negative = || value.as_i64().map(Self::Negative);
            let fraction = || value.as_f64().map(|number| Self::Fraction(number.to_bits()));
            value.as_u64().map(Self::Unsigned).or_else(negative).or_else(fraction)
        };
        value.as_bool().map(Self::Bool).or_else(|| number(&value))
    }
}

impl Test {
    fn of(condition: &Condition) -> Self {
        match condition {
            Condition::Equals(text) => {
                Self::Equals { text: text.clone(), scalar: Scalar::of(text) }
            }
            Condition::Present | Condition::Absent => Self::Present,
        }
    }

    pub(super) fn is_text(&self, value: &str) -> bool {
        match self {
            Self::Present => true,
            Self::Equals { text, .. } => text == value,
        }
    }

    pub(super) fn is_scalar(&self, value: Scalar) -> bool {
        match self {
            Self::Present => true,
            Self::Equals { scalar, .. } => *scalar == Some(value),
        }
    }
}

/// What a guard looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The name of the frame's server-sent event.
    EventName,
    /// A place of the frame.
    Steps(Vec<Step>),
}

/// A guard of one rule or several.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Guard {
    pub(super) place: Place,
    pub(super) test: Test,
    /// The scope that it is about; `None`: the whole frame.
    scope: Option<u8>,
}

/// The elements that guards are about, each by itself.
#[derive(Debug)]
pub(super) struct Scope {
    /// The pointer of the elements, which ends in `*`.
    pub(super) steps: Vec<Step>,
    /// The bits of its guards.
    pub(super) bits: u64,
}

/// What a rule requires of the bits of one scope, or of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Required {
    set: u64,
    clear: u64,
}

impl Required {
    #[inline]
    pub(super) fn holds(self, bits: u64) -> bool {
        bits & self.set == self.set && bits & self.clear == 0
    }
}

/// What a rule requires.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    pub(super) of_frame: Required,
    /// By scope.
    pub(super) of_elements: Vec<(u8, Required)>,
}

/// The guards of a plan.
#[derive(Debug, Default)]
pub(super) struct Guards {
    pub(super) list: Vec<Guard>,
    pub(super) scopes: Vec<Scope>,
    /// The bits of guards on the name of the event.
    pub(super) event_bits: u64,
}

impl Guards {
    /// What the guards of a rule with the pointer `at` require.
    pub(super) fn conditions(
        &mut self,
        at: &[Step],
        when: &[reading::Guard],
    ) -> Result<Conditions, InvalidRule> {
        let mut conditions = Conditions::default();
        for guard in when {
            let (bit, scope) = self.bit(at, guard)?;
            let required = match scope {
                None => &mut conditions.of_frame,
                Some(scope) => of_scope(&mut conditions.of_elements, scope),
            };
            match guard.condition {
                Condition::Absent => required.clear |= 1 << bit,
                Condition::Equals(_) | Condition::Present => required.set |= 1 << bit,
            }
        }
        Ok(conditions)
    }

    /// The bits that the name of an event sets.
    pub(super) fn of_event(&self, name: &str) -> u64 {
        if self.event_bits == 0 || name.is_empty() {
            return 0;
        }
        let guards = self.list.iter().enumerate();
        let of_events = guards.filter(|(_, guard)| guard.place == Place::EventName);
        of_events.fold(0, |bits, (bit, guard)| bits | u64::from(guard.test.is_text(name)) << bit)
    }

    /// The bit of a guard, and its scope; rules with the same guard share one.
    fn bit(
        &mut self,
        at: &[Step],
        guard: &reading::Guard,
    ) -> Result<(usize, Option<u8>), InvalidRule> {
        let test = Test::of(&guard.condition);
        let guard = if guard.at == EVENT_NAME {
            Guard { place: Place::EventName, test, scope: None }
        } else {
            let steps = steps(&guard.at)?;
            let scope = self.scope(at, &steps);
            Guard { place: Place::Steps(steps), test, scope }
        };
        let scope = guard.scope;
        if let Some(bit) = self.list.iter().position(|other| *other == guard) {
            return Ok((bit, scope));
        }
        let bit = self.list.len();
        if bit == MAX_GUARDS {
            return Err(InvalidRule::TooManyGuards(MAX_GUARDS));
        }
        if guard.place == Place::EventName {
            self.event_bits |= 1 << bit;
        }
        if let Some(scope) = scope {
            self.scopes[usize::from(scope)].bits |= 1 << bit;
        }
        self.list.push(guard);
        Ok((bit, scope))
    }

    /// The scope of a guard: the longest common beginning of both pointers that ends in `*`. There
    /// are no more scopes than guards.
    fn scope(&mut self, rule: &[Step], guard: &[Step]) -> Option<u8> {
        let common = rule.iter().zip(guard).take_while(|(one, other)| one == other).count();
        let last = rule[..common].iter().rposition(|step| *step == Step::Each)?;
        let steps = &rule[..=last];
        let known = self.scopes.iter().position(|scope| scope.steps == steps);
        let scope = known.unwrap_or_else(|| {
            self.scopes.push(Scope { steps: steps.to_vec(), bits: 0 });
            self.scopes.len() - 1
        });
        Some(scope as u8)
    }
}

fn of_scope(of_elements: &mut Vec<(u8, Required)>, scope: u8) -> &mut Required {
    let known = of_elements.iter().position(|(known, _)| *known == scope);
    let at = known.unwrap_or_else(|| {
        of_elements.push((scope, Required::default()));
        of_elements.len() - 1
    });
    &mut of_elements[at].1
}
