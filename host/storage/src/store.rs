//! `records.db` as a run writes it: one store a run, one [`PointSink`] a sweep point.

use crate::failure::{lost, lost_for};
use crate::format::{APPLICATION, TABLES};
use crate::open::PATIENCE;
use crate::run_header::RunHeader;
use crate::writer::{self, Job, PointRow, WriterState};
use crossbeam_channel::{Receiver, Sender, bounded};
use loadwright_core::Nanos;
use loadwright_core::plan::Plan;
use loadwright_core::ports::{Sink, SinkFailure};
use loadwright_core::record::Record;
use loadwright_core::sample::{PointEnd, Sample};
use loadwright_timing::thread::spawn;
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};
use std::thread::{JoinHandle, Thread};
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
    state: Arc<WriterState>,
}

impl Store {
    /// Makes the file `path`, which must not exist, for `run`, and starts its thread.
    ///
    /// # Errors
    /// The file cannot be made or written.
    pub fn create(path: &Path, run: &RunHeader) -> Result<Self, SinkFailure> {
        std::fs::File::create_new(path).map_err(|error| {
            let remedy = "make the folder writable, or choose another with --outputs-dir";
            lost_for(path, &error, remedy)
        })?;
        let connection = prepare(path, run).map_err(|error| lost(path, &error))?;
        Self::start(path, move |queue, state| writer::write(&connection, queue, state))
    }

    /// Starts the thread, which takes jobs with `write`.
    fn start(
        path: &Path,
        write: impl FnOnce(&Receiver<Job>, &WriterState) -> Result<(), SinkFailure> + Send + 'static,
    ) -> Result<Self, SinkFailure> {
        let state = Arc::new(WriterState::new(path));
        let (jobs, queue) = bounded(writer::QUEUE);
        let shared = Arc::clone(&state);
        let thread = spawn("records", move || writer::run(&queue, &shared, write))
            .map_err(|error| SinkFailure(error.to_string()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), state })
    }

    /// A way to have what is queued committed at once, from another thread.
    pub fn committer(&self) -> Committer {
        let thread = self.thread.as_ref().map(|thread| thread.thread().clone());
        Committer { state: Arc::clone(&self.state), thread }
    }

    /// Begins a point at `begun` on the clock of its records: its plan is on disk when this returns.
    /// `wall_at_origin` is the wall clock in nanoseconds since the Unix epoch when that clock was at 0.
    ///
    /// # Errors
    /// The plan cannot be written.
    pub fn begin_point(
        &mut self,
        plan: &Plan,
        wall_at_origin: u64,
        begun: Nanos,
    ) -> Result<PointSink<'_>, SinkFailure> {
        let json = serde_json::to_string(plan).map_err(|error| {
            let remedy = "use paths that are valid UTF-8";
            lost_for(&self.state.path, &error, remedy)
        })?;
        let point = PointRow {
            id: plan.index,
            name: plan.name.clone(),
            origin: wall_at_origin,
            begun,
            plan: json,
        };
        self.ask(|answer| Job::Begin(Box::new(point), answer))?;
        Ok(PointSink { store: self })
    }

    /// Writes what is queued and closes the file.
    ///
    /// # Errors
    /// Something could not be written, now or earlier.
    pub fn close(mut self) -> Result<(), SinkFailure> {
        self.join();
        self.state.failure.get().cloned().map_or(Ok(()), Err)
    }

    fn join(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // Where writing panicked, the failure is in the state.
            let _ = thread.join();
        }
    }

    /// Sends a job and waits until it is committed.
    fn ask(&self, job: impl FnOnce(writer::Answer) -> Job) -> Result<(), SinkFailure> {
        let (answer, outcome) = bounded(1);
        self.send(job(answer))?;
        self.wake();
        outcome.recv().unwrap_or_else(|_| Err(self.failure()))
    }

    fn send(&self, job: Job) -> Result<(), SinkFailure> {
        if let Some(failure) = self.state.failure.get() {
            return Err(failure.clone());
        }
        let jobs = self.jobs.as_ref().expect("only dropping takes it");
        if jobs.len() >= writer::QUEUE / 2 {
            self.wake();
        }
        // Waits where the disk is slower than the service: this moves no timestamp, and a lost record
        // would falsify every metric.
        jobs.send(job).map_err(|_| self.failure())
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    /// Why the thread is gone.
    fn failure(&self) -> SinkFailure {
        let unknown = || lost_for(&self.state.path, &"their thread ended", "please report this");
        self.state.failure.get().cloned().unwrap_or_else(unknown)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.join();
    }
}

/// Commits what is queued at once: for a process that is about to end.
#[derive(Debug, Clone)]
pub struct Committer {
    state: Arc<WriterState>,
    thread: Option<Thread>,
}

impl Committer {
    /// Waits until everything queued is committed, for `limit` at most; whether it is.
    pub fn commit(&self, limit: Duration) -> bool {
        self.state.hurry.store(true, Relaxed);
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
        let (committed, changed) = &self.state.committed;
        let committed = committed.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(committed, limit, |committed| !*committed);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

fn prepare(path: &Path, run: &RunHeader) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    // It holds nothing yet that would be worth a wait for the disk.
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    let transaction = connection.unchecked_transaction()?;
    connection.execute_batch(TABLES)?;
    run.write(&connection)?;
    transaction.commit()?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

/// Takes the records and samples of one point. A point whose sink is dropped before
/// [`finish_point`](Self::finish_point) is in the file as one that was cut off.
///
/// A slow disk holds [`record`](Sink::record) up, as the trait says: it waits while 16,384 jobs or 64
/// MiB of frames are queued.
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
        self.store.state.waiting.take(job.bytes(), || self.store.wake());
        self.store.send(job)
    }

    fn sample(&mut self, sample: &Sample) -> Result<(), SinkFailure> {
        self.store.send(Job::Sample(Box::new(*sample)))
    }
}

#[cfg(test)]
mod tests;
