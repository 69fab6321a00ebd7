//! One thread an exporter: it reads the run from its store, folds it into rows and summaries, and
//! calls the exporter. The store is the queue, so nothing that an exporter does reaches the engine,
//! and a run that goes on and one that is stored take the same way.

mod calls;
mod outcome;
mod point;
mod requests;
mod sender;
mod watch;
mod whole;

#[cfg(test)]
mod tests;

pub use outcome::{ExportOutcome, Unsent};
pub use watch::RunWatch;

use loadwright_core::export::ExportRun;
use loadwright_core::export_summary::Documents;
use loadwright_core::ports::{Exporter, Ledger, PluginFailure, RunSource};
use loadwright_core::summary::Summary;
use loadwright_timing::thread::{lower_priority, spawn};
use sender::Sender;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

/// When an exporter is given what was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExportWhen {
    /// Rows as they come; requests after each point, unless the exporter wants them live.
    #[default]
    Live,
    /// A point once it has ended.
    Point,
    /// All of it once the run has ended.
    End,
}

/// What an exporter tells the user while it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Where to look.
    Link(String),
    /// What could not be sent.
    Loss(String),
    /// It failed, and is tried again.
    Retried(String),
    /// It asks for the end of the run, and says why.
    Stop(String),
    /// It was given up.
    GivenUp(String),
}

/// Makes the files of a point.
pub type MakeDocuments = Arc<dyn Fn(&Summary) -> Documents + Send + Sync>;

/// Takes notices of the exporter of this name.
pub type Tell = Arc<dyn Fn(&str, Notice) + Send + Sync>;

/// One exporter and the run that it sends.
pub struct Job {
    /// The exporter's name, as the user gave it.
    pub name: String,
    /// What sends.
    pub exporter: Box<dyn Exporter>,
    /// The run's store.
    pub source: Box<dyn RunSource>,
    /// How far it has come.
    pub ledger: Box<dyn Ledger>,
    /// The run; `resume` is filled in from the ledger.
    pub run: ExportRun,
    /// When it is given what was measured.
    pub when: ExportWhen,
    /// EvalScope's metrics, and all points as one: those of these names, as planned.
    pub compat: Option<Vec<String>>,
    /// It may end the run.
    pub may_stop: bool,
    /// The files of a point.
    pub documents: MakeDocuments,
}

/// Exporters at work, each on a thread of its own.
pub struct Exports {
    threads: Vec<(String, JoinHandle<ExportOutcome>)>,
    watch: Arc<RunWatch>,
}

/// Why exporters could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// One of them refused to begin.
    #[error("{0}")]
    Begin(#[from] PluginFailure),
    /// How far it had come cannot be read.
    #[error("exporter `{0}`: {1}")]
    Ledger(String, String),
    /// There is no thread for it.
    #[error(transparent)]
    Thread(#[from] io::Error),
}

impl Exports {
    /// Starts a thread for each job, and waits until all of them have begun.
    ///
    /// # Errors
    /// The first that could not begin; the others are stopped.
    pub fn start(jobs: Vec<Job>, watch: &Arc<RunWatch>, tell: &Tell) -> Result<Self, StartError> {
        let mut exports = Self { threads: Vec::new(), watch: Arc::clone(watch) };
        let begun: Result<Vec<_>, StartError> =
            jobs.into_iter().map(|job| exports.thread(job, tell)).collect();
        let begun = begun.and_then(|begun| {
            // A thread that panicked has no answer; that is seen where it is joined.
            begun.into_iter().try_for_each(|begun| begun.recv().unwrap_or(Ok(())))
        });
        match begun {
            Ok(()) => Ok(exports),
            Err(error) => {
                watch.cancel();
                exports.join();
                Err(error)
            }
        }
    }

    fn thread(
        &mut self,
        job: Job,
        tell: &Tell,
    ) -> Result<std::sync::mpsc::Receiver<Result<(), StartError>>, StartError> {
        let (begun, told) = sync_channel(1);
        let (name, tell, watch) = (job.name.clone(), Arc::clone(tell), Arc::clone(&self.watch));
        let thread = spawn("exporter", move || work(Sender::new(job, watch, tell), &begun))?;
        self.threads.push((name, thread));
        Ok(told)
    }

    /// Waits until every exporter has sent all, or may not go on: see [`RunWatch::end`] and
    /// [`RunWatch::cancel`].
    pub fn join(self) -> Vec<ExportOutcome> {
        let join = |(name, thread): (String, JoinHandle<ExportOutcome>)| {
            thread.join().unwrap_or_else(|_| ExportOutcome::panicked(name))
        };
        self.threads.into_iter().map(join).collect()
    }
}

/// What an exporter's thread does.
fn work(mut sender: Sender, begun: &SyncSender<Result<(), StartError>>) -> ExportOutcome {
    lower_priority();
    let result = sender.begin();
    let goes_on = result.is_ok();
    // Only one that starts it waits for this.
    let _ = begun.send(result);
    if goes_on { sender.send() } else { sender.not_begun() }
}
