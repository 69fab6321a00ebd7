//! Counts prompts on threads of their own, so that the cost of counting delays no frame.

use super::{Counter, PromptText, count_words};
use loadwright_timing::thread::spawn;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;

/// Counts the tokens of prompts.
pub(crate) struct PromptCounter {
    /// None: words are counted inline, which is cheaper than handing them over.
    pool: Option<CounterPool>,
}

/// Threads that count; they end, unjoined, once the pool is dropped.
#[derive(Clone)]
struct CounterPool {
    /// One permit for each idle thread.
    idle: Arc<Semaphore>,
    jobs: SyncSender<CountJob>,
}

/// A prompt handed to an idle thread.
struct CountJob {
    prompt: PromptText,
    /// The receiver may have been dropped.
    count: oneshot::Sender<u32>,
    /// Released once the count is made, whether or not it is still wanted.
    permit: OwnedSemaphorePermit,
}

/// A count, ready or in progress; dropping it abandons the count.
#[derive(Debug)]
pub(crate) enum PromptCount {
    Ready(u32),
    InProgress(AbortOnDrop),
}

/// A task that is aborted when its handle is dropped.
#[derive(Debug)]
pub(crate) struct AbortOnDrop(JoinHandle<io::Result<u32>>);

impl PromptCounter {
    /// Starts threads for `counter`, where one is given.
    ///
    /// # Errors
    /// The system cannot start the threads.
    pub(crate) fn new(counter: Option<Counter>) -> io::Result<Self> {
        Ok(Self { pool: counter.map(CounterPool::start).transpose()? })
    }

    /// Starts counting; must be called within the server's runtime.
    pub(crate) fn start(&self, prompt: PromptText) -> PromptCount {
        match self.pool.clone() {
            None => PromptCount::Ready(count_words(&prompt)),
            Some(pool) => PromptCount::InProgress(AbortOnDrop(tokio::spawn(pool.count(prompt)))),
        }
    }
}

impl CounterPool {
    fn start(counter: Counter) -> io::Result<Self> {
        let threads = thread_count();
        let (jobs, queue) = sync_channel(threads);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let (counter, queue) = (counter.clone(), Arc::clone(&queue));
            spawn("prompt counter", move || run_jobs(&counter, &queue))?;
        }
        Ok(Self { idle: Arc::new(Semaphore::new(threads)), jobs })
    }

    async fn count(self, prompt: PromptText) -> io::Result<u32> {
        let permit = self.idle.acquire_owned().await.map_err(io::Error::other)?;
        let (count, counted) = oneshot::channel();
        let panicked = || io::Error::other("a thread that counts prompts panicked");
        // The queue has room for every holder of a permit.
        self.jobs.try_send(CountJob { prompt, count, permit }).map_err(|_| panicked())?;
        counted.await.map_err(|_| panicked())
    }
}

/// Runs jobs until the pool is dropped.
fn run_jobs(counter: &Counter, queue: &Mutex<Receiver<CountJob>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(CountJob { prompt, count, permit }) = next else { break };
        let _ = count.send(counter(&prompt));
        drop(permit);
    }
}

impl PromptCount {
    /// Whether the count is ready.
    pub(crate) fn is_ready(&self) -> bool {
        match self {
            Self::Ready(_) => true,
            Self::InProgress(task) => task.0.is_finished(),
        }
    }

    /// The count, once it is ready.
    ///
    /// # Errors
    /// The counter failed.
    pub(crate) async fn tokens(&mut self) -> io::Result<u32> {
        let tokens = match self {
            Self::Ready(tokens) => *tokens,
            Self::InProgress(task) => (&mut task.0).await.map_err(io::Error::other)??,
        };
        *self = Self::Ready(tokens);
        Ok(tokens)
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A quarter of the cores: most of them serve, or belong to the client.
fn thread_count() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 4).max(1))
}
