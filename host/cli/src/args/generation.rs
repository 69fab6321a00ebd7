//! Flags of generation; they go into request bodies.

use super::values::{Decimal, Whole};
use clap::Args;

/// How the model generates.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Generation")]
pub struct GenerationArgs {
    /// Maximum output tokens; with two values, drawn between them for each request
    /// [default: 2048; with --simulate: 32; at least --min-tokens]
    #[arg(long, value_name = "N", num_args = 1.., action = clap::ArgAction::Set)]
    pub max_tokens: Option<Vec<Whole>>,
    /// Minimum output tokens
    #[arg(long, value_name = "N")]
    pub min_tokens: Option<Whole>,
    /// Sampling temperature [default: 0.0]
    #[arg(long, value_name = "T")]
    pub temperature: Option<Decimal>,
    /// Nucleus sampling: cumulative probability of the tokens to sample from
    #[arg(long, value_name = "P")]
    pub top_p: Option<Decimal>,
    /// Sample from the K most likely tokens
    #[arg(long, value_name = "K")]
    pub top_k: Option<Whole>,
    /// Penalty for tokens by their frequency so far
    #[arg(long, value_name = "F")]
    pub frequency_penalty: Option<Decimal>,
    /// Penalty for tokens that have occurred
    #[arg(long, value_name = "F")]
    pub repetition_penalty: Option<Decimal>,
    /// Request log probabilities
    #[arg(long)]
    pub logprobs: bool,
    /// Completions per request
    #[arg(long, value_name = "N")]
    pub n_choices: Option<Whole>,
    /// Seed for prompts, lengths and arrivals; sent with requests if given
    /// [default: random, printed]
    #[arg(long, value_name = "N")]
    pub seed: Option<Whole>,
    /// Texts that stop the output
    #[arg(long, value_name = "TEXT", num_args = 1.., action = clap::ArgAction::Set)]
    pub stop: Option<Vec<String>>,
    /// Token ids that stop the output
    #[arg(long, value_name = "ID", num_args = 1.., action = clap::ArgAction::Set)]
    pub stop_token_ids: Option<Vec<Whole>>,
    /// Request streamed replies [default: on]
    #[arg(long, overrides_with = "no_stream")]
    pub stream: bool,
    /// Request replies in one piece
    #[arg(long, overrides_with = "stream")]
    pub no_stream: bool,
    /// Members to merge into every request body, last: a JSON object, or @FILE; null removes a
    /// member
    #[arg(long, value_name = "JSON")]
    pub extra_args: Option<String>,
}
