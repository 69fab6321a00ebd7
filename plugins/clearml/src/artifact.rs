//! A file of a task.

use crate::state::Task;
use formats::text::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The longest preview, in bytes.
const PREVIEW: usize = 16 << 10;

/// A file that is added to a task.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Artifact {
    /// Unique in the task.
    pub(crate) key: &'static str,
    pub(crate) file: &'static str,
    pub(crate) mime: &'static str,
    pub(crate) content: Vec<u8>,
}

impl Artifact {
    /// Where it is stored, relative to the file server.
    pub(crate) fn path(&self, project: &str, task: &Task) -> String {
        let project: Vec<String> = project.split('/').map(plain).collect();
        let (project, name) = (project.join("/"), plain(&task.name));
        format!("{project}/{name}.{}/artifacts/{}/{}", task.id, self.key, self.file)
    }

    /// As a task lists it.
    pub(crate) fn entry(&self, uri: &str, timestamp: f64) -> Value {
        json!({
            "key": self.key,
            "type": "custom",
            "uri": uri,
            "content_size": self.content.len(),
            "hash": self.hash(),
            "timestamp": timestamp as i64,
            "type_data": { "preview": self.preview(), "content_type": self.mime },
        })
    }

    /// SHA-256 in hexadecimal.
    pub(crate) fn hash(&self) -> String {
        hex(&Sha256::digest(&self.content))
    }

    fn preview(&self) -> String {
        let end = self.content.len().min(PREVIEW);
        let text = String::from_utf8_lossy(&self.content[..end]).into_owned();
        if end < self.content.len() { text + "…" } else { text }
    }
}

/// A part of a path with nothing that a URL, a header or a file system reads otherwise.
fn plain(text: &str) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let text: String = text.chars().map(|c| if is_plain(&c) { c } else { '_' }).take(128).collect();
    if text.trim_matches('.').is_empty() { "_".into() } else { text }
}

#[cfg(test)]
mod tests;
