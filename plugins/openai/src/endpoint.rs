//! Which of the two endpoints a URL names, and where the other one is.

use loadwright_plugin::Fault;

/// How a body carries its prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `messages`
    Chat,
    /// `prompt`
    Completions,
}

/// The URL's endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) style: Style,
    path: String,
}

const CHAT: &str = "/chat/completions";
const COMPLETIONS: &str = "/completions";

impl Endpoint {
    /// A path that ends in `/completions` without `chat` before it takes prompts; any other takes
    /// messages.
    pub(crate) fn of(url: &str) -> Self {
        let path = path(url).trim_end_matches('/').to_string();
        let style = if path.ends_with(COMPLETIONS) && !path.ends_with(CHAT) {
            Style::Completions
        } else {
            Style::Chat
        };
        Self { style, path }
    }

    /// The path for token ids, where it is not the URL's own.
    pub(crate) fn completions_path(&self) -> Result<Option<String>, Fault> {
        match (self.style, self.path.strip_suffix(CHAT)) {
            (Style::Completions, _) => Ok(None),
            (Style::Chat, Some(base)) => Ok(Some(format!("{base}{COMPLETIONS}"))),
            (Style::Chat, None) => Err(Fault::Unsupported(
                "token ids go to a completions endpoint: give a --url that ends in /completions or \
                 /chat/completions, or leave --tokenize-prompt"
                    .into(),
            )),
        }
    }
}

/// The path of an absolute URL, without query and fragment.
fn path(url: &str) -> &str {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = behind_scheme.find(['?', '#']).unwrap_or(behind_scheme.len());
    let before_query = &behind_scheme[..end];
    before_query.find('/').map_or("", |start| &before_query[start..])
}

#[cfg(test)]
mod tests;
