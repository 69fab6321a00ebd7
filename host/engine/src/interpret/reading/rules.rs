//! Compiles the rules of a reading plan into one tree that a frame is walked along: what to take
//! at each place. What is taken there is for `walk`, what it means for `reading`.

use loadwright_core::reading::{Channel, ReadingPlan, Rule};

/// Pointers longer than this are refused, which bounds recursion over a frame.
const MAX_DEPTH: usize = 64;
/// Rules of a plan.
const MAX_RULES: usize = 1024;
/// Places of the tree; wildcards and indices that meet at one array multiply.
const MAX_PLACES: usize = 4096;
/// Guards that differ: one bit each.
const MAX_GUARDS: usize = 64;

/// A rule that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    /// A JSON pointer is empty or begins with a slash.
    #[error("the pointer `{0}` of the reading plan must be empty or begin with `/`")]
    NoSlash(String),
    /// In a JSON pointer, `~` stands only before 0 or 1.
    #[error("the pointer `{0}` of the reading plan has a `~` that is neither `~0` nor `~1`")]
    Escape(String),
    /// Too many steps.
    #[error("the pointer `{0}` of the reading plan has more than {MAX_DEPTH} steps")]
    TooDeep(String),
    /// Too many rules.
    #[error("the reading plan has more than {MAX_RULES} rules")]
    TooMany,
    /// Too many guards that differ.
    #[error("the reading plan has more than {MAX_GUARDS} guards that differ")]
    TooManyGuards,
    /// Wildcards and indices at the same arrays multiply beyond what is sensible.
    #[error("the pointers of the reading plan mix `*` and indices in more than {MAX_PLACES} ways")]
    TooManyPlaces,
}

/// What a rule's finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
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
pub(super) struct Taken {
    pub(super) slot: Slot,
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
pub(super) struct Place {
    /// Rules that take what is here.
    pub(super) rules: Vec<u16>,
    /// Guards that look at what is here.
    pub(super) guards: Vec<u8>,
    keys: Vec<(String, u16)>,
    indices: Vec<(usize, u16)>,
    each: Option<u16>,
}

impl Place {
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
    pub(super) taken: Vec<Taken>,
    pub(super) guards: Vec<Guard>,
    pub(super) places: Vec<Place>,
}

impl Rules {
    pub(super) fn new(plan: &ReadingPlan) -> Result<Self, BadRule> {
        let mut rules = Self::default();
        for (slot, of_slot) in slots(plan) {
            for rule in of_slot {
                rules.add(slot, rule)?;
            }
        }
        if rules.taken.len() > MAX_RULES {
            return Err(BadRule::TooMany);
        }
        let Self { taken, guards, places } = &mut rules;
        let of_rules =
            taken.iter().enumerate().map(|(n, rule)| (&rule.at[..], Mark::Rule(n as u16)));
        let of_guards =
            guards.iter().enumerate().map(|(n, guard)| (&guard.at[..], Mark::Guard(n as u8)));
        plant(places, of_rules.chain(of_guards).collect())?;
        Ok(rules)
    }

    fn add(&mut self, slot: Slot, rule: &Rule) -> Result<(), BadRule> {
        let guard = rule.when.as_ref().map(|(at, text)| self.guard(at, text)).transpose()?;
        self.taken.push(Taken { slot, guard, at: steps(&rule.at)? });
        Ok(())
    }

    /// The bit of a guard, which rules that have it in common share.
    fn guard(&mut self, at: &str, text: &str) -> Result<u8, BadRule> {
        let guard = Guard { at: steps(at)?, text: text.into() };
        let known = self.guards.iter().position(|other| *other == guard);
        let bit = known.unwrap_or(self.guards.len());
        if bit == MAX_GUARDS {
            return Err(BadRule::TooManyGuards);
        }
        if known.is_none() {
            self.guards.push(guard);
        }
        Ok(bit as u8)
    }
}

fn slots(plan: &ReadingPlan) -> [(Slot, &[Rule]); 12] {
    [
        (Slot::Text(Channel::Output), &plan.output),
        (Slot::Text(Channel::Reasoning), &plan.reasoning),
        (Slot::Text(Channel::ToolCall), &plan.tool_calls),
        (Slot::FrameTokens, &plan.frame_tokens),
        (Slot::FinishReason, &plan.finish_reason),
        (Slot::Count(Count::Input), &plan.input_tokens),
        (Slot::Count(Count::Output), &plan.output_tokens),
        (Slot::Count(Count::Cached), &plan.cached_tokens),
        (Slot::Count(Count::Reasoning), &plan.reasoning_tokens),
        (Slot::Count(Count::Accepted), &plan.accepted_tokens),
        (Slot::Count(Count::Rejected), &plan.rejected_tokens),
        (Slot::Error, &plan.error),
    ]
}

/// Takes a JSON pointer apart (RFC 6901).
fn steps(pointer: &str) -> Result<Vec<Step>, BadRule> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let path = pointer.strip_prefix('/').ok_or_else(|| BadRule::NoSlash(pointer.into()))?;
    let steps: Vec<Step> = path
        .split('/')
        .map(|step| match step {
            "*" => Ok(Step::Each),
            key => unescape(key).map(Step::Key).ok_or_else(|| BadRule::Escape(pointer.into())),
        })
        .collect::<Result<_, _>>()?;
    if steps.len() > MAX_DEPTH { Err(BadRule::TooDeep(pointer.into())) } else { Ok(steps) }
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
enum Mark {
    Rule(u16),
    Guard(u8),
}

/// Makes the place that these pointers begin at, and all below it. An element that pointers name
/// by index and by `*` has a place that serves both.
fn plant(places: &mut Vec<Place>, pointers: Vec<(&[Step], Mark)>) -> Result<u16, BadRule> {
    if places.len() == MAX_PLACES {
        return Err(BadRule::TooManyPlaces);
    }
    let this = places.len();
    places.push(Place::default());
    let mut place = Place::default();
    let below = |accepts: &dyn Fn(&Step) -> bool| -> Vec<(&[Step], Mark)> {
        let split = |&(at, mark)| <[Step]>::split_first(at).map(|(step, rest)| (step, rest, mark));
        let inner = pointers.iter().filter_map(split).filter(|(step, ..)| accepts(step));
        inner.map(|(_, rest, mark)| (rest, mark)).collect()
    };
    for &(at, mark) in &pointers {
        match (at.first(), mark) {
            (None, Mark::Rule(rule)) => place.rules.push(rule),
            (None, Mark::Guard(guard)) => place.guards.push(guard),
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
