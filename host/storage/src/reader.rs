//! `records.db` as a report reads it: points, and their records and samples in the stored order.

use crate::entries;
use crate::open::{OpenError, to_read};
use crate::rows::RowError;
use crate::run_header::RunHeader;
use loadwright_core::Nanos;
use loadwright_core::plan::{Plan, TimestampSource};
use loadwright_core::ports::{EntryKind, Sink, SinkFailure};
use loadwright_core::record::Record;
use loadwright_core::sample::{EndReason, PointEnd};
use rusqlite::{Connection, Row};
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

/// A records file, opened for reading. The run that writes it may still go on.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: PathBuf,
}

/// A sweep point as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Its plan; headers are never stored.
    pub plan: Plan,
    /// The wall clock at zero of its records' clock, in nanoseconds since the Unix epoch.
    pub wall_at_origin: u64,
    /// How it ended; none: it goes on, or was cut off.
    pub point_end: Option<PointEnd>,
    /// Ids of its records and samples.
    ids: Range<i64>,
}

/// Why a point could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file cannot be read, or holds what it should not.
    #[error("cannot read `{}`: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// The sink failed.
    #[error(transparent)]
    Sink(#[from] SinkFailure),
}

impl Reader {
    /// Opens the file `path`.
    ///
    /// # Errors
    /// It is missing, something else, or of a version that cannot be read.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self { connection: to_read(path)?, path: path.into() })
    }

    /// What is known of the run as a whole.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn run(&self) -> Result<RunHeader, ReplayError> {
        RunHeader::read(&self.connection).map_err(|cause| self.unreadable(&cause))
    }

    /// The sweep's points, in the order in which they ran.
    ///
    /// # Errors
    /// The file cannot be read, or a plan in it is not one.
    pub fn points(&self) -> Result<Vec<Point>, ReplayError> {
        let mut points = self.read_points().map_err(|cause| self.unreadable(&cause))?;
        for later in 1..points.len() {
            points[later - 1].ids.end = points[later].ids.start;
        }
        Ok(points)
    }

    fn read_points(&self) -> Result<Vec<Point>, RowError> {
        let mut statement = self.connection.prepare(
            "SELECT plan, origin_ns, point_end, first_id FROM point ORDER BY first_id, id",
        )?;
        let mut rows = statement.query([])?;
        let mut points = Vec::new();
        while let Some(row) = rows.next()? {
            points.push(read_point(row)?);
        }
        Ok(points)
    }

    /// Gives `sink` the records and samples of `point` in the order in which the run gave them,
    /// and returns how it ended. For a point that was cut off that is [`EndReason::Interrupted`] at
    /// the last thing that is stored, with kernel timestamps where a frame shows one.
    ///
    /// # Errors
    /// The file cannot be read, or the sink failed.
    pub fn replay(&self, point: &Point, sink: &mut dyn Sink) -> Result<PointEnd, ReplayError> {
        let (mut seen, mut failure) = (Seen::default(), None);
        let outcome = entries::each(&self.connection, point.ids.clone(), |entry| {
            match give(entry.kind, &mut seen, sink) {
                Ok(()) => ControlFlow::Continue(()),
                Err(failed) => {
                    failure = Some(failed);
                    ControlFlow::Break(())
                }
            }
        });
        outcome.map_err(|cause| self.unreadable(&cause))?;
        failure.map_or(Ok(()), |failure| Err(ReplayError::Sink(failure)))?;
        Ok(point.point_end.clone().unwrap_or_else(|| seen.point_end(&point.plan)))
    }

    fn unreadable(&self, cause: &RowError) -> ReplayError {
        ReplayError::Read { path: self.path.clone(), cause: cause.to_string() }
    }
}

fn read_point(row: &Row<'_>) -> Result<Point, RowError> {
    let point_end: Option<String> = row.get("point_end")?;
    Ok(Point {
        plan: serde_json::from_str(&row.get::<_, String>("plan")?)?,
        wall_at_origin: row.get::<_, i64>("origin_ns")?.cast_unsigned(),
        point_end: point_end.map(|json| serde_json::from_str(&json)).transpose()?,
        ids: row.get("first_id")?..i64::MAX,
    })
}

fn give(entry: EntryKind, seen: &mut Seen, sink: &mut dyn Sink) -> Result<(), SinkFailure> {
    match entry {
        EntryKind::Record(record) => {
            seen.record(&record);
            sink.record(&record)
        }
        EntryKind::Sample(sample) => {
            seen.last = seen.last.max(sample.at);
            sink.sample(&sample)
        }
    }
}

/// What the rows of a point show of its end, for a point that was cut off.
#[derive(Default)]
struct Seen {
    last: Nanos,
    kernel: bool,
}

impl Seen {
    fn record(&mut self, record: &Record) {
        self.last = self.last.max(record.timeline.end);
        self.kernel |= record.frames.iter().any(|frame| frame.at != frame.user);
    }

    fn point_end(&self, plan: &Plan) -> PointEnd {
        PointEnd {
            end_reason: EndReason::Interrupted,
            at: self.last,
            kernel_timestamps: plan.engine.timestamps == TimestampSource::Kernel && self.kernel,
            ..PointEnd::default()
        }
    }
}
