//! What prompts look like and where they come from: the settings of a dataset plugin.

use super::Shared;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The bundled dataset that sends one given prompt.
const PROMPT_DATASET: &str = "prompt";

/// Prompt length at most under `--simulate`, where none is given.
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

    /// The file that the dataset reads.
    pub(super) fn dataset_path(&mut self) -> Option<PathBuf> {
        let path = self.args.dataset.dataset_path.clone()?;
        if !path.exists() {
            let text = format!("{} does not exist; give the file to read", path.display());
            self.findings.mistake("dataset-path", text);
        }
        Some(path)
    }

    /// Settings on their way to the dataset plugin.
    pub(super) fn dataset_settings(&mut self, model: &str, dataset: &str, in_chat: bool) -> Value {
        let prompt = &self.args.prompt;
        let text = prompt.prompt.as_deref().and_then(|given| self.text_or_file("prompt", given));
        let (shortest, longest) = self.prompt_lengths(dataset);
        let settings = self.json_object("dataset-args", self.args.dataset.dataset_args.as_deref());
        json!({
            "model": model,
            "min_prompt_length": shortest,
            "max_prompt_length": longest,
            "prefix_length": self.findings.small("prefix-length", &prompt.prefix_length, 0),
            "prefix_count": self.findings.small("prefix-count", &prompt.prefix_count, 1),
            "apply_chat_template": in_chat,
            "image_width": self.findings.small("image-width", &prompt.image_width, 1),
            "image_height": self.findings.small("image-height", &prompt.image_height, 1),
            "image_format": prompt.image_format,
            "image_num": self.findings.small("image-num", &prompt.image_num, 0),
            "prompt": text,
            "settings": settings,
        })
    }

    /// Bounds of the prompt length; the upper one is required where prompts are made up.
    fn prompt_lengths(&mut self, dataset: &str) -> (u64, Option<u64>) {
        let prompt = &self.args.prompt;
        let limit = 0..=i64::from(u32::MAX);
        let shortest = self.findings.whole("min-prompt-length", &prompt.min_prompt_length, &limit);
        let longest = match &prompt.max_prompt_length {
            Some(typed) => Some(self.findings.whole("max-prompt-length", typed, &limit)),
            None if self.args.target.simulate => Some(SIMULATED_PROMPT_LENGTH.max(shortest)),
            None => None,
        };
        let made_up = dataset == "random" || dataset == "random_vl";
        match longest {
            None if made_up => {
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
