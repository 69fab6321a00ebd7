//! Flags of the stand-alone simulated server.

use super::values::{Decimal, Whole};
use clap::Args;
use std::path::PathBuf;

/// `loadwright simulate`.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(mut_args = super::values::allow_negative)]
pub struct SimulateArgs {
    /// Where it listens.
    #[command(flatten)]
    pub server: ServerArgs,
    /// How fast it answers.
    #[command(flatten)]
    pub pace: PaceArgs,
    /// What replies contain.
    #[command(flatten)]
    pub replies: ReplyArgs,
}

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Server")]
pub struct ServerArgs {
    /// Port to listen on; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value = "8000")]
    pub port: Whole,
    /// Address to listen on; an address other than loopback lets other machines connect
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: String,
    /// Listen on this Unix socket instead; a stale socket file is replaced
    #[arg(long, value_name = "PATH")]
    pub unix_socket: Option<PathBuf>,
    /// Use TLS with a self-signed certificate
    #[arg(long)]
    pub tls: bool,
    /// Accept HTTP/2 as well as HTTP/1.1
    #[arg(long)]
    pub http2: bool,
    /// Model name
    #[arg(long, value_name = "NAME", default_value = "simulated")]
    pub model: String,
    /// Tokenizer used to count prompts [default: a small built-in one]
    #[arg(long, value_name = "PATH|ID")]
    pub tokenizer_path: Option<String>,
    /// Seed for noise, texts and faults
    #[arg(long, value_name = "N", default_value = "0")]
    pub seed: Whole,
    /// Faults to inject: a JSON list of rules, or @FILE; see docs/SIMULATE.md
    #[arg(long, value_name = "JSON")]
    pub faults: Option<String>,
}

/// How fast the server answers.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Pace")]
pub struct PaceArgs {
    /// Maximum number of sequences decoded together; further requests queue
    #[arg(long, value_name = "N", default_value = "32")]
    pub max_batch: Whole,
    /// Prefill throughput in prompt tokens per second
    #[arg(long, value_name = "TOKENS", default_value = "20000")]
    pub prefill_rate: Decimal,
    /// Maximum number of prompt tokens prefilled in one step
    #[arg(long, value_name = "TOKENS", default_value = "512")]
    pub prefill_chunk: Whole,
    /// Fixed cost of a decode step, in milliseconds
    #[arg(long, value_name = "MS", default_value = "8")]
    pub decode_step: Decimal,
    /// Cost that each sequence adds to a decode step, in milliseconds
    #[arg(long, value_name = "MS", default_value = "0.25")]
    pub decode_step_per_sequence: Decimal,
    /// Spread of times: sigma of a lognormal factor with median 1
    #[arg(long, value_name = "SIGMA", default_value = "0.05")]
    pub noise: Decimal,
    /// Fixed time to the first frame in milliseconds, whatever the load; requires --itl
    #[arg(long, value_name = "MS")]
    pub ttft: Option<Decimal>,
    /// Fixed time between frames in milliseconds, whatever the load; requires --ttft
    #[arg(long, value_name = "MS")]
    pub itl: Option<Decimal>,
    /// Send frames as fast as the client reads them
    #[arg(long)]
    pub unpaced: bool,
}

/// What replies contain.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Replies")]
pub struct ReplyArgs {
    /// Output tokens of a reply whose request sets no limit
    #[arg(long, value_name = "N", default_value = "128")]
    pub default_max_tokens: Whole,
    /// Output tokens after which the model stops by itself, unless the request sets ignore_eos; two
    /// values are a range to draw from [default: replies fill their limit]
    #[arg(long, value_name = "N", num_args = 1..=2, action = clap::ArgAction::Set)]
    pub output_length: Option<Vec<Whole>>,
    /// Output tokens per frame
    #[arg(long, value_name = "N", default_value = "1")]
    pub tokens_per_frame: Whole,
    /// Number of reasoning tokens at the start of a chat reply
    #[arg(long, value_name = "N", default_value = "0")]
    pub reasoning_tokens: Whole,
    /// Answer every chat request with a tool call
    #[arg(long)]
    pub tool_call: bool,
    /// Share of each prompt that is reported as cached and skips prefill, 0 to 1
    #[arg(long, value_name = "RATIO", default_value = "0")]
    pub cache_hit_ratio: Decimal,
}
