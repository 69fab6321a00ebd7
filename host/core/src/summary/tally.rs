//! Counters that grow with each record: requests by how they ended, failures by class, tokens and
//! connections.

use crate::checks::{Impossible, LocalLimitCounts, TokenCounts};
use crate::outcome::Outcome;
use crate::percentile::Values;
use crate::ports::MAX_PROMPT_TOKENS;
use crate::record::{Record, TokenSource};
use crate::timeline::{Connect, Timeline};
use crate::totals::{Connections, Counts, Failure, Tokens};
use std::collections::BTreeMap;

/// Adds `record`, which is no warm-up, to the counts.
pub(crate) fn count(counts: &mut Counts, record: &Record) {
    if !record.last_attempt {
        counts.retried += 1;
        return;
    }
    match record.outcome {
        Outcome::Dropped => counts.dropped += 1,
        Outcome::Cancelled => counts.cancelled += 1,
        outcome => {
            counts.total += 1;
            counts.succeeded += u64::from(outcome.is_ok());
            counts.failed += u64::from(!outcome.is_ok());
            counts.streamed += u64::from(outcome.is_ok() && record.streamed);
        }
    }
}

/// Failures by class.
#[derive(Debug, Clone, Default)]
pub(super) struct FailureCounts(BTreeMap<Outcome, Failure>);

impl FailureCounts {
    /// Adds `record` where it failed.
    pub(super) fn count(&mut self, record: &Record) {
        if record.outcome.is_ok() || record.outcome.is_beside() {
            return;
        }
        let failure = self.0.entry(record.outcome).or_insert_with(|| Failure {
            class: record.outcome.class(),
            count: 0,
            retried: 0,
            sample: String::new(),
        });
        failure.count += u64::from(record.last_attempt);
        failure.retried += u64::from(!record.last_attempt);
        if failure.sample.is_empty() {
            failure.sample.clone_from(&record.error);
        }
    }

    /// What limits of this machine prevented.
    pub(super) fn local_limits(&self) -> LocalLimitCounts {
        let found = self.0.get(&Outcome::LocalLimit);
        found.map_or_else(LocalLimitCounts::default, |failure| LocalLimitCounts {
            attempts: failure.count + failure.retried,
            unsent: failure.count,
        })
    }

    /// The failures, the most frequent first.
    pub(super) fn finish(self) -> Vec<Failure> {
        let mut failures: Vec<Failure> = self.0.into_values().collect();
        failures.sort_by_key(|failure| std::cmp::Reverse(failure.count));
        failures
    }
}

/// Adds the tokens of a successful request.
pub(super) fn count_tokens(tokens: &mut Tokens, record: &Record) {
    let usage = &record.usage;
    add(&mut tokens.input, usage.input_tokens);
    add(&mut tokens.output, usage.output_tokens);
    add(&mut tokens.cached, usage.cached_tokens);
    if usage.cached_tokens.is_some() {
        add(&mut tokens.cached_of, usage.input_tokens);
    }
    add(&mut tokens.reasoning, usage.reasoning_tokens);
    add(&mut tokens.accepted, usage.accepted_tokens);
    add(&mut tokens.rejected, usage.rejected_tokens);
    *tokens.input_sources.entry(record.input_source).or_default() += 1;
    *tokens.output_sources.entry(record.output_source).or_default() += 1;
}

fn add(sum: &mut Option<u64>, tokens: Option<u32>) {
    if let Some(tokens) = tokens {
        *sum.get_or_insert(0) += u64::from(tokens);
    }
}

/// Tokens as the service counts them and as the client does, of the same requests.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TokenCountCheck {
    /// Usage, and the tokenizer's count of the same replies.
    pub(super) output: TokenCounts,
    /// Usage, and the dataset's count of the same prompts.
    pub(super) input: TokenCounts,
    /// Counts that cannot be true.
    pub(super) impossible: Impossible,
}

