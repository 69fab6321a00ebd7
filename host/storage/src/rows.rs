//! Records and samples as rows, there and back.
//!
//! Every field is named in a pattern without `..`, so that one added to the core does not compile
//! until it has a column. SQLite's integers are signed: a number above 2^63 is stored as its two's
//! complement, and comes back the same.

use crate::frames::FrameError;
use loadwright_core::labels::{BadLabels, Labels};
use loadwright_core::outcome::Outcome;
use loadwright_core::reading::Usage;
use loadwright_core::record::{Record, TokenSource};
use loadwright_core::sample::Sample;
use loadwright_core::service::Quantity;
use loadwright_core::timeline::{Connect, OutputFrame, Timeline};
use rusqlite::types::FromSql;
use rusqlite::{Row, Statement, params};
use serde_json::{Map, Value};

/// Columns of `request`, in the order in which they are written and read.
pub(crate) const REQUEST: &str = "id, point, seq, turn, attempt, last_attempt, warmup, \
    conversation, labels, scheduled_ns, ready_ns, sent_ns, connect_ns, resolved_ns, connected_ns, tls_ns, \
    head_ns, end_ns, streamed, status, outcome, error, input_tokens, output_tokens, \
    cached_tokens, reasoning_tokens, accepted_tokens, rejected_tokens, input_source, \
    output_source, tokenizer_output_tokens, dataset_input_tokens, finish_reason, metrics, \
    connection, reopened, bytes_sent, bytes_received, first_output_ns, last_output_ns";

/// Columns of `sample`, likewise.
pub(crate) const SAMPLE: &str = "id, point, at_ns, in_flight, ready, starved, backlog_bytes, \
    stalls, cpu, timer_late_ns, generate_ns, format_ns, interpret_ns, clock_steps, \
    plugin_restarts, inexact_prompts, refusal_waits, refusal_wait_ns";

/// The statement that inserts a row of `columns`.
pub(crate) fn insert(table: &str, columns: &str) -> String {
    let places = vec!["?"; columns.split(',').count()].join(", ");
    format!("INSERT INTO {table} ({columns}) VALUES ({places})")
}

/// Why a row could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RowError {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error(transparent)]
    Frames(#[from] FrameError),
    #[error("a plan, point end or metric is not one: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Labels(#[from] BadLabels),
    #[error("column {column} holds the unknown value `{value}`")]
    Unknown { column: &'static str, value: String },
}

fn int(number: u64) -> i64 {
    number.cast_signed()
}

fn optional(number: Option<u64>) -> Option<i64> {
    number.map(int)
}

/// Text whose absence the core spells as empty.
fn text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// The keys that a row of `request` or `sample` begins with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowKey {
    pub(crate) id: i64,
    pub(crate) point: u32,
}

/// Writes `record` as a row of `request`, its frames excepted.
pub(crate) fn write_record(
    statement: &mut Statement<'_>,
    key: RowKey,
    record: &Record,
) -> rusqlite::Result<()> {
    #[rustfmt::skip]
    let Record {
        seq, turn, attempt, last_attempt, warmup, conversation, labels, timeline, frames, streamed, status,
        outcome, error, usage, input_source, output_source, tokenizer_output_tokens, dataset_input_tokens,
        finish_reason, metrics, connection, reopened, bytes_sent, bytes_received,
    } = record;
    let Timeline { scheduled, ready, sent, connect, head, end } = timeline;
    #[rustfmt::skip]
    let Usage {
        input_tokens, output_tokens, cached_tokens, reasoning_tokens, accepted_tokens,
        rejected_tokens,
    } = usage;
    let (start, resolved, connected, tls) = match connect {
        None => (None, None, None, None),
        Some(Connect { start, resolved, connected, tls }) => {
            (Some(*start), *resolved, Some(*connected), *tls)
        }
    };
    #[rustfmt::skip]
    statement.execute(params![
        key.id, key.point, int(*seq), turn, attempt, last_attempt, warmup, text(conversation), labels_json(labels),
        int(*scheduled),
        optional(*ready), optional(*sent), optional(start), optional(resolved),
        optional(connected), optional(tls), optional(*head), int(*end), streamed, status,
        class(*outcome).as_ref(), text(error), input_tokens, output_tokens, cached_tokens,
        reasoning_tokens, accepted_tokens, rejected_tokens, source_name(*input_source),
        source_name(*output_source), tokenizer_output_tokens, dataset_input_tokens,
        finish_reason, metrics_json(metrics), int(*connection), reopened,
        int(*bytes_sent), int(*bytes_received), frames.first().map(|frame| int(frame.at)),
        frames.last().map(|frame| int(frame.at)),
    ])?;
    Ok(())
}

/// Reads a row that [`write_record`] wrote; its frames are read apart.
pub(crate) fn read_record(row: &Row<'_>, frames: Vec<OutputFrame>) -> Result<Record, RowError> {
    // After id and point. The fields below are in the order of the columns.
    let mut row = Columns { row, next: 2 };
    let (seq, turn, attempt) = (row.nanos()?, row.take()?, row.take()?);
    let (last_attempt, warmup, conversation) = (row.take()?, row.take()?, row.text()?);
    let labels = Labels::parse(&row.text()?)?;
    let timeline = read_timeline(&mut row)?;
    Ok(Record {
        seq,
        turn,
        attempt,
        last_attempt,
        warmup,
        conversation,
        labels,
        timeline,
        frames,
        streamed: row.take()?,
        status: row.take()?,
        outcome: read_outcome(&row.take::<String>()?)?,
        error: row.text()?,
        usage: Usage {
            input_tokens: row.take()?,
            output_tokens: row.take()?,
            cached_tokens: row.take()?,
            reasoning_tokens: row.take()?,
            accepted_tokens: row.take()?,
            rejected_tokens: row.take()?,
        },
        input_source: read_source("input_source", row.take()?)?,
        output_source: read_source("output_source", row.take()?)?,
        tokenizer_output_tokens: row.take()?,
        dataset_input_tokens: row.take()?,
        finish_reason: row.take()?,
        metrics: read_metrics(row.take()?)?,
        connection: row.nanos()?,
        reopened: row.take()?,
        bytes_sent: row.nanos()?,
        bytes_received: row.nanos()?,
    })
}

