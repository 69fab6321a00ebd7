//! The dataset `line_by_line`: a prompt a line of the file behind `--dataset-path`.
//!
//! A line is plain text, a JSON array of chat messages, or a JSON object, which is a whole request
//! body. Blank lines are passed over, and so are lines whose length is out of bounds: tokens where
//! there is a tokenizer, characters where not; bodies have no length.

mod line;

use line::Line;
use loadwright_plugin::host::{Host, Imports};
use loadwright_plugin::{Conversation, Dataset, Fault, conversation, settings, turn};
use std::cell::RefCell;
use std::ops::RangeInclusive;

/// The file the user named.
const FILE: &str = "dataset-path";

/// Lines looked at in one call of the host.
const BATCH: u32 = 256;

/// The dataset, with the host that reads the file.
#[derive(Debug)]
pub struct LineByLine<H = Imports> {
    host: H,
    in_chat: bool,
    /// Lengths that pass; none: all.
    lengths: Option<RangeInclusive<u32>>,
    counts_tokens: bool,
    seen: RefCell<Seen>,
}

/// What is known of the file so far.
#[derive(Debug, Default)]
struct Seen {
    /// Lines that pass.
    kept: Vec<u32>,
    lines: u32,
    ended: bool,
}

impl<H: Host> LineByLine<H> {
    fn new(host: H, json: &str) -> Result<Self, Fault> {
        let given: settings::Dataset = settings::parse(json)?;
        settings::own::<settings::None>(given.settings.as_ref())?;
        let low = given.min_prompt_length.unwrap_or(0);
        let high = given.max_prompt_length.unwrap_or(u32::MAX);
        if low > high {
            return Err(Fault::Settings(format!(
                "min_prompt_length: {low} is above max_prompt_length, {high}"
            )));
        }
        // Reads the first line, so that a missing file is said before the run.
        host.lines(FILE, 0, 1)?;
        let lengths = (low > 0 || high < u32::MAX).then_some(low..=high);
        let counts_tokens = lengths.is_some() && host.count("", false).is_ok();
        let in_chat = given.apply_chat_template.unwrap_or(true);
        Ok(Self { host, in_chat, lengths, counts_tokens, seen: RefCell::default() })
    }

    /// Looks on in the file until `wanted` lines have passed, or to its end.
    fn look(&self, wanted: usize) -> Result<(), Fault> {
        let mut seen = self.seen.borrow_mut();
        while seen.kept.len() < wanted && !seen.ended {
            let lines = self.host.lines(FILE, seen.lines, BATCH)?;
            seen.ended = (lines.len() as u32) < BATCH;
            for bytes in lines {
                let number = seen.lines;
                if self.passes(number, &bytes)? {
                    seen.kept.push(number);
                }
                seen.lines += 1;
            }
        }
        Ok(())
    }

    fn passes(&self, number: u32, bytes: &[u8]) -> Result<bool, Fault> {
        let Some(lengths) = &self.lengths else {
            return Ok(!bytes.trim_ascii().is_empty());
        };
        let Some(text) = Line::read(number, bytes)?.map(|line| line.text()) else {
            return Ok(false);
        };
        let Some(text) = text else { return Ok(true) };
        let length = if self.counts_tokens {
            self.host.count(&text, false)?
        } else {
            text.chars().count() as u32
        };
        Ok(lengths.contains(&length))
    }

    fn items(&self, first: u32, count: u32) -> Result<Vec<Conversation>, Fault> {
        let end = first.saturating_add(count) as usize;
        self.look(end)?;
        let seen = self.seen.borrow();
        let kept = seen.kept.get(first as usize..end.min(seen.kept.len())).unwrap_or_default();
        let mut items = Vec::with_capacity(kept.len());
        let mut batch: (u32, Vec<Vec<u8>>) = (0, Vec::new());
        for &number in kept {
            if !(batch.0..batch.0 + batch.1.len() as u32).contains(&number) {
                batch = (number, self.host.lines(FILE, number, BATCH.min(count))?);
            }
            let bytes = batch.1.get((number - batch.0) as usize).ok_or_else(shorter)?;
            let line = Line::read(number, bytes)?.ok_or_else(shorter)?;
            items.push(conversation(turn(line.prompt(self.in_chat))));
        }
        Ok(items)
    }
}

fn shorter() -> Fault {
    Fault::Input("the file behind --dataset-path has changed while it was read".into())
}

impl Dataset for LineByLine {
    fn configure(settings: &str) -> Result<Self, Fault> {
        Self::new(Imports, settings)
    }

    /// Not known before the whole file is read.
    fn size(&self) -> Result<Option<u32>, Fault> {
        Ok(None)
    }

    fn generate(&self, first: u32, count: u32) -> Result<Vec<Conversation>, Fault> {
        self.items(first, count)
    }
}

loadwright_plugin::dataset!(LineByLine, "manifest.json");

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
