//! The interfaces that the contract's worlds import: log, random, tokenizer, files and rows.
//!
//! Time spent here does not count against the guest's limit.

use crate::bindings::bulk::loadwright::plugin::types::Fault;
use crate::bindings::bulk::loadwright::plugin::{files, log, random, rows, tokenizer, types};
use crate::convert;
use crate::exporter;
use crate::files::FileSet;
use crate::guest_output::Level;
use crate::kind::Kind;
use crate::rows::Wanted;
use crate::seeded;
use crate::state::State;
use loadwright_core::conversation::{Message, Part};
use loadwright_core::ports::{self, Synthesis, Tokenizer};
use loadwright_core::setting::SettingFault;
use loadwright_files::Entry;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wasmtime::component::{HasSelf, Linker};

/// Adds what the worlds of `kind` import to `linker`.
///
/// # Errors
/// An interface was added before.
pub(crate) fn add_to_linker(linker: &mut Linker<State>, kind: Kind) -> wasmtime::Result<()> {
    types::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    log::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    match kind {
        Kind::Api | Kind::Conventions => Ok(()),
        Kind::Exporter => exporter::imports::add_to_linker(linker),
        Kind::Dataset => {
            random::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
            tokenizer::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
            files::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
            rows::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
        }
    }
}

/// Bytes that a plugin may give the tokenizer in one call: more than the context of any model takes.
/// Encoding takes some hundred bytes of memory for each.
const MAX_TEXT: usize = 4 << 20;

impl types::Host for State {}

fn size(message: &Message) -> usize {
    let part = |part: &Part| if let Part::Text(text) = part { text.len() } else { 0 };
    message.extra.len() + message.parts.iter().map(part).sum::<usize>()
}

impl log::Host for State {
    fn write(&mut self, level: log::Level, text: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        let text = match &self.services.exporter {
            Some(services) => services.lock().masked(&text),
            None => text,
        };
        self.for_guest(|state| state.output.line(level, &text))
    }
}

impl random::Host for State {
    fn fill(&mut self, label: String, index: u32, count: u32) -> wasmtime::Result<Vec<u8>> {
        wasmtime::ensure!(
            u64::from(count) <= self.limits.memory,
            "it requested {count} bytes from random.fill, more than its memory limit"
        );
        self.for_guest(|state| seeded::bytes(state.services.seed, &label, index, count))
    }
}

impl State {
    fn with_tokenizer<T>(
        &mut self,
        bytes: usize,
        ask: impl FnOnce(&dyn Tokenizer, u64) -> Result<T, ports::Fault>,
    ) -> wasmtime::Result<Result<T, Fault>> {
        if bytes > MAX_TEXT {
            let text = format!(
                "a text of {bytes} bytes; the tokenizer takes {} MiB in one call",
                MAX_TEXT >> 20
            );
            return Ok(Err(Fault::Unsupported(text)));
        }
        self.for_guest(|state| {
            let services = Arc::clone(&state.services);
            let chosen = services.tokenizer.as_deref().ok_or_else(|| {
                Fault::from(ports::Fault::Settings(SettingFault {
                    name: None,
                    text: "it needs a tokenizer, but none was given; give --tokenizer-path".into(),
                }))
            })?;
            ask(chosen, services.seed).map_err(Fault::from)
        })
    }
}

impl tokenizer::Host for State {
    fn encode(&mut self, text: String) -> wasmtime::Result<Result<Vec<u32>, Fault>> {
        self.with_tokenizer(text.len(), |tokenizer, _| tokenizer.encode(&text))
    }

    fn decode(&mut self, tokens: Vec<u32>) -> wasmtime::Result<Result<String, Fault>> {
        self.with_tokenizer(size_of_val(&*tokens), |tokenizer, _| tokenizer.decode(&tokens))
    }

    fn count(&mut self, text: String, in_chat: bool) -> wasmtime::Result<Result<u32, Fault>> {
        self.with_tokenizer(text.len(), |tokenizer, _| {
            if in_chat {
                tokenizer.count_chat(&[Message::text("user", text)])
            } else {
                tokenizer.count_text(&text)
            }
        })
    }

    fn count_messages(
        &mut self,
        messages: Vec<types::MessageResult>,
    ) -> wasmtime::Result<Result<u32, Fault>> {
        let messages = match convert::messages(messages) {
            Ok(messages) => messages,
            Err(invalid) => return Ok(Err(Fault::Input(invalid.to_string()))),
        };
        let bytes = messages.iter().map(size).sum();
        self.with_tokenizer(bytes, |tokenizer, _| tokenizer.count_chat(&messages))
    }

