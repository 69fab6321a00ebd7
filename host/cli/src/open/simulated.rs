//! The simulated server in this process: started for `--simulate`, its tokens counted by the
//! built-in tokenizer.

use crate::failure::Failure;
use crate::plan::Run;
use loadwright_core::conversation::Message;
use loadwright_core::ports::Tokenizer;
use loadwright_sim::{Config, PromptText, Server, Truth};
use std::sync::Arc;

/// Starts the server that `--simulate` measures.
///
/// # Errors
/// It does not start.
pub(crate) fn simulated_server(run: &Run) -> Result<Server, Failure> {
    let plan = &run.points[0];
    let tokenizer = match &run.tokenizer {
        Some(name) => loadwright_tokens::open(name)?,
        None => loadwright_tokens::builtin(),
    };
    let config = Config {
        model_name: plan.model.clone(),
        seed: plan.seed,
        http2: plan.target.http2,
        truth: Truth::Off,
        count_prompt: count_prompts(tokenizer),
        ..Config::default()
    };
    Server::start(config).map_err(Failure::Simulate)
}

/// Counts prompts as a server with this tokenizer does.
pub(crate) fn count_prompts(tokenizer: Arc<dyn Tokenizer>) -> loadwright_sim::Counter {
    Arc::new(move |prompt| {
        let counted = match prompt {
            PromptText::Chat(messages) => {
                let messages: Vec<Message> = messages
                    .iter()
                    .map(|message| Message::text(&message.role, message.text.as_str()))
                    .collect();
                tokenizer.count_chat(&messages)
            }
            PromptText::Text(texts) => texts.iter().map(|text| tokenizer.count_text(text)).sum(),
            PromptText::Tokens(lists) => {
                Ok(lists.iter().map(|list| u32::try_from(list.len()).unwrap_or(u32::MAX)).sum())
            }
        };
        // What it cannot count, a real server's tokenizer would count somehow: by words.
        counted.unwrap_or_else(|_| loadwright_sim::words(prompt))
    })
}
