//! The count of a prompt's tokens, made beside the thread that serves: what it takes moves no frame.

use crate::prompt::{Counter, PromptText, words};
use std::io;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Whoever counts prompts.
pub(crate) struct Counting {
    /// None: words are counted at once, which takes less than handing them over.
    counter: Option<Counter>,
    /// Threads that may count at a time.
    free: Arc<Semaphore>,
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
    pub(crate) fn new(counter: Option<Counter>) -> Self {
        Self { counter, free: Arc::new(Semaphore::new(threads())) }
    }

    /// Begins to count; for a task of the server's runtime.
    pub(crate) fn begin(&self, prompt: PromptText) -> Count {
        let Some(counter) = self.counter.clone() else { return Count::Made(words(&prompt)) };
        let free = Arc::clone(&self.free);
        Count::UnderWay(Task(tokio::spawn(async move {
            let turn = free.acquire_owned().await.map_err(io::Error::other)?;
            let counted = tokio::task::spawn_blocking(move || {
                // It is somebody else's turn when the count is made, waited for or not.
                let _turn = turn;
                counter(&prompt)
            });
            counted.await.map_err(io::Error::other)
        })))
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
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 4).max(1))
}
