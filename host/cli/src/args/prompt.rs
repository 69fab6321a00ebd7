//! Flags that say what prompts look like.

use super::values::Whole;
use clap::Args;

/// What prompts look like.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Prompts")]
pub struct PromptArgs {
    /// Tokens of a prompt at least, as the server counts them
    #[arg(long, value_name = "N", default_value = "0")]
    pub min_prompt_length: Whole,
    /// Tokens of a prompt at most; the random datasets need it [with --simulate: 128]
    #[arg(long, value_name = "N")]
    pub max_prompt_length: Option<Whole>,
    /// Tokens of a prefix that prompts share, added to the length
    #[arg(long, value_name = "N", default_value = "0")]
    pub prefix_length: Whole,
    /// Distinct prefixes; prompts take them in turn
    #[arg(long, value_name = "N", default_value = "1")]
    pub prefix_count: Whole,
    /// Send this prompt instead of a dataset's: text, or @FILE that holds it
    #[arg(long, value_name = "TEXT")]
    pub prompt: Option<String>,
    /// Request body to fill in: JSON, or @FILE that holds it; %m is the model, %p the prompt
    #[arg(long, value_name = "JSON")]
    pub query_template: Option<String>,
    /// Send prompts as chat messages and count them so, where --url does not say which
    /// [default: as the URL's endpoint takes them]
    #[arg(long, overrides_with = "no_apply_chat_template")]
    pub apply_chat_template: bool,
    /// Send prompts as bare text, where --url does not say which
    #[arg(long, overrides_with = "apply_chat_template")]
    pub no_apply_chat_template: bool,
    /// Send token ids instead of text, to the completions endpoint
    #[arg(long)]
    pub tokenize_prompt: bool,
    /// Width of the images of random_vl, in pixels
    #[arg(long, value_name = "PIXELS", default_value = "224")]
    pub image_width: Whole,
    /// Height of the images of random_vl, in pixels
    #[arg(long, value_name = "PIXELS", default_value = "224")]
    pub image_height: Whole,
    /// Format of the images of random_vl: png, jpeg, or a pixel mode such as RGB, which is PNG
    #[arg(long, value_name = "FORMAT", default_value = "RGB")]
    pub image_format: String,
    /// Images of a request of random_vl
    #[arg(long, value_name = "N", default_value = "1")]
    pub image_num: Whole,
}
