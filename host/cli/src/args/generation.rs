//! Flags that set how the model generates; they go into request bodies.

use super::values::{Decimal, Whole};
use clap::Args;

/// How the model generates.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Generation")]
pub struct GenerationArgs {
    /// Output tokens at most; with two values, drawn between them for each request
    /// [default: 2048; with --simulate: 32; --min-tokens where that is more]
    #[arg(long, value_name = "N", num_args = 1.., action = clap::ArgAction::Set)]
    pub max_tokens: Option<Vec<Whole>>,
    /// Output tokens at least
    #[arg(long, value_name = "N")]
    pub min_tokens: Option<Whole>,
    /// Sampling temperature [default: 0.0]
    #[arg(long, value_name = "T")]
    pub temperature: Option<Decimal>,
    /// Sample among the most likely tokens whose probabilities sum to this
    #[arg(long, value_name = "P")]
    pub top_p: Option<Decimal>,
    /// Sample among this many most likely tokens
    #[arg(long, value_name = "K")]
    pub top_k: Option<Whole>,
    /// Penalty for tokens by how often they occurred
    #[arg(long, value_name = "F")]
    pub frequency_penalty: Option<Decimal>,
    /// Penalty for tokens that occurred
    #[arg(long, value_name = "F")]
    pub repetition_penalty: Option<Decimal>,
    /// Ask for log probabilities
    #[arg(long)]
    pub logprobs: bool,
    /// Answers to each request
    #[arg(long, value_name = "N")]
    pub n_choices: Option<Whole>,
    /// Makes prompts, lengths and arrivals the same again; sent with requests where it is given
    /// [default: drawn and printed]
    #[arg(long, value_name = "N")]
    pub seed: Option<Whole>,
    /// Texts that end the output
    #[arg(long, value_name = "TEXT", num_args = 1.., action = clap::ArgAction::Set)]
    pub stop: Option<Vec<String>>,
    /// Token ids that end the output
    #[arg(long, value_name = "ID", num_args = 1.., action = clap::ArgAction::Set)]
    pub stop_token_ids: Option<Vec<Whole>>,
    /// Ask for a stream [default: on]
    #[arg(long, overrides_with = "no_stream")]
    pub stream: bool,
    /// Ask for the reply in one piece
    #[arg(long, overrides_with = "stream")]
    pub no_stream: bool,
    /// Members of every request body, merged in last: a JSON object, or @FILE that holds one;
    /// null deletes a member
    #[arg(long, value_name = "JSON")]
    pub extra_args: Option<String>,
}