    fn truncate(&mut self, text: String, tokens: u32) -> wasmtime::Result<Result<String, Fault>> {
        self.with_tokenizer(text.len(), |tokenizer, _| tokenizer.truncate(&text, tokens))
    }

    fn synthesize(
        &mut self,
        label: String,
        index: u32,
        prefix: String,
        tokens: u32,
        in_chat: bool,
    ) -> wasmtime::Result<Result<tokenizer::Synthesized, Fault>> {
        let services = Arc::clone(&self.services);
        self.with_tokenizer(prefix.len(), |tokenizer, seed| {
            let (label, prefix, stop) = (&*label, &*prefix, Some(&services.stop));
            let request = Synthesis { seed, label, index, prefix, tokens, in_chat, stop };
            let made = tokenizer.synthesize(&request)?;
            services.inexact.fetch_add(u64::from(made.tokens != tokens), Ordering::Relaxed);
            Ok(tokenizer::Synthesized { text: made.text, tokens: made.tokens })
        })
    }
}

/// What rows, lines and entries may take of a guest's memory: its own text, JSON and prompts take the
/// rest.
fn part(memory: u64) -> u64 {
    memory / 4
}

impl State {
    fn with_files<T>(
        &mut self,
        ask: impl FnOnce(&FileSet, u64) -> Result<T, String>,
    ) -> wasmtime::Result<Result<T, Fault>> {
        self.for_guest(|state| {
            ask(&state.services.files, state.limits.memory).map_err(Fault::Input)
        })
    }

    /// The same, once `index` has built what it needs.
    fn with_index<T>(
        &mut self,
        index: impl FnOnce(&FileSet) -> Result<(), String>,
        ask: impl FnOnce(&FileSet, u64) -> Result<T, String>,
    ) -> wasmtime::Result<Result<T, Fault>> {
        match self.indexing(|state| index(&state.services.files))? {
            Ok(()) => self.with_files(ask),
            Err(why) => Ok(Err(Fault::Input(why))),
        }
    }
}

impl files::Host for State {
    fn size(&mut self, name: String) -> wasmtime::Result<Result<f64, Fault>> {
        #[expect(clippy::cast_precision_loss, reason = "exact up to 8 PiB")]
        self.with_files(|files, _| files.size(&name).map(|size| size as f64))
    }

    fn read(
        &mut self,
        name: String,
        offset: f64,
        count: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, Fault>> {
        self.with_files(|files, memory| files.read(&name, offset, u64::from(count).min(memory)))
    }

    fn lines(
        &mut self,
        name: String,
        first: u32,
        count: u32,
    ) -> wasmtime::Result<Result<Vec<Vec<u8>>, Fault>> {
        self.with_index(
            |files| files.index_lines(&name),
            |files, memory| files.lines(&name, first, count, part(memory)),
        )
    }

    fn entries(
        &mut self,
        name: String,
        first: u32,
        count: u32,
    ) -> wasmtime::Result<Result<Vec<files::Entry>, Fault>> {
        #[expect(clippy::cast_precision_loss, reason = "exact up to 8 PiB")]
        let told = |Entry { name, folder, size }| files::Entry { name, folder, size: size as f64 };
        self.with_index(
            |files| files.index_entries(&name),
            |files, memory| {
                let entries = files.entries(&name, first, count, part(memory))?;
                Ok(entries.into_iter().map(told).collect())
            },
        )
    }
}

impl rows::Host for State {
    fn count(&mut self, name: String, at: String) -> wasmtime::Result<Result<u32, Fault>> {
        self.with_index(
            |files| files.index_rows(&name, &at),
            |files, _| files.count_rows(&name, &at),
        )
    }

    fn read(
        &mut self,
        name: String,
        at: String,
        columns: Vec<String>,
        first: u32,
        count: u32,
    ) -> wasmtime::Result<Result<Vec<Vec<u8>>, Fault>> {
        self.with_index(
            |files| files.index_rows(&name, &at),
            |files, memory| {
                let most = part(memory);
                files.read_rows(&name, &at, &Wanted { columns: &columns, first, count, most })
            },
        )
    }
}

#[cfg(test)]
mod tests;
