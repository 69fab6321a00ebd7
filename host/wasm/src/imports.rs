//! The interfaces that the contract's worlds import: log, random, tokenizer, files and rows.
//!
//! Time spent here does not count against the guest's limit.

use crate::bindings::bulk::loadwright::plugin::types::Fault;
use crate::bindings::bulk::loadwright::plugin::{files, log, random, rows, tokenizer, types};
use crate::convert;
use crate::guest_output::Level;
use crate::seeded;
use crate::state::State;
use loadwright_core::conversation::Message;
use loadwright_core::ports::{self, Synthesis, Tokenizer};
use loadwright_core::setting::SettingFault;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wasmtime::component::{HasSelf, Linker};

/// Adds the contract's interfaces to `linker`.
///
/// # Errors
/// An interface was added before.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    types::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    log::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    random::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    tokenizer::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    files::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    rows::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}

impl types::Host for State {}

impl log::Host for State {
    fn write(&mut self, level: log::Level, text: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        self.for_guest(|state| state.output.line(level, &text));
        Ok(())
    }
}

impl random::Host for State {
    fn fill(&mut self, label: String, index: u32, count: u32) -> wasmtime::Result<Vec<u8>> {
        wasmtime::ensure!(
            u64::from(count) <= self.limits.memory,
            "it requested {count} bytes from random.fill, more than its memory limit"
        );
        Ok(self.for_guest(|state| seeded::bytes(state.services.seed, &label, index, count)))
    }
}

impl State {
    fn with_tokenizer<T>(
        &mut self,
        ask: impl FnOnce(&dyn Tokenizer, u64) -> Result<T, ports::Fault>,
    ) -> wasmtime::Result<Result<T, Fault>> {
        self.check_stop()?;
        let answer = self.for_guest(|state| {
            let services = Arc::clone(&state.services);
            let chosen = services.tokenizer.as_deref().ok_or_else(|| {
                Fault::from(ports::Fault::Settings(SettingFault {
                    name: None,
                    text: "it needs a tokenizer, but none was given; give --tokenizer-path".into(),
                }))
            })?;
            ask(chosen, services.seed).map_err(Fault::from)
        });
        // A stop may have interrupted the tokenizer: its result is not valid then.
        self.check_stop()?;
        Ok(answer)
    }
}

impl tokenizer::Host for State {
    fn encode(&mut self, text: String) -> wasmtime::Result<Result<Vec<u32>, Fault>> {
        self.with_tokenizer(|tokenizer, _| tokenizer.encode(&text))
    }

    fn decode(&mut self, tokens: Vec<u32>) -> wasmtime::Result<Result<String, Fault>> {
        self.with_tokenizer(|tokenizer, _| tokenizer.decode(&tokens))
    }

    fn count(&mut self, text: String, in_chat: bool) -> wasmtime::Result<Result<u32, Fault>> {
        self.with_tokenizer(|tokenizer, _| {
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
        self.with_tokenizer(|tokenizer, _| tokenizer.count_chat(&messages))
    }

    fn truncate(&mut self, text: String, tokens: u32) -> wasmtime::Result<Result<String, Fault>> {
        self.with_tokenizer(|tokenizer, _| tokenizer.truncate(&text, tokens))
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
        self.with_tokenizer(|tokenizer, seed| {
            let (label, prefix, stop) = (&*label, &*prefix, Some(&services.stop));
            let request = Synthesis { seed, label, index, prefix, tokens, in_chat, stop };
            let made = tokenizer.synthesize(&request)?;
            services.inexact.fetch_add(u64::from(made.tokens != tokens), Ordering::Relaxed);
            Ok(tokenizer::Synthesized { text: made.text, tokens: made.tokens })
        })
    }
}

impl State {
    fn with_files<T>(
        &mut self,
        ask: impl FnOnce(&crate::files::FileSet, u64) -> Result<T, String>,
    ) -> wasmtime::Result<Result<T, Fault>> {
        self.check_stop()?;
        Ok(self.for_guest(|state| {
            ask(&state.services.files, state.limits.memory).map_err(Fault::Input)
        }))
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
        self.with_files(|files, most| files.read(&name, offset, u64::from(count).min(most)))
    }

    fn lines(
        &mut self,
        name: String,
        first: u32,
        count: u32,
    ) -> wasmtime::Result<Result<Vec<Vec<u8>>, Fault>> {
        // A quarter of the memory: the guest's text, JSON and prompt take the rest.
        self.with_files(|files, most| files.lines(&name, first, count, most / 4))
    }

    fn entries(
        &mut self,
        name: String,
        first: u32,
        count: u32,
    ) -> wasmtime::Result<Result<Vec<files::Entry>, Fault>> {
        self.with_files(|files, _| {
            let names = files.entries(&name)?.into_iter().skip(first as usize);
            let entry = |name| files::Entry { name, folder: false, size: 0.0 };
            Ok(names.take(count as usize).map(entry).collect())
        })
    }
}

impl rows::Host for State {
    fn count(&mut self, name: String, _at: String) -> wasmtime::Result<Result<u32, Fault>> {
        Ok(Err(Fault::Unsupported(format!("rows of `{name}` cannot be read"))))
    }

    fn read(
        &mut self,
        name: String,
        _at: String,
        _columns: Vec<String>,
        _first: u32,
        _count: u32,
    ) -> wasmtime::Result<Result<Vec<Vec<u8>>, Fault>> {
        Ok(Err(Fault::Unsupported(format!("rows of `{name}` cannot be read"))))
    }
}