fn read_timeline(row: &mut Columns<'_>) -> Result<Timeline, RowError> {
    let (scheduled, ready, sent) = (row.nanos()?, row.optional()?, row.optional()?);
    let (start, resolved) = (row.optional()?, row.optional()?);
    let (connected, tls) = (row.optional()?, row.optional()?);
    let connect =
        start.zip(connected).map(|(start, connected)| Connect { start, resolved, connected, tls });
    Ok(Timeline { scheduled, ready, sent, connect, head: row.optional()?, end: row.nanos()? })
}

fn labels_json(labels: &Labels) -> Option<String> {
    (!labels.is_empty()).then(|| labels.to_json())
}

fn metrics_json(metrics: &[Quantity]) -> Option<String> {
    let member = |metric: &Quantity| (metric.name.to_string(), metric.value.into());
    let members: Map<String, Value> = metrics.iter().map(member).collect();
    (!members.is_empty()).then(|| Value::Object(members).to_string())
}

fn read_metrics(json: Option<String>) -> Result<Vec<Quantity>, RowError> {
    let Some(json) = json else { return Ok(Vec::new()) };
    let members: Map<String, Value> = serde_json::from_str(&json)?;
    let quantity = |(name, value): (String, Value)| match value.as_f64() {
        Some(value) => Ok(Quantity { name: name.into(), value }),
        None => Err(RowError::Unknown { column: "metrics", value: value.to_string() }),
    };
    members.into_iter().map(quantity).collect()
}

/// Writes `sample` as a row of `sample`.
pub(crate) fn write_sample(
    statement: &mut Statement<'_>,
    key: RowKey,
    sample: &Sample,
) -> rusqlite::Result<()> {
    #[rustfmt::skip]
    let Sample {
        at, in_flight, ready, starved, backlog, stalls, cpu, timer_late, generate, format,
        interpret, clock_steps, plugin_restarts, inexact_prompts, refusal_waits, refusal_wait,
    } = sample;
    #[rustfmt::skip]
    statement.execute(params![
        key.id, key.point, int(*at), in_flight, ready, int(*starved), int(*backlog), int(*stalls), cpu,
        int(*timer_late), int(*generate), int(*format), int(*interpret), clock_steps,
        plugin_restarts, int(*inexact_prompts), int(*refusal_waits), int(*refusal_wait),
    ])?;
    Ok(())
}

/// Reads a row that [`write_sample`] wrote.
pub(crate) fn read_sample(row: &Row<'_>) -> Result<Sample, RowError> {
    let mut row = Columns { row, next: 2 };
    Ok(Sample {
        at: row.nanos()?,
        in_flight: row.take()?,
        ready: row.take()?,
        starved: row.nanos()?,
        backlog: row.nanos()?,
        stalls: row.nanos()?,
        // SQLite knows no NaN and stores NULL for it.
        cpu: row.take::<Option<f64>>()?.unwrap_or(f64::NAN),
        timer_late: row.nanos()?,
        generate: row.nanos()?,
        format: row.nanos()?,
        interpret: row.nanos()?,
        clock_steps: row.take()?,
        plugin_restarts: row.take()?,
        inexact_prompts: row.nanos()?,
        refusal_waits: row.nanos()?,
        refusal_wait: row.nanos()?,
    })
}

/// Takes a row's columns one after the other.
struct Columns<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl Columns<'_> {
    fn take<T: FromSql>(&mut self) -> rusqlite::Result<T> {
        self.next += 1;
        self.row.get(self.next - 1)
    }

    /// A 64-bit unsigned number, as [`int`] wrote it.
    fn nanos(&mut self) -> rusqlite::Result<u64> {
        self.take().map(i64::cast_unsigned)
    }

    fn optional(&mut self) -> rusqlite::Result<Option<u64>> {
        Ok(self.take::<Option<i64>>()?.map(i64::cast_unsigned))
    }

    fn text(&mut self) -> rusqlite::Result<String> {
        Ok(self.take::<Option<String>>()?.unwrap_or_default())
    }
}

/// The outcome's class, without an allocation where it is the usual one.
fn class(outcome: Outcome) -> std::borrow::Cow<'static, str> {
    match outcome {
        Outcome::Ok => "ok".into(),
        other => other.class().into(),
    }
}

fn read_outcome(class: &str) -> Result<Outcome, RowError> {
    Outcome::from_class(class)
        .ok_or_else(|| RowError::Unknown { column: "outcome", value: class.into() })
}

fn source_name(source: TokenSource) -> Option<&'static str> {
    match source {
        TokenSource::None => None,
        TokenSource::Usage => Some("usage"),
        TokenSource::Frames => Some("frames"),
        TokenSource::Tokenizer => Some("tokenizer"),
        TokenSource::Dataset => Some("dataset"),
    }
}

fn read_source(column: &'static str, name: Option<String>) -> Result<TokenSource, RowError> {
    match name.as_deref() {
        None => Ok(TokenSource::None),
        Some("usage") => Ok(TokenSource::Usage),
        Some("frames") => Ok(TokenSource::Frames),
        Some("tokenizer") => Ok(TokenSource::Tokenizer),
        Some("dataset") => Ok(TokenSource::Dataset),
        Some(other) => Err(RowError::Unknown { column, value: other.into() }),
    }
}
