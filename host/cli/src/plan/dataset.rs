//! What prompts look like and where they come from: the settings of a dataset plugin.

use super::contents::Contents;
use super::files::without_paths;
use super::plugins::Choice;
use crate::args::PerfArgs;
use crate::diagnostics::Diagnostics;
use loadwright_core::ports::MAX_PROMPT_TOKENS;
use serde_json::{Value, json};

/// The bundled dataset that sends one given prompt.
const PROMPT_DATASET: &str = "prompt";

/// Default maximum length of generated prompts under `--simulate`.
const SIMULATED_PROMPT_LENGTH: u64 = 128;

/// What the dataset plugin is called, and what its other settings depend on.
pub(super) struct PromptContext<'a> {
    pub(super) dataset: &'a str,
    pub(super) choice: &'a Choice<'a>,
    pub(super) model: &'a str,
    /// Whether prompts are chat messages.
    pub(super) in_chat: bool,
}

/// Name of the dataset plugin.
pub(super) fn name(args: &PerfArgs, diagnostics: &mut Diagnostics) -> String {
    let dataset = &args.dataset.dataset;
    if args.prompt.prompt.is_none() {
        return dataset.clone();
    }
    if dataset != "random" {
        diagnostics.notice(format!("--prompt replaces the dataset {dataset}"));
    }
    PROMPT_DATASET.into()
}

/// Settings for the dataset plugin.
pub(super) fn settings(
    args: &PerfArgs,
    context: &PromptContext<'_>,
    contents: &Contents,
    diagnostics: &mut Diagnostics,
) -> Value {
    let prompt = &args.prompt;
    let PromptContext { dataset, choice, model, in_chat } = *context;
    check_tokenizer(args, choice, diagnostics);
    if choice.is_bundled_dataset() {
        check_combinations(args, dataset, diagnostics);
    }
    let (shortest, longest) = prompt_lengths(args, dataset, diagnostics);
    let prefix = prefix_length(args, dataset, longest, diagnostics);
    json!({
        "model": model,
        "min_prompt_length": shortest,
        "max_prompt_length": longest,
        "prefix_length": prefix,
        "prefix_count": diagnostics.whole_u32("prefix-count", &prompt.prefix_count, 1),
        "apply_chat_template": in_chat,
        "image_width": diagnostics.whole_u32("image-width", &prompt.image_width, 1),
        "image_height": diagnostics.whole_u32("image-height", &prompt.image_height, 1),
        "image_format": prompt.image_format,
        "image_num": diagnostics.whole_u32("image-num", &prompt.image_num, 0),
        "prompt": contents.prompt,
        "settings": without_paths(&contents.dataset, choice.dataset()),
    })
}

/// Reports a missing tokenizer where one is needed.
fn check_tokenizer(args: &PerfArgs, choice: &Choice<'_>, diagnostics: &mut Diagnostics) {
    let given = args.dataset.tokenizer_path.is_some() || args.target.simulate;
    let needing = choice.dataset().filter(|it| it.manifest.needs.tokenizer.is_some());
    let needed_by = match needing {
        _ if args.prompt.tokenize_prompt => "--tokenize-prompt".to_owned(),
        Some(dataset) => format!("the dataset {}", dataset.name()),
        None => return,
    };
    if !given {
        let text = format!(
            "is required by {needed_by}; give the model's tokenizer: a folder, a tokenizer.json, \
             or a hub id"
        );
        diagnostics.error("tokenizer-path", text);
    }
}

/// Reports settings that the bundled dataset of this name cannot use, or ignores.
fn check_combinations(args: &PerfArgs, dataset: &str, diagnostics: &mut Diagnostics) {
    let prompt = &args.prompt;
    if prompt.tokenize_prompt && dataset == "random_vl" {
        let text = "cannot be combined with --dataset random_vl: token ids carry no images; remove \
                    it, or use --dataset random";
        diagnostics.error("tokenize-prompt", text);
    }
    let has_prefix = prompt.prefix_length.0.as_ref().is_ok_and(|length| *length > 0);
    let has_several = prompt.prefix_count.0.as_ref().is_ok_and(|count| *count > 1);
    match (has_prefix, has_several) {
        (_, true) if !generates(dataset) => {
            let text = "applies only to the datasets random and random_vl; remove it";
            diagnostics.error("prefix-count", text);
        }
        (true, _) if !generates(dataset) => {
            let text = "--prefix-length has no effect: only random and random_vl add a prefix";
            diagnostics.notice(text);
        }
        (false, true) => {
            let text = "needs --prefix-length; give the tokens of a prefix";
            diagnostics.error("prefix-count", text);
        }
        _ => {}
    }
}

/// Length of the prefix, which is part of what a model is sent.
fn prefix_length(
    args: &PerfArgs,
    dataset: &str,
    longest: Option<u64>,
    diagnostics: &mut Diagnostics,
) -> u64 {
    let max = longest_prompt(dataset);
    let prefix = diagnostics.whole("prefix-length", &args.prompt.prefix_length, &(0..=max));
    let max = u64::try_from(max).unwrap_or_default();
    let longest = longest.unwrap_or(0);
    if prefix <= max && longest <= max && prefix + longest > max {
        let text = format!(
            "{prefix} tokens before a prompt of {longest} exceed the limit of {max}; lower one of \
             the two"
        );
        diagnostics.error("prefix-length", text);
    }
    prefix
}

/// Bounds of the prompt length; the upper one is required where prompts are generated.
fn prompt_lengths(
    args: &PerfArgs,
    dataset: &str,
    diagnostics: &mut Diagnostics,
) -> (u64, Option<u64>) {
    let prompt = &args.prompt;
    let range = 0..=longest_prompt(dataset);
    let shortest = diagnostics.whole("min-prompt-length", &prompt.min_prompt_length, &range);
    let longest = match &prompt.max_prompt_length {
        Some(given) => Some(diagnostics.whole("max-prompt-length", given, &range)),
        // A dataset that reads texts would take it for a filter.
        None if args.target.simulate && generates(dataset) => {
            Some(SIMULATED_PROMPT_LENGTH.max(shortest))
        }
        None => None,
    };
    match longest {
        None if generates(dataset) => {
            let text = format!(
                "is required by the dataset {dataset}; give the length of prompts in tokens"
            );
            diagnostics.error("max-prompt-length", text);
        }
        Some(longest) if shortest > longest => {
            let text = format!("{shortest} is above --max-prompt-length {longest}; lower it");
            diagnostics.error("min-prompt-length", text);
        }
        _ => {}
    }
    (shortest, longest)
}

/// Longest prompt in tokens. Where prompts are read, a length is a filter, and may be anything.
fn longest_prompt(dataset: &str) -> i64 {
    i64::from(if generates(dataset) { MAX_PROMPT_TOKENS } else { u32::MAX })
}

/// Whether the bundled dataset of this name generates prompts to a length in tokens.
fn generates(dataset: &str) -> bool {
    matches!(dataset, "random" | "random_vl")
}
