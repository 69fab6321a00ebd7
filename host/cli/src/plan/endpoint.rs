//! The endpoint that requests go to, and whether prompts are chat messages there: by what the
//! manifest of the API says of its paths.

use super::plugins::Choice;
use crate::args::PerfArgs;
use crate::args::prompt::PromptArgs;
use crate::diagnostics::Diagnostics;
use loadwright_core::manifest::PromptKind;
use loadwright_core::secret::masked_url;
use url::Url;

/// Appends the endpoint if the path names none, and exchanges it where token ids go to another.
pub(super) fn complete(
    args: &PerfArgs,
    choice: &Choice<'_>,
    url: &mut Url,
    diagnostics: &mut Diagnostics,
) {
    let api = &choice.takes;
    let exchanged =
        args.prompt.tokenize_prompt.then(|| api.redirected(url.path(), &PromptKind::Tokens));
    if let Some(path) = exchanged.flatten() {
        url.set_path(&path);
        let url = masked_url(url.as_str());
        diagnostics.notice(format!("--tokenize-prompt sends token ids, so requests go to {url}"));
        return;
    }
    let kind = preferred(&args.prompt, choice);
    if let Some(path) = kind.and_then(|kind| api.completed(url.path(), &kind)) {
        url.set_path(&path);
        if !args.target.simulate {
            let url = masked_url(url.as_str());
            diagnostics.notice(format!("--url names no endpoint, so requests go to {url}"));
        }
    }
}

/// The kind of prompt that is sent where the URL does not tell: of those that have an endpoint, and
/// that the dataset makes.
fn preferred(prompt: &PromptArgs, choice: &Choice<'_>) -> Option<PromptKind> {
    if prompt.tokenize_prompt {
        return Some(PromptKind::Tokens);
    }
    let made = |kind: &&PromptKind| choice.makes.is_empty() || choice.makes.contains(kind);
    let mut kinds: Vec<&PromptKind> = choice.takes.paths.keys().filter(made).collect();
    let first = if prompt.no_apply_chat_template { PromptKind::Text } else { PromptKind::Messages };
    kinds.sort_by_key(|kind| **kind != first);
    kinds.first().map(|kind| (*kind).clone())
}

/// Whether prompts are chat messages at `url`. The endpoint decides, because it does so for what
/// is sent; the flags do if neither the URL nor the API tells.
pub(super) fn in_chat(
    args: &PerfArgs,
    choice: &Choice<'_>,
    url: &str,
    diagnostics: &mut Diagnostics,
) -> bool {
    let prompt = &args.prompt;
    if prompt.tokenize_prompt && prompt.apply_chat_template {
        let text = "cannot be combined with --tokenize-prompt, which sends bare token ids";
        diagnostics.error("apply-chat-template", text);
        return false;
    }
    let path = Url::parse(url).map(|url| url.path().to_owned()).unwrap_or_default();
    let at_url = is_chat(&choice.takes.kinds_at(&path));
    let other = |kind: PromptKind| {
        let path = choice.takes.paths.get(&kind);
        path.map_or("remove the flag".into(), |path| {
            format!("remove the flag, or give a URL that ends in {path}")
        })
    };
    match at_url {
        Some(true) if prompt.no_apply_chat_template => {
            let text = "contradicts --url, whose endpoint takes chat messages";
            let text = format!("{text}; {}", other(PromptKind::Text));
            diagnostics.error("no-apply-chat-template", text);
            true
        }
        Some(false) if prompt.apply_chat_template => {
            let text = "contradicts --url, whose endpoint takes plain text";
            let text = format!("{text}; {}", other(PromptKind::Messages));
            diagnostics.error("apply-chat-template", text);
            false
        }
        Some(chat) => chat,
        None => by_api(prompt, choice, diagnostics),
    }
}

/// Whether prompts are chat messages by what the API takes; the flags tell where it takes both.
fn by_api(prompt: &PromptArgs, choice: &Choice<'_>, diagnostics: &mut Diagnostics) -> bool {
    let name = choice.api().map_or("", |api| api.name());
    let takes = |what| format!("contradicts --api {name}, which takes {what}; remove the flag");
    match is_chat(&choice.takes.prompts.iter().collect::<Vec<_>>()) {
        Some(true) if prompt.no_apply_chat_template => {
            diagnostics.error("no-apply-chat-template", takes("chat messages"));
            true
        }
        Some(false) if prompt.apply_chat_template => {
            diagnostics.error("apply-chat-template", takes("plain text"));
            false
        }
        Some(chat) => chat && !prompt.tokenize_prompt,
        None => prompt.apply_chat_template,
    }
}

/// Whether messages are among these kinds rather than bare prompts; none: both or neither are.
fn is_chat(kinds: &[&PromptKind]) -> Option<bool> {
    let messages = kinds.contains(&&PromptKind::Messages);
    let bare = kinds.contains(&&PromptKind::Text) || kinds.contains(&&PromptKind::Tokens);
    (messages != bare).then_some(messages)
}
