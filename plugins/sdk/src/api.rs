//! What an API plugin implements.

use crate::reading::read;
use crate::{Exchange, Fault, Prompt, PromptRequest, ReadingPlan, Reply, Request};

/// One API, configured: how its requests are written and its replies read.
pub trait Api: 'static {
    /// Takes the settings, a JSON object (see [`crate::settings::Api`]).
    ///
    /// # Errors
    /// [`Fault::Settings`], naming the setting.
    fn configure(settings: &str) -> Result<Self, Fault>
    where
        Self: Sized;

    /// How the host reads replies without calling [`decode`](Self::decode); none where no plan fits.
    fn plan(&self) -> Option<ReadingPlan>;

    /// Formats one request.
    ///
    /// # Errors
    /// The API has no way to write it.
    fn format(&self, request: PromptRequest) -> Result<Request, Fault>;

    /// What one exchange carried. Reads it by the plan, unless a plugin does better.
    ///
    /// # Errors
    /// The frames are not of this API.
    fn decode(&self, exchange: Exchange) -> Result<Reply, Fault> {
        let plan = self.plan().ok_or_else(|| {
            Fault::Fatal("it has no reading plan and no decode: give it one of them".into())
        })?;
        Ok(read(&plan, &exchange))
    }
}

/// A request with `prompt` and nothing else, for tests.
pub fn request(prompt: Prompt) -> PromptRequest {
    PromptRequest {
        index: 0,
        turn: 0,
        conversation: String::new(),
        history: Vec::new(),
        prompt,
        max_tokens: None,
        min_tokens: None,
        extra: String::new(),
    }
}
