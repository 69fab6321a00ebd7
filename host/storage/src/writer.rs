//! The thread that owns the database while a run writes it.
//!
//! It wakes every [`PAUSE`], takes what is queued and commits it in one transaction. It is not
//! woken by each record: at 30,000 records a second the wake-ups would cost more than the rows.
//! After a failure it takes jobs only to refuse them, so that no sender waits for ever.

use crate::byte_budget::ByteBudget;
use crate::failure::{lost, lost_for};
use crate::frames;
use crate::rows::{self, RowKey};
use crossbeam_channel::{Receiver, Sender, TryRecvError};
use loadwright_core::ports::SinkFailure;
use loadwright_core::record::Record;
use loadwright_core::sample::{PointEnd, Sample};
use rusqlite::{Connection, Statement, params};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
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

/// What the thread does next.
pub(crate) enum Job {
    Record(Arc<Record>),
    Sample(Box<Sample>),
    Begin(Box<PointRow>, Answer),
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
pub(crate) struct PointRow {
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) origin: u64,
    pub(crate) begun: u64,
    pub(crate) plan: String,
}

/// What the thread and its senders share: where the file is, and the failure that ended the writing.
#[derive(Debug)]
pub(crate) struct WriterState {
    pub(crate) path: PathBuf,
    pub(crate) failure: OnceLock<SinkFailure>,
    /// Bytes of the frames that wait in the queue.
    pub(crate) waiting: ByteBudget,
    /// Someone waits until all that is queued is committed, and may not wait long.
    pub(crate) hurry: AtomicBool,
    /// All that was queued is committed, since `hurry` was set.
    pub(crate) committed: (Mutex<bool>, Condvar),
}

impl WriterState {
    /// The state for a file that was just made.
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.into(),
            failure: OnceLock::new(),
            waiting: ByteBudget::new(BYTES),
            hurry: AtomicBool::new(false),
            committed: (Mutex::new(false), Condvar::new()),
        }
    }

    /// Notes the failure that ends the writing, and lets senders that wait for the queue learn of it.
    pub(crate) fn fail(&self, failure: SinkFailure) {
        self.failure.get_or_init(|| failure);
        self.waiting.close();
    }

    fn notify_if_awaited(&self) {
        if self.hurry.load(Relaxed) {
            *self.committed.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.committed.1.notify_all();
        }
    }
}

/// Runs the thread, which takes jobs with `write` until all senders are gone. Once that has failed or
/// panicked, every job is refused.
pub(crate) fn run(
    jobs: &Receiver<Job>,
    state: &WriterState,
    write: impl FnOnce(&Receiver<Job>, &WriterState) -> Result<(), SinkFailure>,
) {
    loadwright_timing::thread::lower_priority();
    let panicked = |_| {
        let cause = "the thread that writes them panicked";
        Err(lost_for(&state.path, &cause, "please report this"))
    };
    // After a panic nothing is used again but the queue and what is made for several threads.
    let outcome = catch_unwind(AssertUnwindSafe(|| write(jobs, state))).unwrap_or_else(panicked);
    let Err(failure) = outcome else { return };
    state.fail(failure.clone());
    for job in jobs {
        if let Job::Begin(_, answer) | Job::Finish(_, answer) = job {
            reply(&answer, Err(failure.clone()));
        }
    }
}

/// Writes jobs to `connection` until all senders are gone.
pub(crate) fn write(
    connection: &Connection,
    jobs: &Receiver<Job>,
    state: &WriterState,
) -> Result<(), SinkFailure> {
    let outcome = write_all(connection, jobs, state);
    state.notify_if_awaited();
    // Leaves one plain file, readable from a medium that cannot be written. While someone reads it, it
    // stays as it is, which is readable too; that is not waited for.
    let _ = connection.busy_timeout(Duration::ZERO);
    let _ = connection.pragma_update(None, "journal_mode", "DELETE");
    outcome
}

