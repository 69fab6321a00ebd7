//! Files of names and passwords by host, as curl, Git and Python read them.

use loadwright_core::manifest::NetrcField;
use std::iter::Peekable;
use std::str::Chars;

/// An entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) machine: String,
    pub(super) login: String,
    pub(super) password: String,
}

impl Entry {
    pub(super) fn field(&self, field: NetrcField) -> &str {
        match field {
            NetrcField::Login => &self.login,
            NetrcField::Password => &self.password,
            NetrcField::Machine => &self.machine,
        }
    }
}

/// The entry of `machine`, a host or a URL; empty: the first one. The entry `default` is not used: what
/// it holds was not meant for this service.
pub(super) fn find(text: &str, machine: &str) -> Result<Option<Entry>, String> {
    let mut entries = entries(text)?.into_iter();
    Ok(entries.find(|entry| machine.is_empty() || host(&entry.machine) == host(machine)))
}

/// Host and port of a URL, or the whole text; in lower case.
fn host(text: &str) -> String {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    host.rsplit('@').next().unwrap_or(host).to_ascii_lowercase()
}

/// All entries but `default`.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>, String> {
    let mut words = Words { rest: text.chars().peekable(), line: 1 };
    let mut entries = Vec::new();
    let mut entry: Option<Entry> = None;
    while let Some(word) = words.next_word()? {
        match word.as_str() {
            "machine" => {
                entries.extend(entry.take());
                entry = Some(Entry { machine: words.value("machine")?, ..Entry::default() });
            }
            "default" => {
                entries.extend(entry.take());
                entry = Some(Entry::default());
            }
            "macdef" => words.skip_macro(),
            part @ ("login" | "user" | "password" | "account") => {
                let value = words.value(part)?;
                let entry = entry.as_mut().ok_or_else(|| {
                    format!("line {}: `{part}` stands before the first machine", words.line)
                })?;
                match part {
                    "password" => entry.password = value,
                    "account" => {}
                    _ => entry.login = value,
                }
            }
            _ => return Err(format!("line {}: a word is not known in a netrc file", words.line)),
        }
    }
    entries.extend(entry);
    entries.retain(|entry| !entry.machine.is_empty());
    Ok(entries)
}

/// The words of the file, in quotes or without.
struct Words<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
}

impl Words<'_> {
    fn next_char(&mut self) -> Option<char> {
        let next = self.rest.next();
        self.line += usize::from(next == Some('\n'));
        next
    }

    /// The next word; comments, from a word that begins with `#` to the end of the line, are left out.
    fn next_word(&mut self) -> Result<Option<String>, String> {
        loop {
            while self.rest.next_if(|c| c.is_whitespace() && *c != '\n').is_some() {}
            match self.rest.peek() {
                None => return Ok(None),
                Some('\n') => drop(self.next_char()),
                Some('#') => while self.rest.next_if(|c| *c != '\n').is_some() {},
                Some('"') => return self.quoted().map(Some),
                Some(_) => return Ok(Some(self.plain())),
            }
        }
    }

    /// What follows the word `name`; it may begin with `#`.
    fn value(&mut self, name: &str) -> Result<String, String> {
        let line = self.line;
        while self.rest.peek().is_some_and(|c| c.is_whitespace()) {
            self.next_char();
        }
        match self.rest.peek() {
            None => Err(format!("line {line}: `{name}` has no value")),
            Some('"') => self.quoted(),
            Some(_) => Ok(self.plain()),
        }
    }

    fn quoted(&mut self) -> Result<String, String> {
        let line = self.line;
        self.next_char();
        let mut word = String::new();
        loop {
            match self.next_char() {
                Some('"') => return Ok(word),
                Some('\\') => word.extend(self.next_char()),
                Some('\n') | None => return Err(format!("line {line}: a quote is not closed")),
                Some(other) => word.push(other),
            }
        }
    }

    fn plain(&mut self) -> String {
        let mut word = String::new();
        while let Some(next) = self.rest.next_if(|c| !c.is_whitespace()) {
            match next {
                '\\' => word.extend(self.next_char()),
                other => word.push(other),
            }
        }
        word
    }

    /// A macro ends at an empty line.
    fn skip_macro(&mut self) {
        let mut before = ' ';
        while let Some(next) = self.next_char() {
            if next == '\n' && before == '\n' {
                return;
            }
            before = next;
        }
    }
}

#[cfg(test)]
mod tests;
