//! Flags that say what prompts look like.

use super::values::{Typed, whole};
use clap::Args;

/// What prompts look like.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Prompts")]
pub struct PromptArgs {
    /// Tokens of a prompt at least, as the server counts them
    #[arg(long, value_name = "N", default_value = "0", value_parser = whole, allow_negative_numbers = true)]
    pub min_prompt_length: Typed<i64>,
    /// Tokens of a prompt at most; the random datasets need it [with --simulate: 128]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub max_prompt_length: Option<Typed<i64>>,
    /// Tokens of a prefix that prompts share, added to the length
    #[arg(long, value_name = "N", default_value = "0", value_parser = whole, allow_negative_numbers = true)]
    pub prefix_length: Typed<i64>,
    /// Distinct prefixes; prompts take them in turn
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true)]
    pub prefix_count: Typed<i64>,
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
    #[arg(long, value_name = "PIXELS", default_value = "224", value_parser = whole, allow_negative_numbers = true)]
    pub image_width: Typed<i64>,
    /// Height of the images of random_vl, in pixels
    #[arg(long, value_name = "PIXELS", default_value = "224", value_parser = whole, allow_negative_numbers = true)]
    pub image_height: Typed<i64>,
    /// Format of the images of random_vl: png, jpeg, or a pixel mode such as RGB, which is PNG
    #[arg(long, value_name = "FORMAT", default_value = "RGB")]
    pub image_format: String,
    /// Images of a request of random_vl
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true)]
    pub image_num: Typed<i64>,
}
