//! Flags of prompts.

use super::values::Whole;
use clap::Args;

/// What prompts look like.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Prompts")]
pub struct PromptArgs {
    /// Minimum prompt length in tokens, as the server counts them
    #[arg(long, value_name = "N", default_value = "0")]
    pub min_prompt_length: Whole,
    /// Maximum prompt length in tokens; required by the random datasets [with --simulate: 128]
    #[arg(long, value_name = "N")]
    pub max_prompt_length: Option<Whole>,
    /// Length in tokens of a shared prefix, added to the prompt length
    #[arg(long, value_name = "N", default_value = "0")]
    pub prefix_length: Whole,
    /// Number of distinct prefixes; prompts take turns
    #[arg(long, value_name = "N", default_value = "1")]
    pub prefix_count: Whole,
    /// Send this prompt instead of a dataset: text, or @FILE
    #[arg(long, value_name = "TEXT")]
    pub prompt: Option<String>,
    /// Template of the request body: JSON, or @FILE; %m is the model, %p the prompt
    #[arg(long, value_name = "JSON")]
    pub query_template: Option<String>,
    /// Send prompts as chat messages if --url does not tell [default: by the URL's endpoint]
    #[arg(long, overrides_with = "no_apply_chat_template")]
    pub apply_chat_template: bool,
    /// Send prompts as plain text if --url does not tell
    #[arg(long, overrides_with = "apply_chat_template")]
    pub no_apply_chat_template: bool,
    /// Send token ids instead of text, to the completions endpoint
    #[arg(long)]
    pub tokenize_prompt: bool,
    /// Width of random_vl images, in pixels
    #[arg(long, value_name = "PIXELS", default_value = "224")]
    pub image_width: Whole,
    /// Height of random_vl images, in pixels
    #[arg(long, value_name = "PIXELS", default_value = "224")]
    pub image_height: Whole,
    /// Format of random_vl images: png, jpeg, or a pixel mode such as RGB for PNG
    #[arg(long, value_name = "FORMAT", default_value = "RGB")]
    pub image_format: String,
    /// Images per random_vl request
    #[arg(long, value_name = "N", default_value = "1")]
    pub image_num: Whole,
}
