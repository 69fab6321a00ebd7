//! `records.db` as a run writes it: one store a run, one [`PointSink`] a sweep point.

use crate::failure::{lost, lost_for};
use crate::format::{APPLICATION, CURRENT, TABLES};
use crate::writer::{self, Beginning, Fate, Job};
use crossbeam_channel::{Sender, TrySendError, bounded};
use loadwright_core::plan::Plan;
use loadwright_core::ports::{Sink, SinkFailure};
use loadwright_core::record::Record;
use loadwright_core::sample::{PointEnd, Sample};
use loadwright_timing::thread::spawn;
use rusqlite::{Connection, params};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

/// A file of records that is being written.
///
/// Rows are written and committed several times a second on a thread of the store's own. Another
/// program may read the file meanwhile, and after a crash it holds all that was committed.
#[derive(Debug)]
pub struct Store {
    /// None only while the store is dropped.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    fate: Arc<Fate>,
}

impl Store {
    /// Makes the file `path`, which must not exist, for a run that was asked for `points`, by
    /// name, and starts its thread.
    ///
    /// # Errors
    /// The file cannot be made or written.
    pub fn create(path: &Path, points: &[&str]) -> Result<Self, SinkFailure> {
        std::fs::File::create_new(path).map_err(|error| {
            let remedy = "make the folder writable, or choose another with --outputs-dir";
            lost_for(path, &error, remedy)
        })?;
        let connection = prepare(path, points).map_err(|error| lost(path, &error))?;
        Self::start(connection, path)
    }

    fn start(connection: Connection, path: &Path) -> Result<Self, SinkFailure> {
        let fate = Arc::new(Fate::new(path));
        let (jobs, queue) = bounded(writer::QUEUE);
        let shared = Arc::clone(&fate);
        let thread = spawn("records", move || writer::run(&connection, &queue, &shared))
            .map_err(|error| SinkFailure(error.to_string()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), fate })
    }

    /// A way to have what is queued committed at once, from another thread.
    pub fn committer(&self) -> Committer {
        let thread = self.thread.as_ref().map(|thread| thread.thread().clone());
        Committer { fate: Arc::clone(&self.fate), thread }
    }

    /// Begins a point: its plan is on disk when this returns. `wall_at_origin` is the wall clock in
    /// nanoseconds since the Unix epoch where the clock of the point's records stood at 0.
    ///
    /// # Errors
    /// The plan cannot be written.
    pub fn begin_point(
        &mut self,
        plan: &Plan,
        wall_at_origin: u64,
    ) -> Result<PointSink<'_>, SinkFailure> {
        let json = serde_json::to_string(plan).map_err(|error| {
            let remedy = "use paths that are valid UTF-8";
            lost_for(&self.fate.path, &error, remedy)
        })?;
        let beginning = Beginning {
            id: plan.index,
            name: plan.name.clone(),
            origin: wall_at_origin,
            plan: json,
        };
        self.ask(|answer| Job::Begin(Box::new(beginning), answer))?;
        Ok(PointSink { store: self })
    }

    /// Writes what is queued and closes the file.
    ///
    /// # Errors
    /// Something could not be written, now or earlier.
    pub fn close(mut self) -> Result<(), SinkFailure> {
        self.join();
        self.fate.failure.get().cloned().map_or(Ok(()), Err)
    }

    fn join(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            if thread.join().is_err() {
                self.fate.failure.get_or_init(|| self.gone());
            }
        }
    }

    /// Waits until the queue has room for `bytes` of frames: one record's, however many, and no more
    /// than [`writer::BYTES`] beside them.
    fn make_room(&self, bytes: u64) {
        const LOOK: Duration = Duration::from_millis(1);
        let waiting = || self.fate.waiting.load(Relaxed);
        while waiting() > writer::BYTES && self.fate.failure.get().is_none() {
            self.wake();
            thread::sleep(LOOK);
        }
        self.fate.waiting.fetch_add(bytes, Relaxed);
    }

    /// Sends a job and waits until it is committed.
    fn ask(&self, job: impl FnOnce(writer::Answer) -> Job) -> Result<(), SinkFailure> {
        let (answer, outcome) = bounded(1);
        self.send(job(answer))?;
        self.wake();
        outcome.recv().unwrap_or_else(|_| Err(self.gone()))
    }

    fn send(&self, job: Job) -> Result<(), SinkFailure> {
        if let Some(failure) = self.fate.failure.get() {
            return Err(failure.clone());
        }
        let jobs = self.jobs.as_ref().expect("only dropping takes it");
        if jobs.len() >= writer::QUEUE / 2 {
            self.wake();
        }
        match jobs.try_send(job) {
            Ok(()) => Ok(()),
            // The disk is slower than the service. Waiting moves no stamp; a lost record would
            // falsify every metric.
            Err(TrySendError::Full(job)) => jobs.send(job).map_err(|_| self.gone()),
            Err(TrySendError::Disconnected(_)) => Err(self.gone()),
        }
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    fn gone(&self) -> SinkFailure {
        lost_for(&self.fate.path, &"the thread that writes them panicked", "please report this")
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.join();
    }
}

/// Has what is queued committed at once: for a process that has no time left.
#[derive(Debug, Clone)]
pub struct Committer {
    fate: Arc<Fate>,
    thread: Option<Thread>,
}

impl Committer {
    /// Waits until all that was given is committed, and no longer than `limit`; whether it is.
    pub fn commit(&self, limit: Duration) -> bool {
        self.fate.hurry.store(true, Relaxed);
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
        let (committed, told) = &self.fate.committed;
        let committed = committed.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = told.wait_timeout_while(committed, limit, |committed| !*committed);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

fn prepare(path: &Path, points: &[&str]) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // Nothing in it is worth waiting for a disk yet.
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    let transaction = connection.unchecked_transaction()?;
    connection.execute_batch(TABLES)?;
    connection.execute(
        "INSERT INTO run VALUES (?, ?, ?, ?)",
        params![
            CURRENT.major,
            CURRENT.minor,
            env!("CARGO_PKG_VERSION"),
            serde_json::json!(points).to_string()
        ],
    )?;
    transaction.commit()?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

/// Takes the records and samples of one point. A point whose sink is dropped before
/// [`finish_point`](Self::finish_point) stands in the file as one that was cut off.
#[derive(Debug)]
pub struct PointSink<'s> {
    store: &'s mut Store,
}

impl PointSink<'_> {
    /// Ends the point; all of it is on disk when this returns.
    ///
    /// # Errors
    /// Something of the point could not be written.
    pub fn finish_point(self, point_end: &PointEnd) -> Result<(), SinkFailure> {
        self.store.ask(|answer| Job::Finish(Box::new(point_end.clone()), answer))
    }
}

impl Sink for PointSink<'_> {
    fn record(&mut self, record: &Arc<Record>) -> Result<(), SinkFailure> {
        let job = Job::Record(Arc::clone(record));
        self.store.make_room(job.bytes());
        self.store.send(job)
    }

    fn sample(&mut self, sample: &Sample) -> Result<(), SinkFailure> {
        self.store.send(Job::Sample(Box::new(*sample)))
    }
}

#[cfg(test)]
mod tests;