fn write_all(
    connection: &Connection,
    jobs: &Receiver<Job>,
    state: &WriterState,
) -> Result<(), SinkFailure> {
    let mut writer = Writer::prepare(connection).map_err(|error| lost(&state.path, &error))?;
    loop {
        match jobs.try_recv() {
            Ok(job) => {
                let mut answers = Vec::new();
                let jobs = std::iter::once(job).chain(jobs.try_iter());
                let outcome = writer
                    .transaction(jobs, &mut answers, state)
                    .map_err(|error| lost(&state.path, &error));
                for answer in answers {
                    reply(&answer, outcome.clone());
                }
                outcome?;
            }
            Err(TryRecvError::Empty) => {
                state.notify_if_awaited();
                thread::park_timeout(PAUSE);
            }
            Err(TryRecvError::Disconnected) => return Ok(()),
        }
    }
}

/// The sender may have given up waiting; the failure is in [`WriterState`] too.
fn reply(answer: &Answer, outcome: Result<(), SinkFailure>) {
    let _ = answer.send(outcome);
}

/// The statements, and what they write now.
struct Writer<'c> {
    connection: &'c Connection,
    point: Statement<'c>,
    request: Statement<'c>,
    frame: Statement<'c>,
    sample: Statement<'c>,
    finish: Statement<'c>,
    /// Id of the last request or sample; they share one sequence, which is the stored order.
    last_id: i64,
    /// Id of the point that is being written.
    point_id: u32,
    /// The frames of one record, encoded.
    encoded: Vec<u8>,
}

impl<'c> Writer<'c> {
    fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        let insert = |table, columns| connection.prepare(&rows::insert(table, columns));
        Ok(Self {
            connection,
            point: insert("point", "id, name, origin_ns, begun_ns, first_id, plan")?,
            request: insert("request", rows::REQUEST)?,
            frame: insert("frame", "request, count, encoded")?,
            sample: insert("sample", rows::SAMPLE)?,
            finish: connection
                .prepare("UPDATE point SET end_reason = ?, point_end = ? WHERE id = ?")?,
            last_id: 0,
            point_id: 0,
            encoded: Vec::new(),
        })
    }

    /// Writes `jobs`, at most a queue's worth so that the commit comes soon, and commits. In a hurry
    /// there are few, so that little is lost should the process end before the next ones.
    fn transaction(
        &mut self,
        jobs: impl Iterator<Item = Job>,
        answers: &mut Vec<Answer>,
        state: &WriterState,
    ) -> rusqlite::Result<()> {
        const FEW: usize = 128;
        let transaction = self.connection.unchecked_transaction()?;
        for (written, job) in jobs.take(QUEUE).enumerate() {
            let bytes = job.bytes();
            self.write(job, answers)?;
            state.waiting.release(bytes);
            if written >= FEW && state.hurry.load(Relaxed) {
                break;
            }
        }
        transaction.commit()
    }

    fn write(&mut self, job: Job, answers: &mut Vec<Answer>) -> rusqlite::Result<()> {
        match job {
            Job::Record(record) => self.record(&record),
            Job::Sample(sample) => {
                let key = self.next_key();
                rows::write_sample(&mut self.sample, key, &sample)
            }
            Job::Begin(point, answer) => {
                answers.push(answer);
                self.begin(&point)
            }
            Job::Finish(point_end, answer) => {
                answers.push(answer);
                self.finish(&point_end)
            }
        }
    }

    fn next_key(&mut self) -> RowKey {
        self.last_id += 1;
        RowKey { id: self.last_id, point: self.point_id }
    }

    fn record(&mut self, record: &Record) -> rusqlite::Result<()> {
        let key = self.next_key();
        rows::write_record(&mut self.request, key, record)?;
        if !record.frames.is_empty() {
            self.encoded.clear();
            frames::encode(&record.frames, &mut self.encoded);
            self.frame.execute(params![key.id, record.frames.len(), self.encoded])?;
        }
        Ok(())
    }

    fn begin(&mut self, point: &PointRow) -> rusqlite::Result<()> {
        let PointRow { id, name, origin, begun, plan } = point;
        self.point_id = *id;
        let (origin, begun) = (origin.cast_signed(), begun.cast_signed());
        self.point.execute(params![id, name, origin, begun, self.last_id + 1, plan])?;
        Ok(())
    }

    fn finish(&mut self, point_end: &PointEnd) -> rusqlite::Result<()> {
        let json = serde_json::to_string(point_end).expect("a point end has only string keys");
        let end_reason =
            serde_json::to_value(point_end.end_reason).expect("an end reason is a plain name");
        self.finish.execute(params![end_reason.as_str(), json, self.point_id])?;
        Ok(())
    }
}
