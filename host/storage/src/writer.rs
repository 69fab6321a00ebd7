//! The thread that owns the database while a run writes it.
//!
//! It wakes every [`PAUSE`], takes what is queued and commits it in one transaction. It is not
//! woken by each record: at 30,000 records a second the wake-ups would cost more than the rows.
//! After a first failure it takes jobs only to refuse them, so that nobody waits for it.

use crate::failure::lost;
use crate::frames;
use crate::rows;
use crossbeam_channel::{Receiver, Sender, TryRecvError};
use loadwright_core::ports::SinkFailure;
use loadwright_core::record::Record;
use loadwright_core::sample::{PointEnd, Sample};
use rusqlite::{Connection, Statement, params};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

/// Jobs that may wait for the thread. At 30,000 records a second, half a second's worth; a full
/// queue holds the sender up, since a record must not be lost.
pub(crate) const QUEUE: usize = 16_384;

/// Bytes of frames that may wait for it, beside those of one record: the rest of the budget that
/// replies have ends here.
pub(crate) const BYTES: u64 = 64 * 1024 * 1024;

/// How long the thread sleeps between two looks at the queue: well below the second after which
/// records must be committed, and long enough for a commit to carry many of them.
const PAUSE: Duration = Duration::from_millis(200);

/// What the thread is asked to do.
pub(crate) enum Job {
    Record(Arc<Record>),
    Sample(Box<Sample>),
    Begin(Box<Beginning>, Answer),
    Finish(Box<PointEnd>, Answer),
}

impl Job {
    /// Bytes of the frames that it holds.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Record(record) => size_of_val(record.frames.as_slice()) as u64,
            Self::Sample(_) | Self::Begin(..) | Self::Finish(..) => 0,
        }
    }
}

/// Gets the result once the job is committed.
pub(crate) type Answer = Sender<Result<(), SinkFailure>>;

/// The row of a point that begins.
pub(crate) struct Beginning {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) origin: u64,
    pub(crate) plan: String,
}

/// What thread and senders share: where the file is, and the failure that ended the writing.
#[derive(Debug)]
pub(crate) struct Fate {
    pub(crate) path: PathBuf,
    pub(crate) failure: OnceLock<SinkFailure>,
    /// Bytes of the frames that wait in the queue.
    pub(crate) waiting: AtomicU64,
    /// Somebody waits for all that is queued to be committed, and may not wait for long.
    pub(crate) hurry: AtomicBool,
    /// All that was queued is committed, since `hurry` was set.
    pub(crate) committed: (Mutex<bool>, Condvar),
}

impl Fate {
    /// The fate of a file that was just made.
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.into(),
            failure: OnceLock::new(),
            waiting: AtomicU64::new(0),
            hurry: AtomicBool::new(false),
            committed: (Mutex::new(false), Condvar::new()),
        }
    }

    fn tell_if_awaited(&self) {
        if self.hurry.load(Relaxed) {
            *self.committed.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.committed.1.notify_all();
        }
    }
}

/// Runs the thread until all senders are gone.
pub(crate) fn run(connection: &Connection, jobs: &Receiver<Job>, fate: &Fate) {
    loadwright_timing::thread::lower_priority();
    if let Err(failure) = write(connection, jobs, fate) {
        fate.failure.get_or_init(|| failure.clone());
        for job in jobs {
            if let Job::Begin(_, answer) | Job::Finish(_, answer) = job {
                reply(&answer, Err(failure.clone()));
            }
        }
    }
    fate.tell_if_awaited();
    // Leaves one plain file, readable from a medium that cannot be written. Where somebody is
    // reading just now it stays as it is, which is readable too.
    let _ = connection.pragma_update(None, "journal_mode", "DELETE");
}

fn write(connection: &Connection, jobs: &Receiver<Job>, fate: &Fate) -> Result<(), SinkFailure> {
    let mut writer = Writer::prepare(connection).map_err(|error| lost(&fate.path, &error))?;
    loop {
        match jobs.try_recv() {
            Ok(job) => {
                let mut answers = Vec::new();
                let jobs = std::iter::once(job).chain(jobs.try_iter());
                let outcome = writer
                    .transaction(jobs, &mut answers, fate)
                    .map_err(|error| lost(&fate.path, &error));
                for answer in answers {
                    reply(&answer, outcome.clone());
                }
                outcome?;
            }
            Err(TryRecvError::Empty) => {
                fate.tell_if_awaited();
                thread::park_timeout(PAUSE);
            }
            Err(TryRecvError::Disconnected) => return Ok(()),
        }
    }
}