impl TokenCountCheck {
    /// Adds a successful request where it has both. The service counts a later turn's prompt
    /// together with what was said before it, so first turns alone are compared.
    pub(super) fn count(&mut self, record: &Record) {
        self.impossible.count(record);
        if record.output_source == TokenSource::Usage
            && let (Some(usage), Some(counted)) =
                (record.usage.output_tokens, record.tokenizer_output_tokens)
        {
            self.output.add(usage, counted);
        }
        if record.input_source == TokenSource::Usage
            && record.turn == 0
            && let (Some(usage), Some(made)) =
                (record.usage.input_tokens, record.dataset_input_tokens)
        {
            self.input.add(usage, made);
        }
    }
}

impl Impossible {
    /// Adds a successful request.
    fn count(&mut self, record: &Record) {
        let usage = &record.usage;
        let exceeds = |part: Option<u32>, whole: Option<u32>| {
            part.zip(whole).is_some_and(|(part, whole)| part > whole)
        };
        // A service may count reasoning that it does not send.
        let shown = |output: u32| output.saturating_sub(usage.reasoning_tokens.unwrap_or(0));
        let output = usage.output_tokens.map_or(0, |output| u64::from(shown(output)));
        let in_frames = record.frames.iter().filter_map(|frame| frame.tokens).map(u64::from);
        let output = output.max(in_frames.sum()) > record.bytes_received;
        let input = usage.input_tokens.is_some_and(|input| input > MAX_PROMPT_TOKENS);
        let cached = exceeds(usage.cached_tokens, usage.input_tokens);
        let reasoning = exceeds(usage.reasoning_tokens, usage.output_tokens);
        self.replies += u64::from(output || input || cached || reasoning);
        self.output += u64::from(output);
        self.input += u64::from(input);
        self.cached += u64::from(cached);
        self.reasoning += u64::from(reasoning);
    }
}

impl TokenCounts {
    fn add(&mut self, usage: u32, client: u32) {
        self.usage += u64::from(usage);
        self.client += u64::from(client);
    }
}

/// Connection phases and counters.
#[derive(Debug, Clone, Default)]
pub(super) struct ConnectionStats {
    counted: Connections,
    dns: Values,
    tcp: Values,
    tls: Values,
    pool_wait: Values,
}

impl ConnectionStats {
    /// Adds an attempt.
    pub(super) fn count(&mut self, record: &Record) {
        self.counted.bytes_sent += record.bytes_sent;
        self.counted.bytes_received += record.bytes_received;
        self.counted.reopened += u64::from(record.reopened);
        match &record.timeline.connect {
            Some(connect) => self.opened(connect),
            None => self.counted.reused += u64::from(record.connection > 0),
        }
        // A later attempt waited for the failure of the one before it, not for a connection.
        let fresh = record.attempt == 0;
        if let Some(wait) = pool_wait(&record.timeline).filter(|_| fresh) {
            self.pool_wait.record(wait);
        }
    }

    fn opened(&mut self, connect: &Connect) {
        self.counted.opened += 1;
        let resolved = connect.resolved.unwrap_or(connect.start);
        if connect.resolved.is_some() {
            self.dns.record(resolved.saturating_sub(connect.start));
        }
        self.tcp.record(connect.connected.saturating_sub(resolved));
        if let Some(tls) = connect.tls {
            self.tls.record(tls.saturating_sub(connect.connected));
        }
    }

    /// What the connections did.
    pub(super) fn finish(self) -> Connections {
        Connections {
            dns: self.dns.finish(),
            tcp: self.tcp.finish(),
            tls: self.tls.finish(),
            pool_wait: self.pool_wait.finish(),
            ..self.counted
        }
    }
}

/// The wait for a connection, less the phases of opening it.
fn pool_wait(timeline: &Timeline) -> Option<u64> {
    let wait = timeline.ready?.saturating_sub(timeline.scheduled);
    let opening = timeline.connect.map_or(0, |connect| {
        connect.tls.unwrap_or(connect.connected).saturating_sub(connect.start)
    });
    Some(wait.saturating_sub(opening))
}
