//! Flags that set how the model generates; they go into request bodies.

use super::values::{Typed, decimal, whole, wholes};
use clap::Args;

/// How the model generates.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Generation")]
pub struct GenerationArgs {
    /// Output tokens at most; with two values, drawn between them for each request
    /// [default: 2048; with --simulate: 32; --min-tokens where that is more]
    #[arg(long, value_name = "N", num_args = 1.., action = clap::ArgAction::Set, value_parser = wholes, allow_negative_numbers = true)]
    pub max_tokens: Option<Vec<Typed<i64>>>,
    /// Output tokens at least
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub min_tokens: Option<Typed<i64>>,
    /// Sampling temperature [default: 0.0]
    #[arg(long, value_name = "T", value_parser = decimal, allow_negative_numbers = true)]
    pub temperature: Option<Typed<f64>>,
    /// Sample among the most likely tokens whose probabilities sum to this
    #[arg(long, value_name = "P", value_parser = decimal, allow_negative_numbers = true)]
    pub top_p: Option<Typed<f64>>,
    /// Sample among this many most likely tokens
    #[arg(long, value_name = "K", value_parser = whole, allow_negative_numbers = true)]
    pub top_k: Option<Typed<i64>>,
    /// Penalty for tokens by how often they occurred
    #[arg(long, value_name = "F", value_parser = decimal, allow_negative_numbers = true)]
    pub frequency_penalty: Option<Typed<f64>>,
    /// Penalty for tokens that occurred
    #[arg(long, value_name = "F", value_parser = decimal, allow_negative_numbers = true)]
    pub repetition_penalty: Option<Typed<f64>>,
    /// Ask for log probabilities
    #[arg(long)]
    pub logprobs: bool,
    /// Answers to each request
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub n_choices: Option<Typed<i64>>,
    /// Makes prompts, lengths and arrivals the same again; sent with requests where it is given
    /// [default: drawn and printed]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub seed: Option<Typed<i64>>,
    /// Texts that end the output
    #[arg(long, value_name = "TEXT", num_args = 1.., action = clap::ArgAction::Set)]
    pub stop: Option<Vec<String>>,
    /// Token ids that end the output
    #[arg(long, value_name = "ID", num_args = 1.., action = clap::ArgAction::Set, value_parser = wholes, allow_negative_numbers = true)]
    pub stop_token_ids: Option<Vec<Typed<i64>>>,
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
