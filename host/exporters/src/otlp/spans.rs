//! Spans of requests, with the ids that `traceparent` carried.

use super::fields::{PointFacts, Subject};
use super::shapes::{Compiled, Span, evaluate};
use loadwright_core::Nanos;
use loadwright_core::export::telemetry::SpanKind as Kind;
use loadwright_core::export::{ExportRequest, TraceIds};
use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{
    Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(test)]
mod tests;

/// Conversations whose last turn is remembered.
const MOST_TURNS: usize = 1 << 16;
/// The longest description of a status, in characters.
const LONGEST_ERROR: usize = 256;

/// Makes spans.
pub(super) struct Spans {
    scope: InstrumentationScope,
    phases: bool,
    turns: Turns,
}

/// The span of each conversation's last turn, by its slot; the oldest is forgotten first.
#[derive(Default)]
struct Turns {
    last: HashMap<u64, TraceIds>,
    order: VecDeque<u64>,
}

impl Turns {
    fn of(&self, seq: u64) -> Option<TraceIds> {
        self.last.get(&seq).copied()
    }

    fn put(&mut self, seq: u64, ids: TraceIds) {
        if self.last.insert(seq, ids).is_none() {
            self.order.push_back(seq);
        }
        if self.order.len() > MOST_TURNS
            && let Some(oldest) = self.order.pop_front()
        {
            self.last.remove(&oldest);
        }
    }
}

impl Spans {
    pub(super) fn new(phases: bool) -> Self {
        Self { scope: scope(), phases, turns: Turns::default() }
    }

    /// The link of `request` to the turn before it; remembers it for the turn after it.
    pub(super) fn link(&mut self, request: &ExportRequest, ids: TraceIds) -> Option<TraceIds> {
        let record = &request.record;
        let before = (record.turn > 0).then(|| self.turns.of(record.seq)).flatten();
        if record.last_attempt {
            self.turns.put(record.seq, ids);
        }
        before.filter(|before| before.trace != ids.trace)
    }

    /// The spans of one attempt: its own, and its phases.
    pub(super) fn make(
        &self,
        shapes: &Compiled,
        of: &Subject<'_>,
        ids: TraceIds,
        link: Option<TraceIds>,
    ) -> Vec<SpanData> {
        let wanted = if self.phases { shapes.spans.len() } else { 1 };
        let of_shape = |(index, shape): (usize, &Span)| {
            let mut span = self.span(shape, of, ids)?;
            if index > 0 {
                let own = child(ids.span, index as u8);
                span.span_context = context(TraceIds { span: own, ..ids });
                span.parent_span_id = SpanId::from_bytes(ids.span);
            } else if let Some(before) = link.filter(|_| shapes.link_turns) {
                span.links.links.push(Link::with_context(context(before)));
            }
            Some(span)
        };
        shapes.spans.iter().take(wanted).enumerate().filter_map(of_shape).collect()
    }

    fn span(&self, shape: &Span, of: &Subject<'_>, ids: TraceIds) -> Option<SpanData> {
        let record = &of.request.record;
        let (start, end) = (shape.start.time(record)?, shape.end.time(record)?);
        let failed = shape.failed.iter().any(|check| check.holds(of));
        let status = match failed {
            true => Status::error(record.error.chars().take(LONGEST_ERROR).collect::<String>()),
            false => Status::Unset,
        };
        Some(SpanData {
            span_context: context(ids),
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: match shape.kind {
                Kind::Client => SpanKind::Client,
                Kind::Internal => SpanKind::Internal,
            },
            name: shape.name(of).into(),
            start_time: date(of.facts, start),
            end_time: date(of.facts, end.max(start)),
            attributes: evaluate(&shape.attributes, of),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status,
            instrumentation_scope: self.scope.clone(),
        })
    }
}

/// The scope of everything that is sent.
pub(super) fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("loadwright").with_version(env!("CARGO_PKG_VERSION")).build()
}

fn context(ids: TraceIds) -> SpanContext {
    SpanContext::new(
        TraceId::from_bytes(ids.trace),
        SpanId::from_bytes(ids.span),
        TraceFlags::new(u8::from(ids.sampled)),
        false,
        TraceState::default(),
    )
}

/// The id of child number `index` of a span: its neighbour, never zero.
fn child(mut parent: [u8; 8], index: u8) -> [u8; 8] {
    parent[7] ^= index;
    if parent == [0; 8] { [0xff; 8] } else { parent }
}

/// The time of day of `at`.
pub(super) fn date(facts: &PointFacts, at: Nanos) -> SystemTime {
    let zero = UNIX_EPOCH + Duration::from_secs_f64(facts.point.origin.max(0.0));
    let after = at.wrapping_sub(facts.point.zero).cast_signed();
    let span = Duration::from_nanos(after.unsigned_abs());
    if after < 0 { zero.checked_sub(span).unwrap_or(UNIX_EPOCH) } else { zero + span }
}
