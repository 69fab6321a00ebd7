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
    /// What replies hold.
    #[command(flatten)]
    pub replies: ReplyArgs,
}

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Server")]
pub struct ServerArgs {
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value = "8000")]
    pub port: Whole,
    /// Address to listen on; any but a loopback one lets others connect
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: String,
    /// Listen on this Unix socket instead; a socket that nobody listens on any more is replaced
    #[arg(long, value_name = "PATH")]
    pub unix_socket: Option<PathBuf>,
    /// Speak TLS with a certificate of its own making
    #[arg(long)]
    pub tls: bool,
    /// Speak HTTP/2 too
    #[arg(long)]
    pub http2: bool,
    /// Name of the model
    #[arg(long, value_name = "NAME", default_value = "simulated")]
    pub model: String,
    /// Tokenizer that prompts are counted with [default: a small built-in one]
    #[arg(long, value_name = "PATH|ID")]
    pub tokenizer_path: Option<String>,
    /// Seed of noise, texts and faults
    #[arg(long, value_name = "N", default_value = "0")]
    pub seed: Whole,
    /// Requests that go wrong, and how: a JSON list of rules, or @FILE that holds one; see
    /// docs/SIMULATE.md
    #[arg(long, value_name = "JSON")]
    pub faults: Option<String>,
}

/// How fast the server answers.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Pace")]
pub struct PaceArgs {
    /// Sequences decoded together; further ones queue
    #[arg(long, value_name = "N", default_value = "32")]
    pub slots: Whole,
    /// Prompt tokens processed a second
    #[arg(long, value_name = "TOKENS", default_value = "20000")]
    pub prefill: Decimal,
    /// Prompt tokens processed in one step at most
    #[arg(long, value_name = "TOKENS", default_value = "512")]
    pub prefill_chunk: Whole,
    /// Milliseconds of a decode step, whatever the batch
    #[arg(long, value_name = "MS", default_value = "8")]
    pub decode_step: Decimal,
    /// Milliseconds that each sequence adds to a decode step
    #[arg(long, value_name = "MS", default_value = "0.25")]
    pub decode_step_per_sequence: Decimal,
    /// Spread of times: sigma of a lognormal factor
    #[arg(long, value_name = "SIGMA", default_value = "0.05")]
    pub noise: Decimal,
    /// The same pace whatever the load: milliseconds to the first frame; needs --itl
    #[arg(long, value_name = "MS")]
    pub ttft: Option<Decimal>,
    /// The same pace whatever the load: milliseconds between frames; needs --ttft
    #[arg(long, value_name = "MS")]
    pub itl: Option<Decimal>,
    /// Send frames as fast as the client takes them
    #[arg(long)]
    pub as_fast: bool,
}

/// What replies hold.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Replies")]
pub struct ReplyArgs {
    /// Output tokens where a request gives no limit
    #[arg(long, value_name = "N", default_value = "128")]
    pub default_output: Whole,
    /// Replies end by themselves after a length between these two, unless a request says
    /// ignore_eos
    #[arg(long, value_name = "N", num_args = 2, action = clap::ArgAction::Set)]
    pub natural_output: Option<Vec<Whole>>,
    /// Output tokens in a frame
    #[arg(long, value_name = "N", default_value = "1")]
    pub tokens_per_frame: Whole,
    /// So many tokens at the start are reasoning
    #[arg(long, value_name = "N", default_value = "0")]
    pub reasoning_tokens: Whole,
    /// Chat replies are a tool call
    #[arg(long)]
    pub tool_call: bool,
    /// Share of the prompt reported as cached: 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0")]
    pub cached_share: Decimal,
}
