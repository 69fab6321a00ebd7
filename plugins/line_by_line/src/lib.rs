//! The dataset `line_by_line`: a prompt for each line of the file given with `--dataset-path`.
//!
//! A line is plain text, a JSON array of chat messages, or a JSON object, which is a whole request
//! body. Blank lines are passed over, and so are lines whose length is out of bounds: tokens where
//! there is a tokenizer, characters where not; bodies have no length. A line that cannot be read fails
//! its own item.

mod line;

use line::{Line, is_blank};
use loadwright_plugin::host::{Host, Imports};
use loadwright_plugin::settings::fault;
use loadwright_plugin::{
    Conversation, Dataset, DatasetProperties, Fault, conversation, properties, settings, turn,
};
use std::cell::RefCell;
use std::ops::RangeInclusive;

/// The file the user named.
const FILE: &str = "dataset-path";

/// Lines looked at in one call of the host: no more than are wanted, which is what memory may be
/// spent on, but not one by one where few of them pass.
const LOOKED_AT: (usize, usize) = (8, 256);

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

impl Seen {
    fn take(&mut self, passes: bool) {
        if passes {
            self.kept.push(self.lines);
        }
        self.lines += 1;
    }
}

impl<H: Host> LineByLine<H> {
    fn new(host: H, json: &str) -> Result<Self, Fault> {
        let given: settings::Dataset = settings::parse(json)?;
        settings::own::<settings::None>(given.settings.as_ref())?;
        let low = given.min_prompt_length.unwrap_or(0);
        let high = given.max_prompt_length.unwrap_or(u32::MAX);
        if low > high {
            let text = format!("{low} is above max_prompt_length, {high}");
            return Err(fault("min_prompt_length", text));
        }
        // Reads no line: a missing file is reported before the run, and no line can fail it.
        host.lines(FILE, 0, 0)?;
        let lengths = (low > 0 || high < u32::MAX).then_some(low..=high);
        let counts_tokens = lengths.is_some() && host.count("", false).is_ok();
        let in_chat = given.apply_chat_template.unwrap_or(true);
        Ok(Self { host, in_chat, lengths, counts_tokens, seen: RefCell::default() })
    }

    /// Looks on in the file until `wanted` lines have passed, or to its end.
    fn look(&self, wanted: usize) {
        let mut seen = self.seen.borrow_mut();
        while seen.kept.len() < wanted && !seen.ended {
            let count = (wanted - seen.kept.len()).clamp(LOOKED_AT.0, LOOKED_AT.1);
            match self.host.lines(FILE, seen.lines, count as u32) {
                Ok(lines) => {
                    seen.ended = lines.is_empty();
                    for bytes in lines {
                        let passes = self.passes(seen.lines, &bytes);
                        seen.take(passes);
                    }
                }
                // The line is too long, or nothing can be read: its item is the fault.
                Err(_) => seen.take(true),
            }
        }
    }

    /// Whether a line is an item. What cannot be read is one, and fails by itself when it is read;
    /// what has no length, or none that can be counted, is within all bounds.
    fn passes(&self, number: u32, bytes: &[u8]) -> bool {
        if is_blank(number, bytes) {
            return false;
        }
        let Some(lengths) = &self.lengths else { return true };
        let line = Line::read(number, bytes).ok().flatten();
        let length = line.and_then(|line| self.length(&line.text()?));
        length.is_none_or(|length| lengths.contains(&length))
    }

    fn length(&self, text: &str) -> Option<u32> {
        if self.counts_tokens {
            return self.host.count(text, false).ok();
        }
        Some(text.chars().count() as u32)
    }

    fn items(&self, first: u32, count: u32) -> Vec<Result<Conversation, Fault>> {
        let end = first.saturating_add(count) as usize;
        self.look(end);
        let seen = self.seen.borrow();
        let kept = seen.kept.get(first as usize..end.min(seen.kept.len())).unwrap_or_default();
        let mut items = Vec::with_capacity(kept.len());
        let mut batch: (u32, Vec<Vec<u8>>) = (0, Vec::new());
        for (index, &number) in kept.iter().enumerate() {
            if !(batch.0..batch.0 + batch.1.len() as u32).contains(&number) {
                // Freed first: two batches at once may be more than there is memory for.
                batch.1 = Vec::new();
                match self.host.lines(FILE, number, (kept.len() - index) as u32) {
                    Ok(lines) => batch = (number, lines),
                    Err(fault) => {
                        items.push(Err(fault));
                        continue;
                    }
                }
            }
            let bytes = batch.1.get((number - batch.0) as usize).ok_or_else(changed);
            items.push(bytes.and_then(|bytes| self.item(number, bytes)));
        }
        items
    }

    fn item(&self, number: u32, bytes: &[u8]) -> Result<Conversation, Fault> {
        let line = Line::read(number, bytes)?.ok_or_else(changed)?;
        Ok(conversation(turn(line.prompt(self.in_chat))))
    }
}

fn changed() -> Fault {
    Fault::Input("the file given with --dataset-path changed while it was read".into())
}

impl Dataset for LineByLine {
    fn configure(settings: &str) -> Result<Self, Fault> {
        Self::new(Imports, settings)
    }

    /// How many there are is not known before the whole file is read.
    fn properties(&self) -> Result<DatasetProperties, Fault> {
        Ok(properties())
    }

    fn generate(&self, first: u32, count: u32) -> Result<Vec<Result<Conversation, Fault>>, Fault> {
        Ok(self.items(first, count))
    }
}

loadwright_plugin::dataset!(LineByLine, "manifest.json");

#[cfg(test)]
mod tests;
