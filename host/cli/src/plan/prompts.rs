//! What prompts look like and where they come from: the settings of a dataset plugin.

use super::Shared;
use super::json::Contents;
use loadwright_core::ports::MAX_PROMPT_TOKENS;
use loadwright_files::FileError;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The bundled dataset that sends one given prompt.
const PROMPT_DATASET: &str = "prompt";

/// Length at most of prompts that are made up under `--simulate`, where none is given.
const SIMULATED_PROMPT_LENGTH: u64 = 128;

impl Shared<'_> {
    /// Name of the dataset plugin.
    pub(super) fn dataset(&mut self) -> String {
        if self.args.prompt.prompt.is_none() {
            return self.args.dataset.dataset.clone();
        }
        if self.args.dataset.dataset != "random" {
            let dataset = &self.args.dataset.dataset;
            self.findings.notice(format!("--prompt is sent instead of the dataset {dataset}"));
        }
        PROMPT_DATASET.into()
    }

    /// Reports settings that the bundled dataset of this name cannot use, or does not.
    pub(super) fn check_dataset(&mut self, dataset: &str) {
        let prompt = &self.args.prompt;
        // A plugin of the same name may do otherwise.
        if !self.args.plugins.plugin.is_empty() {
            return;
        }
        if prompt.tokenize_prompt && dataset == "random_vl" {
            let text = "cannot stand beside --dataset random_vl: token ids carry no images; leave \
                        it out, or take --dataset random";
            self.findings.mistake("tokenize-prompt", text);
        }
        let prefix = prompt.prefix_length.as_ref().is_ok_and(|length| *length > 0);
        let prefixes = prompt.prefix_count.as_ref().is_ok_and(|count| *count > 1);
        match (prefix, prefixes) {
            (_, true) if !is_made_up(dataset) => {
                let text = "belongs to the datasets random and random_vl; leave it out";
                self.findings.mistake("prefix-count", text);
            }
            (true, _) if !is_made_up(dataset) => {
                let text = "--prefix-length has no effect: only random and random_vl make a prefix";
                self.findings.notice(text);
            }
            (false, true) => {
                let text = "needs --prefix-length; give the tokens of a prefix";
                self.findings.mistake("prefix-count", text);
            }
            _ => {}
        }
    }

    /// The file that the dataset reads.
    pub(super) fn dataset_path(&mut self) -> Option<PathBuf> {
        let path = self.args.dataset.dataset_path.clone()?;
        match loadwright_files::open(&path) {
            Ok(_) | Err(FileError::Folder) => {}
            Err(error) => {
                let text = format!("{} {error}; give the file to read", path.display());
                self.findings.mistake("dataset-path", text);
            }
        }
        Some(path)
    }

    /// Settings on their way to the dataset plugin.
    pub(super) fn dataset_settings(
        &mut self,
        model: &str,
        dataset: &str,
        in_chat: bool,
        contents: &Contents,
    ) -> Value {
        let prompt = &self.args.prompt;
        let (shortest, longest) = self.prompt_lengths(dataset);
        let prefix = self.prefix_length(dataset, longest);
        json!({
            "model": model,
            "min_prompt_length": shortest,
            "max_prompt_length": longest,
            "prefix_length": prefix,
            "prefix_count": self.findings.small("prefix-count", &prompt.prefix_count, 1),
            "apply_chat_template": in_chat,
            "image_width": self.findings.small("image-width", &prompt.image_width, 1),
            "image_height": self.findings.small("image-height", &prompt.image_height, 1),
            "image_format": prompt.image_format,
            "image_num": self.findings.small("image-num", &prompt.image_num, 0),
            "prompt": contents.prompt,
            "settings": contents.dataset,
        })
    }

    /// Reports a tokenizer that is needed and was not given, where that is certain without asking
    /// a plugin.
    pub(super) fn check_tokenizer(&mut self, dataset: &str) {
        let given = self.args.dataset.tokenizer_path.is_some() || self.args.target.simulate;
        // A plugin of the same name may need none.
        let bundled = self.args.plugins.plugin.is_empty();
        let needs = if self.args.prompt.tokenize_prompt {
            "--tokenize-prompt"
        } else if bundled && is_made_up(dataset) {
            &format!("the dataset {dataset}")
        } else {
            return;
        };
        if !given {
            let text = format!(
                "is required by {needs}; give the model's tokenizer: a folder, a tokenizer.json, \
                 or a hub id"
            );
            self.findings.mistake("tokenizer-path", text);
        }
    }

    /// Length of the prefix, which is part of what a model is sent.
    fn prefix_length(&mut self, dataset: &str, longest: Option<u64>) -> u64 {
        let most = longest_prompt(dataset);
        let typed = &self.args.prompt.prefix_length;
        let prefix = self.findings.whole("prefix-length", typed, &(0..=most));
        let most = u64::try_from(most).unwrap_or_default();
        let longest = longest.unwrap_or(0);
        if prefix <= most && longest <= most && prefix + longest > most {
            let text = format!(
                "{prefix} tokens before a prompt of {longest} are more than {most}; lower one of \
                 the two"
            );
            self.findings.mistake("prefix-length", text);
        }
        prefix
    }

    /// Bounds of the prompt length; the upper one is required where prompts are made up.
    fn prompt_lengths(&mut self, dataset: &str) -> (u64, Option<u64>) {
        let prompt = &self.args.prompt;
        let limit = 0..=longest_prompt(dataset);
        let shortest = self.findings.whole("min-prompt-length", &prompt.min_prompt_length, &limit);
        let longest = match &prompt.max_prompt_length {
            Some(typed) => Some(self.findings.whole("max-prompt-length", typed, &limit)),
            // A dataset that reads texts would take it for a filter.
            None if self.args.target.simulate && is_made_up(dataset) => {
                Some(SIMULATED_PROMPT_LENGTH.max(shortest))
            }
            None => None,
        };
        match longest {
            None if is_made_up(dataset) => {
                let text = format!(
                    "is required by the dataset {dataset}; give the prompts' \
                                    length in tokens"
                );
                self.findings.mistake("max-prompt-length", text);
            }
            Some(longest) if shortest > longest => {
                let text = format!("{shortest} is above --max-prompt-length {longest}; lower it");
                self.findings.mistake("min-prompt-length", text);
            }
            _ => {}
        }
        (shortest, longest)
    }
}

/// Tokens of a prompt at most. Where prompts are read, a length is a filter, and may be anything.
fn longest_prompt(dataset: &str) -> i64 {
    i64::from(if is_made_up(dataset) { MAX_PROMPT_TOKENS } else { u32::MAX })
}

/// Whether the bundled dataset of this name makes prompts up, to a length in tokens.
fn is_made_up(dataset: &str) -> bool {
    matches!(dataset, "random" | "random_vl")
}
