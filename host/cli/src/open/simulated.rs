//! The simulated server in this process: started for `--simulate`, its tokens counted by the
//! run's own tokenizer.

use crate::error::CommandError;
use crate::plan::Run;
use loadwright_core::conversation::Message;
use loadwright_core::ports::Tokenizer;
use loadwright_sim::{BoundAddress, Config, PromptText, Replies, Server, TruthDetail};
use std::sync::Arc;

/// Starts the server that `--simulate` measures, at the address that the plans name.
///
/// # Errors
/// It does not start.
pub(crate) fn simulated_server(
    run: &Run,
    address: BoundAddress,
    tokenizer: &Arc<dyn Tokenizer>,
) -> Result<Server, CommandError> {
    let plan = &run.points[0];
    let config = Config {
        model_name: plan.request.model.clone(),
        seed: plan.seed,
        http2: plan.target.http2,
        truth: TruthDetail::Off,
        replies: Replies { vocabulary: vocabulary(&**tokenizer), ..Replies::default() },
        count_prompt: Some(count_prompts(Arc::clone(tokenizer))),
        ..Config::default()
    };
    Server::start_on(address, config).map_err(|cause| CommandError::Simulate { cause, remedy: "" })
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
        counted.unwrap_or_else(|_| loadwright_sim::count_words(prompt))
    })
}

/// Words at most that replies are made of.
const WORDS: usize = 1000;

/// Ids tried for them at most: large vocabularies have plenty among their first.
const TRIED: u32 = 20_000;

/// Words that this tokenizer counts as one token each, so that usage and the client's own count of
/// a reply agree; empty where it has none, and the server's own words have to do.
pub(crate) fn vocabulary(tokenizer: &dyn Tokenizer) -> Vec<String> {
    let word = |id: u32| {
        let text = tokenizer.decode(&[id]).ok()?;
        let letters = text.strip_prefix(' ')?;
        let plain = letters.len() > 3 && letters.bytes().all(|byte| byte.is_ascii_lowercase());
        (plain && tokenizer.encode(&text).ok()? == [id]).then_some(text)
    };
    let words: Vec<String> = (0..TRIED).filter_map(word).take(WORDS).collect();
    let counted = tokenizer.encode(&words.concat());
    if counted.is_ok_and(|ids| ids.len() == words.len()) { words } else { Vec::new() }
}

#[cfg(test)]
mod tests;
