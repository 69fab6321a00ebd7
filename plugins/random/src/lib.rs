//! The dataset `random`: prompts of exact token lengths.
//!
//! Lengths are uniform in `[min_prompt_length, max_prompt_length]`; the tokens of the shared prefix
//! come on top. The host's tokenizer makes the text, and counts as a server does: in chat, what the
//! template adds is part of the length.

use loadwright_plugin::host::{Host, Imports, Synthesis, Synthesized};
use loadwright_plugin::settings::fault;
use loadwright_plugin::{
    Conversation, Dataset, DatasetProperties, Fault, Turn, conversation, items, properties,
    settings, turn, user,
};
use std::cell::RefCell;
use std::collections::HashMap;

/// The dataset, with the host that makes its texts.
#[derive(Debug)]
pub struct Random<H = Imports> {
    texts: Texts<H>,
}

/// Seeded texts of exact lengths.
#[derive(Debug)]
pub struct Texts<H> {
    host: H,
    lengths: (u32, u32),
    prefix_length: u32,
    prefix_count: u32,
    in_chat: bool,
    /// Prefixes made so far; each is used many times.
    prefixes: RefCell<HashMap<u32, String>>,
}

impl<H: Host> Texts<H> {
    /// Reads the lengths.
    ///
    /// # Errors
    /// A length is missing or cannot be, or there is no tokenizer.
    pub fn new(host: H, given: &settings::Dataset) -> Result<Self, Fault> {
        let in_chat = given.apply_chat_template.unwrap_or(true);
        let lengths = lengths(&host, given, in_chat)?;
        let prefix_count = given.prefix_count.unwrap_or(1);
        if prefix_count == 0 {
            return Err(fault("prefix_count", "it is 0: give --prefix-count 1 or more"));
        }
        let prefix_length = given.prefix_length.unwrap_or(0);
        if lengths.1.checked_add(prefix_length).is_none() {
            return Err(fault(
                "prefix_length",
                "with the prompt it is too long: give fewer tokens",
            ));
        }
        let prefixes = RefCell::default();
        Ok(Self { host, lengths, prefix_length, prefix_count, in_chat, prefixes })
    }

    /// The host that makes the texts.
    pub fn host(&self) -> &H {
        &self.host
    }

    /// Whether texts are counted as chat messages.
    pub fn in_chat(&self) -> bool {
        self.in_chat
    }

    /// The text of one item.
    ///
    /// # Errors
    /// The host cannot make it.
    pub fn text(&self, index: u32) -> Result<Synthesized, Fault> {
        let tokens = self.length(index) + self.prefix_length;
        let in_chat = self.in_chat;
        if self.prefix_length == 0 {
            return self.synthesize(&Synthesis {
                label: "prompt",
                index,
                prefix: "",
                tokens,
                in_chat,
            });
        }
        let which = index % self.prefix_count;
        let prefix = match self.prefixes.borrow().get(&which) {
            Some(prefix) => prefix.clone(),
            None => self.prefix(which)?,
        };
        let text = self.synthesize(&Synthesis {
            label: "prompt",
            index,
            prefix: &prefix,
            tokens,
            in_chat,
        });
        self.prefixes.borrow_mut().insert(which, prefix);
        text
    }

    fn prefix(&self, index: u32) -> Result<String, Fault> {
        let tokens = self.prefix_length;
        let prefix = Synthesis { label: "prefix", index, prefix: "", tokens, in_chat: false };
        Ok(self.synthesize(&prefix)?.text)
    }

    fn synthesize(&self, text: &Synthesis<'_>) -> Result<Synthesized, Fault> {
        self.host.synthesize(text)
    }

    /// Uniform: 64 random bits, scaled to the range.
    fn length(&self, index: u32) -> u32 {
        let (low, high) = self.lengths;
        let bytes = self.host.random("length", index, 8);
        let bits = u64::from_le_bytes(bytes.try_into().expect("the host gives eight bytes"));
        let range = u128::from(high - low) + 1;
        low + ((u128::from(bits) * range) >> 64) as u32
    }
}

/// The bounds of a length. A minimum that was not given, or is 0, is the shortest prompt there is.
fn lengths<H: Host>(
    host: &H,
    given: &settings::Dataset,
    in_chat: bool,
) -> Result<(u32, u32), Fault> {
    let high = given
        .max_prompt_length
        .ok_or_else(|| fault("max_prompt_length", "it is not set: give --max-prompt-length"))?;
    let shortest = if in_chat { host.count("", true)?.saturating_add(1) } else { 1 };
    let low = match given.min_prompt_length {
        None | Some(0) => shortest,
        Some(low) => low,
    };
    let short = |name: &str, length: u32| {
        Err(fault(name, format!("{length} is too short: the minimum here is {shortest}")))
    };
    if high < shortest {
        return short("max_prompt_length", high);
    }
    if low < shortest {
        return short("min_prompt_length", low);
    }
    if low > high {
        let text = format!("{low} is above max_prompt_length, {high}");
        return Err(fault("min_prompt_length", text));
    }
    Ok((low, high))
}

impl<H: Host> Random<H> {
    fn new(host: H, json: &str) -> Result<Self, Fault> {
        let given: settings::Dataset = settings::parse(json)?;
        settings::own::<settings::None>(given.settings.as_ref())?;
        Ok(Self { texts: Texts::new(host, &given)? })
    }

    fn item(&self, index: u32) -> Result<Conversation, Fault> {
        let Synthesized { text, tokens } = self.texts.text(index)?;
        let turn = turn(user(text, self.texts.in_chat));
        Ok(conversation(Turn { input_tokens: Some(tokens), ..turn }))
    }
}

impl Dataset for Random {
    fn configure(settings: &str) -> Result<Self, Fault> {
        Self::new(Imports, settings)
    }

    fn properties(&self) -> Result<DatasetProperties, Fault> {
        Ok(properties())
    }

    fn generate(&self, first: u32, count: u32) -> Result<Vec<Result<Conversation, Fault>>, Fault> {
        Ok(items(first, count, |index| self.item(index)))
    }
}

#[cfg(feature = "component")]
loadwright_plugin::dataset!(Random, "manifest.json");

#[cfg(test)]
mod tests;
