//! What all connections of a server share. Its children answer requests; none of them knows a socket.

mod completion;
mod reply_sender;
pub(crate) mod routes;

use crate::config::Config;
use crate::http::response_writer::WriteOptions;
use crate::listener_control::ListenerControl;
use crate::memory::MemoryBudget;
use crate::pacing::scheduler::BatchScheduler;
use crate::prompt::counter::PromptCounter;
use crate::reply::vocabulary::Vocabulary;
use crate::timer::Timer;
use crate::truth::ServerTruth;
use std::io;
use std::sync::Arc;

/// What all connections of a server share.
pub(crate) struct Service {
    pub(crate) config: Config,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) timer: Timer,
    pub(crate) scheduler: Option<Arc<BatchScheduler>>,
    pub(crate) truth: Arc<ServerTruth>,
    pub(crate) listener: Arc<ListenerControl>,
    pub(crate) memory: MemoryBudget,
    prompt_counter: PromptCounter,
}

impl Service {
    /// A service with these settings.
    ///
    /// # Errors
    /// The system cannot start the threads that count prompts.
    pub(crate) fn new(
        config: Config,
        truth: Arc<ServerTruth>,
        listener: Arc<ListenerControl>,
    ) -> io::Result<Self> {
        let scheduler = BatchScheduler::new(&config.model, config.seed).map(Arc::new);
        let vocabulary = Vocabulary::new(&config.replies.vocabulary);
        let memory = MemoryBudget::new(config.memory);
        let prompt_counter = PromptCounter::new(config.count_prompt.clone())?;
        let timer = Timer::default();
        Ok(Self { config, vocabulary, timer, scheduler, truth, listener, memory, prompt_counter })
    }

    pub(crate) fn write_options(&self) -> WriteOptions<'_> {
        WriteOptions { timer: &self.timer, timeout: self.config.client_timeout }
    }

    fn tokens_per_frame(&self) -> u32 {
        self.config.replies.tokens_per_frame.max(1)
    }
}
