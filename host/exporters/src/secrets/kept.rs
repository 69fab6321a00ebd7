//! Values kept from responses: session tokens, cookies, upload URLs.

use crate::address::Reach;
use loadwright_core::ports::Fault;
use std::collections::{BTreeMap, VecDeque};

/// The most names.
const MOST: usize = 256;

/// The longest value, in bytes.
const LONGEST: usize = 16 << 10;

/// The longest name, in bytes.
const LONGEST_NAME: usize = 64;

/// A value kept from a response.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) value: String,
    /// Of the response.
    pub(crate) origin: url::Origin,
    /// Of the server that gave it.
    pub(crate) reach: Reach,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Kept(from {})", self.origin.ascii_serialization())
    }
}

/// All that is kept, and what was.
#[derive(Default)]
pub(super) struct KeptValues {
    named: BTreeMap<String, Kept>,
    /// Values that were replaced: they are masked still.
    replaced: VecDeque<String>,
}

impl std::fmt::Debug for KeptValues {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "KeptValues({:?})", self.named.keys())
    }
}

impl KeptValues {
    pub(super) fn get(&self, name: &str) -> Result<&Kept, Fault> {
        self.named.get(name).ok_or_else(|| {
            let name: String = name.chars().take(LONGEST_NAME).collect();
            Fault::Fatal(format!("nothing is kept as `{name}`"))
        })
    }

    pub(super) fn insert(&mut self, name: &str, kept: Kept) -> Result<(), Fault> {
        check_name(name)?;
        if kept.value.len() > LONGEST {
            let text = format!("value for `{name}` is longer than {LONGEST} bytes: not kept");
            return Err(Fault::Fatal(text));
        }
        if self.named.len() == MOST && !self.named.contains_key(name) {
            return Err(Fault::Fatal(format!("more than {MOST} values are kept; use names again")));
        }
        let new = kept.value.clone();
        if let Some(old) = self.named.insert(name.to_owned(), kept).filter(|old| old.value != new) {
            self.replaced.push_back(old.value);
            self.replaced.drain(..self.replaced.len().saturating_sub(MOST));
        }
        Ok(())
    }

    /// Of all, for masking.
    pub(super) fn values(&self) -> Vec<&str> {
        let named = self.named.values().map(|kept| kept.value.as_str());
        named.chain(self.replaced.iter().map(String::as_str)).collect()
    }
}

/// Whether `name` can be kept under.
pub(crate) fn check_name(name: &str) -> Result<(), Fault> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(plain) {
        return Ok(());
    }
    let text = "name to keep a value under: use up to 64 letters, digits, `-`, `_` and `.`";
    Err(Fault::Fatal(text.into()))
}
