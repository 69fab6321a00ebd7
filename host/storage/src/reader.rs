//! `records.db` as a report reads it: points, and their records and samples in the stored order.

use crate::format::{APPLICATION, Format, Unreadable};
use crate::frames;
use crate::rows::{self, RowError};
use loadwright_core::Nanos;
use loadwright_core::plan::{Plan, TimestampSource};
use loadwright_core::ports::{Sink, SinkFailure};
use loadwright_core::record::Record;
use loadwright_core::sample::{EndReason, PointEnd};
use rusqlite::{Connection, OpenFlags, Row, Rows};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

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

/// Why a file of records could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not there.
    #[error("`{}` does not exist: name a run's folder, or the records.db in it", .0.display())]
    Missing(PathBuf),
    /// It is something else.
    #[error("`{}` is not a records file: name a run's folder, or the records.db in it", .0.display())]
    Foreign(PathBuf),
    /// Another version wrote it.
    #[error("`{}` cannot be read: {reason}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Which version, and what to do.
        reason: Unreadable,
    },
    /// Reading failed.
    #[error("cannot read `{}`: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
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
        if !path.is_file() {
            return Err(OpenError::Missing(path.into()));
        }
        let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => OpenError::Foreign(path.into()),
            _ => OpenError::Read { path: path.into(), cause: error.to_string() },
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
        let application: i32 =
            connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(failed)?;
        if application != APPLICATION {
            return Err(OpenError::Foreign(path.into()));
        }
        let format = connection
            .query_row("SELECT format_major, format_minor FROM run", [], |row| {
                Ok(Format { major: row.get(0)?, minor: row.get(1)? })
            })
            .map_err(failed)?;
        format.check().map_err(|reason| OpenError::Version { path: path.into(), reason })?;
        Ok(Self { connection, path: path.into() })
    }

    /// Names of the run's planned points, in order.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn planned_points(&self) -> Result<Vec<String>, ReplayError> {
        self.read_planned().map_err(|cause| self.unreadable(&cause))
    }

    fn read_planned(&self) -> Result<Vec<String>, RowError> {
        let names: String =
            self.connection.query_row("SELECT points FROM run", [], |row| row.get(0))?;
        Ok(serde_json::from_str(&names)?)
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
        match replay(&self.connection, point.ids.clone(), sink) {
            Ok(seen) => Ok(point.point_end.clone().unwrap_or_else(|| seen.point_end(&point.plan))),
            Err(Stopped::Row(cause)) => Err(self.unreadable(&cause)),
            Err(Stopped::Sink(failure)) => Err(ReplayError::Sink(failure)),
        }
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

/// Why a replay stopped.
enum Stopped {
    Row(RowError),
    Sink(SinkFailure),
}

impl<E: Into<RowError>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Row(error.into())
    }
}

fn replay(connection: &Connection, ids: Range<i64>, sink: &mut dyn Sink) -> Result<Seen, Stopped> {
    // One transaction: records and samples of a run that goes on are of the same moment.
    let transaction = connection.unchecked_transaction()?;
    let range = "id >= ? AND id < ? ORDER BY id";
    let mut requests = connection.prepare(&format!(
        "SELECT {}, encoded FROM request LEFT JOIN frame ON request = id WHERE {range}",
        rows::REQUEST
    ))?;
    let mut samples =
        connection.prepare(&format!("SELECT {} FROM sample WHERE {range}", rows::SAMPLE))?;
    let mut requests = Cursor::new(requests.query([ids.start, ids.end])?, read_request)?;
    let mut samples = Cursor::new(samples.query([ids.start, ids.end])?, rows::read_sample)?;
    let mut seen = Seen::default();
    loop {
        match (requests.id(), samples.id()) {
            (None, None) => break,
            (Some(request), sample) if sample.is_none_or(|sample| request < sample) => {
                if let Some(record) = requests.take()? {
                    seen.record(&record);
                    sink.record(&Arc::new(record)).map_err(Stopped::Sink)?;
                }
            }
            _ => {
                if let Some(sample) = samples.take()? {
                    seen.last = seen.last.max(sample.at);
                    sink.sample(&sample).map_err(Stopped::Sink)?;
                }
            }
        }
    }
    transaction.finish()?;
    Ok(seen)
}

fn read_request(row: &Row<'_>) -> Result<Record, RowError> {
    let encoded = row.get_ref("encoded")?.as_blob_or_null().map_err(rusqlite::Error::from)?;
    rows::read_record(row, frames::decode(encoded.unwrap_or_default())?)
}

/// Rows of one table, the next one read already.
struct Cursor<'s, T> {
    rows: Rows<'s>,
    read: fn(&Row<'_>) -> Result<T, RowError>,
    next: Option<(i64, T)>,
}

impl<'s, T> Cursor<'s, T> {
    fn new(rows: Rows<'s>, read: fn(&Row<'_>) -> Result<T, RowError>) -> Result<Self, RowError> {
        let mut cursor = Self { rows, read, next: None };
        cursor.take()?;
        Ok(cursor)
    }

    fn id(&self) -> Option<i64> {
        self.next.as_ref().map(|(id, _)| *id)
    }

    fn take(&mut self) -> Result<Option<T>, RowError> {
        let next = match self.rows.next()? {
            Some(row) => Some((row.get("id")?, (self.read)(row)?)),
            None => None,
        };
        Ok(std::mem::replace(&mut self.next, next).map(|(_, row)| row))
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
