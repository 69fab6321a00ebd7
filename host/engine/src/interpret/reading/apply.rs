//! Adds what the rules matched in one frame to the reading of its exchange, in one pass over the
//! matches, which come kind by kind.

use super::carried::Carried;
use super::matches::{Match, Matched, Matches};
use super::rules::{CompiledRule, Field};
use super::{FrameKind, Reader, Reading, error_text, reply};
use loadwright_core::reading::{Channel, CountKind, Fold};

/// What is known of the kind whose matches are added.
#[derive(Default)]
struct OfKind<'r> {
    number: Option<u16>,
    /// The first rule that is used, which is the only one unless its kind says `every`.
    first: Option<(u16, &'r CompiledRule)>,
    folding: Folding,
}

/// A number while the values of one frame are added to it.
#[derive(Default)]
struct Folding {
    /// Its kind.
    kind: Option<u16>,
    /// It before this frame, and the value of this frame so far.
    before: Option<f64>,
    value: f64,
}

impl<'r> OfKind<'r> {
    /// Whether a match is used, after those before it.
    #[inline]
    fn uses(&mut self, it: &Match, rule: &'r CompiledRule) -> bool {
        self.first.get_or_insert((it.rule, rule)).0 == it.rule || rule.every
    }

    /// The number with that of a match, if it had `before` in the frames before.
    fn folded(&mut self, it: &Match, before: Option<f64>) -> Option<f64> {
        let (_, rule) = self.first?;
        let number = it.number()?;
        if !rule.sum && rule.fold == Fold::Last {
            return Some(number);
        }
        let folding = &mut self.folding;
        if folding.kind != self.number {
            *folding = Folding { kind: self.number, before, value: number };
        } else {
            folding.value = match (rule.sum, rule.fold) {
                (true, _) => folding.value + number,
                (false, Fold::Largest) => folding.value.max(number),
                (false, Fold::Last | Fold::SumFrames) => number,
            };
        }
        let value = folding.value;
        Some(match (rule.fold, folding.before) {
            (Fold::SumFrames, Some(before)) => before + value,
            (Fold::Largest, Some(before)) => before.max(value),
            (Fold::Last, _) | (_, None) => value,
        })
    }
}

impl Reader {
    /// Adds the matches of one frame to the reading.
    pub(super) fn apply(&self, frame: &[u8], matches: &Matches, into: &mut Reading) -> FrameKind {
        into.state.carried = Carried::default();
        let mut tokens = None;
        let mut of_kind = OfKind::default();
        for it in &matches.list {
            let rule = &self.rules.compiled[usize::from(it.rule)];
            if of_kind.number != Some(rule.kind) {
                of_kind.number = Some(rule.kind);
                of_kind.first = None;
            }
            if !rule.conditions.of_frame.holds(matches.guards) {
                continue;
            }
            if rule.field == Field::Tokens {
                tokens = reply::sum(tokens, new_tokens(it, rule, &mut of_kind, into));
                continue;
            }
            if !of_kind.uses(it, rule) {
                continue;
            }
            match rule.field {
                Field::Text(channel) => add_text(channel, it, rule, &matches.text, into),
                Field::Count(count) => add_count(count, it, &mut of_kind, into),
                Field::Metric(metric) => self.add_metric(metric, it, &mut of_kind, into),
                Field::Finish => add_finish(it, &matches.text, into),
                Field::End => into.done = true,
                Field::Error if into.error.is_none() => {
                    into.error = Some(error(frame, &matches.text, it, rule));
                }
                Field::Error | Field::Tokens => {}
            }
        }
        into.frame_tokens = reply::sum(into.frame_tokens, tokens.filter(|&count| count > 0));
        let furthest = into.state.carried.furthest();
        furthest.map_or(FrameKind::Nothing, |channel| FrameKind::Output { channel, tokens })
    }

    fn add_metric(&self, metric: u16, it: &Match, of_kind: &mut OfKind<'_>, into: &mut Reading) {
        let name = &self.rules.metrics[usize::from(metric)];
        let known = into.metrics.iter().position(|(known, _)| known == name);
        let value = of_kind.folded(it, known.map(|at| into.metrics[at].1));
        match (value.filter(|value| value.is_finite()), known) {
            (Some(value), Some(at)) => into.metrics[at].1 = value,
            (Some(value), None) => into.metrics.push((name.clone(), value)),
            (None, _) => {}
        }
    }
}

#[inline]
fn add_text(channel: Channel, it: &Match, rule: &CompiledRule, texts: &str, into: &mut Reading) {
    if let Matched::Text { start, end } = it.value {
        let mut text = &texts[start..end];
        if rule.so_far {
            text = into.state.so_far.new_text((it.rule, it.place), text);
            if text.is_empty() {
                return;
            }
        }
        if !into.state.without_text {
            into.text(channel).push_str(text);
        }
    }
    into.state.carried.add(channel);
}

/// A count of 0 leaves the frame to an alternative that has one.
fn new_tokens<'r>(
    it: &Match,
    rule: &'r CompiledRule,
    of_kind: &mut OfKind<'r>,
    into: &mut Reading,
) -> Option<u32> {
    let Matched::Count(count) = it.value else { return None };
    let place = (it.rule, it.place);
    let count = if rule.so_far { into.state.so_far.new_count(place, count) } else { count };
    (count == 0 || of_kind.uses(it, rule)).then_some(count)
}

fn add_count(kind: CountKind, it: &Match, of_kind: &mut OfKind<'_>, into: &mut Reading) {
    let count = into.usage.count_mut(kind);
    if let Some(value) = of_kind.folded(it, count.map(f64::from)) {
        *count = Some(value.min(f64::from(u32::MAX)) as u32);
    }
}

fn add_finish(it: &Match, texts: &str, into: &mut Reading) {
    if let Matched::Text { start, end } = it.value {
        let reason = into.finish_reason.get_or_insert_default();
        reason.clear();
        reason.push_str(&texts[start..end]);
    }
}

#[cold]
fn error(frame: &[u8], texts: &str, it: &Match, rule: &CompiledRule) -> String {
    match it.value {
        Matched::Text { start, end } => error_text::kept(texts[start..end].to_owned()),
        _ => error_text::of(frame, &rule.steps, it.place),
    }
}
