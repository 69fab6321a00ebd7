//! Which endpoint a URL names, and where its neighbour for token ids is.

use loadwright_plugin::Fault;

/// How a body carries its prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `messages`
    Chat,
    /// `prompt`
    Completions,
    /// `input`
    Embeddings,
    /// `query` and `documents`
    Rerank,
}

impl Style {
    /// Whether a reply is generated, so that it has a length and can be streamed.
    pub(crate) fn generates(self) -> bool {
        matches!(self, Self::Chat | Self::Completions)
    }
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
    /// By the end of the path; one that is not known takes messages.
    pub(crate) fn of(url: &str) -> Self {
        let path = path(url).trim_end_matches('/').to_string();
        let style = match path.rsplit('/').next() {
            Some("completions") if !path.ends_with(CHAT) => Style::Completions,
            Some("embeddings") => Style::Embeddings,
            Some("rerank" | "reranks") => Style::Rerank,
            _ => Style::Chat,
        };
        Self { style, path }
    }

    /// The path for token ids, where it is not the URL's own.
    pub(crate) fn tokens_path(&self) -> Result<Option<String>, Fault> {
        match (self.style, self.path.strip_suffix(CHAT)) {
            (Style::Completions | Style::Embeddings, _) => Ok(None),
            (Style::Chat, Some(base)) => Ok(Some(format!("{base}{COMPLETIONS}"))),
            (Style::Chat | Style::Rerank, _) => Err(Fault::Unsupported(
                "token ids are sent to a completions endpoint: give a --url that ends in \
                 /completions or /chat/completions, or leave out --tokenize-prompt"
                    .into(),
            )),
        }
    }

    /// How bodies with token ids carry them.
    pub(crate) fn tokens_style(&self) -> Style {
        match self.style {
            Style::Embeddings => Style::Embeddings,
            _ => Style::Completions,
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
