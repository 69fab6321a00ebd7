//! Adds what the rules matched in one frame to the reading of its exchange, kind by kind.

use super::carried::Carried;
use super::matches::{Match, Matched, Matches};
use super::rules::{CompiledRule, Field};
use super::so_far::SoFar;
use super::{FrameKind, Reader, Reading, error_text, reply};
use loadwright_core::reading::{Channel, CountKind, Fold};

impl Reader {
    /// Adds the matches of one frame to the reading.
    pub(super) fn apply(&self, frame: &[u8], matches: &Matches, into: &mut Reading) -> FrameKind {
        into.state.carried = Carried::default();
        let mut tokens = None;
        let field = |it: &Match| self.rule(it).field;
        for of_kind in matches.list.chunk_by(|one, next| field(one) == field(next)) {
            let mut used = self.used(of_kind, matches.guards);
            match field(&of_kind[0]) {
                Field::Text(channel) => self.add_text(channel, used, &matches.text, into),
                Field::Tokens => tokens = self.tokens(of_kind, matches.guards, into),
                Field::Count(count) => self.add_count(count, used, into),
                Field::Metric(metric) => self.add_metric(metric, used, into),
                Field::Finish => add_finish(used, &matches.text, into),
                Field::End => into.done |= used.next().is_some(),
                Field::Error => {
                    if into.error.is_none()
                        && let Some(it) = used.next()
                    {
                        into.error = Some(self.error(frame, &matches.text, it));
                    }
                }
            }
        }
        into.frame_tokens = reply::sum(into.frame_tokens, tokens.filter(|&count| count > 0));
        let furthest = into.state.carried.furthest();
        furthest.map_or(FrameKind::Nothing, |channel| FrameKind::Output { channel, tokens })
    }

    fn rule(&self, it: &Match) -> &CompiledRule {
        &self.rules.compiled[usize::from(it.rule)]
    }

    fn holds(&self, it: &Match, guards: u64) -> bool {
        self.rule(it).conditions.of_frame.holds(guards)
    }

    /// The matches of one kind that are used: those of the first rule that has any, or of all.
    fn used<'m>(&self, of_kind: &'m [Match], guards: u64) -> impl Iterator<Item = &'m Match> {
        let mut first = None;
        of_kind.iter().filter(move |it| {
            self.holds(it, guards)
                && (*first.get_or_insert(it.rule) == it.rule || self.rule(it).every)
        })
    }

    fn add_text<'m>(
        &self,
        channel: Channel,
        used: impl Iterator<Item = &'m Match>,
        texts: &str,
        into: &mut Reading,
    ) {
        for it in used {
            if let Matched::Text { start, end } = it.value {
                let mut text = &texts[start..end];
                if self.rule(it).so_far {
                    text = into.state.so_far.new_text((it.rule, it.place), text);
                }
                if text.is_empty() {
                    continue;
                }
                if !into.state.without_text {
                    into.text(channel).push_str(text);
                }
            }
            into.state.carried.add(channel);
        }
    }

    /// The tokens of one frame. A count of 0 leaves the frame to an alternative that has one.
    fn tokens(&self, of_kind: &[Match], guards: u64, into: &mut Reading) -> Option<u32> {
        let mut tokens = None;
        let mut first = None;
        for it in of_kind.iter().filter(|it| self.holds(it, guards)) {
            let Matched::Count(count) = it.value else { continue };
            let rule = self.rule(it);
            let so_far = |so_far: &mut SoFar| so_far.new_count((it.rule, it.place), count);
            let count = if rule.so_far { so_far(&mut into.state.so_far) } else { count };
            if count == 0 || rule.every || *first.get_or_insert(it.rule) == it.rule {
                tokens = reply::sum(tokens, Some(count));
            }
        }
        tokens
    }

    fn add_count<'m>(
        &self,
        kind: CountKind,
        used: impl Iterator<Item = &'m Match>,
        into: &mut Reading,
    ) {
        let count = into.usage.count_mut(kind);
        let value = self.fold(used, count.map(f64::from));
        *count = value.map(|value| value.min(f64::from(u32::MAX)) as u32).or(*count);
    }

    fn add_metric<'m>(
        &self,
        metric: u16,
        used: impl Iterator<Item = &'m Match>,
        into: &mut Reading,
    ) {
        let name = &self.rules.metrics[usize::from(metric)];
        let known = into.metrics.iter().position(|(known, _)| known == name);
        let before = known.map(|at| into.metrics[at].1);
        let value = self.fold(used, before).filter(|value| value.is_finite());
        match (value, known) {
            (Some(value), Some(at)) => into.metrics[at].1 = value,
            (Some(value), None) => into.metrics.push((name.clone(), value)),
            (None, _) => {}
        }
    }

    /// The number of the frames so far, from that before this frame and the values in it.
    fn fold<'m>(
        &self,
        mut used: impl Iterator<Item = &'m Match>,
        before: Option<f64>,
    ) -> Option<f64> {
        let first = used.next()?;
        let rule = self.rule(first);
        let merge = |one: f64, next: f64| match (rule.sum, rule.fold) {
            (true, _) => one + next,
            (false, Fold::Largest) => one.max(next),
            (false, Fold::Last | Fold::SumFrames) => next,
        };
        let value = used.filter_map(Match::number).fold(first.number()?, merge);
        Some(match (rule.fold, before) {
            (Fold::SumFrames, Some(before)) => before + value,
            (Fold::Largest, Some(before)) => before.max(value),
            (Fold::Last, _) | (_, None) => value,
        })
    }

    fn error(&self, frame: &[u8], texts: &str, it: &Match) -> String {
        match it.value {
            Matched::Text { start, end } => error_text::kept(texts[start..end].to_owned()),
            _ => error_text::of(frame, &self.rule(it).steps, it.place),
        }
    }
}

fn add_finish<'m>(used: impl Iterator<Item = &'m Match>, texts: &str, into: &mut Reading) {
    if let Some(it) = used.last()
        && let Matched::Text { start, end } = it.value
    {
        let reason = into.finish_reason.get_or_insert_default();
        reason.clear();
        reason.push_str(&texts[start..end]);
    }
}