/// Whoever asked may have given up waiting; the failure is in [`Fate`] all the same.
fn reply(answer: &Answer, outcome: Result<(), SinkFailure>) {
    let _ = answer.send(outcome);
}

/// Statements, and the point that is being written.
struct Writer<'c> {
    connection: &'c Connection,
    point: Statement<'c>,
    request: Statement<'c>,
    frame: Statement<'c>,
    sample: Statement<'c>,
    failure: Statement<'c>,
    close: Statement<'c>,
    /// Id of the last request or sample; they share one sequence, which is the stored order.
    last_id: i64,
    open: u32,
    failures: BTreeMap<String, Failures>,
    stamps: Vec<u8>,
}

/// Failures of one class.
struct Failures {
    count: u64,
    sample: String,
}

impl<'c> Writer<'c> {
    fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        let insert = |table, columns| connection.prepare(&rows::insert(table, columns));
        Ok(Self {
            connection,
            point: insert("point", "id, name, origin_ns, first_id, plan")?,
            request: insert("request", rows::REQUEST)?,
            frame: insert("frame", "request, count, stamps")?,
            sample: insert("sample", rows::SAMPLE)?,
            failure: insert("failure", "point, class, count, sample")?,
            close: connection
                .prepare("UPDATE point SET end_reason = ?, point_end = ? WHERE id = ?")?,
            last_id: 0,
            open: 0,
            failures: BTreeMap::new(),
            stamps: Vec::new(),
        })
    }

    /// Writes `jobs`, at most a queue's worth so that the commit comes soon, and commits. In a hurry
    /// there are few, so that little is lost should the process end before the next ones.
    fn transaction(
        &mut self,
        jobs: impl Iterator<Item = Job>,
        answers: &mut Vec<Answer>,
        fate: &Fate,
    ) -> rusqlite::Result<()> {
        const FEW: usize = 128;
        let transaction = self.connection.unchecked_transaction()?;
        for (written, job) in jobs.take(QUEUE).enumerate() {
            let bytes = job.bytes();
            self.write(job, answers)?;
            fate.waiting.fetch_sub(bytes, Relaxed);
            if written >= FEW && fate.hurry.load(Relaxed) {
                break;
            }
        }
        transaction.commit()
    }

    fn write(&mut self, job: Job, answers: &mut Vec<Answer>) -> rusqlite::Result<()> {
        match job {
            Job::Record(record) => self.record(&record),
            Job::Sample(sample) => {
                self.last_id += 1;
                rows::write_sample(&mut self.sample, (self.last_id, self.open), &sample)
            }
            Job::Begin(beginning, answer) => {
                answers.push(answer);
                self.begin(&beginning)
            }
            Job::Finish(point_end, answer) => {
                answers.push(answer);
                self.finish(&point_end)
            }
        }
    }

    fn record(&mut self, record: &Record) -> rusqlite::Result<()> {
        self.last_id += 1;
        rows::write_record(&mut self.request, (self.last_id, self.open), record)?;
        if !record.frames.is_empty() {
            self.stamps.clear();
            frames::encode(&record.frames, &mut self.stamps);
            self.frame.execute(params![self.last_id, record.frames.len(), self.stamps])?;
        }
        let failed = !record.outcome.is_ok() && !record.outcome.is_beside();
        if failed && record.last_attempt && !record.warmup {
            let failures = self
                .failures
                .entry(record.outcome.class())
                .or_insert_with(|| Failures { count: 0, sample: String::new() });
            failures.count += 1;
            if failures.sample.is_empty() {
                failures.sample.clone_from(&record.error);
            }
        }
        Ok(())
    }

    fn begin(&mut self, beginning: &Beginning) -> rusqlite::Result<()> {
        let Beginning { id, name, origin, plan } = beginning;
        self.open = *id;
        self.failures.clear();
        self.point.execute(params![id, name, origin.cast_signed(), self.last_id + 1, plan])?;
        Ok(())
    }

    fn finish(&mut self, point_end: &PointEnd) -> rusqlite::Result<()> {
        for (class, failures) in &self.failures {
            let sample = Some(&failures.sample).filter(|sample| !sample.is_empty());
            self.failure.execute(params![self.open, class, failures.count as i64, sample])?;
        }
        let json = serde_json::to_string(point_end).expect("a point end has only string keys");
        let end_reason =
            serde_json::to_value(point_end.end_reason).expect("an end reason is a plain name");
        self.close.execute(params![end_reason.as_str(), json, self.open])?;
        Ok(())
    }
}
