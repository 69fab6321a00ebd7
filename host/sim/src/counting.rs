//! The count of a prompt's tokens, made beside the thread that serves: what it takes moves no frame.

use crate::prompt::{Counter, PromptText, words};
use loadwright_timing::thread::spawn;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;

/// Whoever counts prompts.
pub(crate) struct Counting {
    /// None: words are counted at once, which takes less than handing them over.
    counters: Option<Counters>,
}

/// Threads that count; they end when this is gone, and nobody waits for them.
#[derive(Clone)]
struct Counters {
    /// Those that have nothing to count.
    free: Arc<Semaphore>,
    work: SyncSender<Work>,
}

/// A prompt for a thread that has nothing to count.
struct Work {
    prompt: PromptText,
    /// Whoever waits for the count may be gone.
    count: oneshot::Sender<u32>,
    /// It is somebody else's turn when the count is made, waited for or not.
    turn: OwnedSemaphorePermit,
}

/// A count, made or under way. One that nobody waits for any more is given up.
#[derive(Debug)]
pub(crate) enum Count {
    Made(u32),
    UnderWay(Task),
}

/// A task that ends with its handle.
#[derive(Debug)]
pub(crate) struct Task(JoinHandle<io::Result<u32>>);

impl Counting {
    /// Starts the threads that count with `counter`, where one is given.
    ///
    /// # Errors
    /// The system gives no threads.
    pub(crate) fn new(counter: Option<Counter>) -> io::Result<Self> {
        Ok(Self { counters: counter.map(Counters::start).transpose()? })
    }

    /// Begins to count; for a task of the server's runtime.
    pub(crate) fn begin(&self, prompt: PromptText) -> Count {
        match self.counters.clone() {
            None => Count::Made(words(&prompt)),
            Some(counters) => Count::UnderWay(Task(tokio::spawn(counters.count(prompt)))),
        }
    }
}

impl Counters {
    fn start(counter: Counter) -> io::Result<Self> {
        let threads = threads();
        let (work, queue) = sync_channel(threads);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let (counter, queue) = (counter.clone(), Arc::clone(&queue));
            spawn("prompt counter", move || count(&counter, &queue))?;
        }
        Ok(Self { free: Arc::new(Semaphore::new(threads)), work })
    }

    async fn count(self, prompt: PromptText) -> io::Result<u32> {
        let turn = self.free.acquire_owned().await.map_err(io::Error::other)?;
        let (count, counted) = oneshot::channel();
        let gone = || io::Error::other("a thread that counts prompts panicked");
        // There is room for each that has a turn.
        self.work.try_send(Work { prompt, count, turn }).map_err(|_| gone())?;
        counted.await.map_err(|_| gone())
    }
}

/// Counts what is queued until nobody queues any more.
fn count(counter: &Counter, queue: &Mutex<Receiver<Work>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Work { prompt, count, turn }) = next else { break };
        let _ = count.send(counter(&prompt));
        drop(turn);
    }
}

impl Count {
    /// Whether it is there.
    pub(crate) fn is_made(&self) -> bool {
        match self {
            Self::Made(_) => true,
            Self::UnderWay(task) => task.0.is_finished(),
        }
    }

    /// The count, once it is there.
    ///
    /// # Errors
    /// The counter failed.
    pub(crate) async fn tokens(&mut self) -> io::Result<u32> {
        let tokens = match self {
            Self::Made(tokens) => *tokens,
            Self::UnderWay(task) => (&mut task.0).await.map_err(io::Error::other)??,
        };
        *self = Self::Made(tokens);
        Ok(tokens)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How many threads count at a time: most of the cores serve, or are the client's.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 4).max(1))
}
