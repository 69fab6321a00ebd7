//! Flags of the target and its connection.

use super::values::Decimal;
use clap::Args;
use std::path::PathBuf;

/// Where requests go and how the connection is made.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// Model name, as sent in requests; required [with --simulate: simulated]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// API plugin: the format of requests and replies
    #[arg(long, value_name = "PLUGIN", default_value = "openai")]
    pub api: String,
    /// URL of the endpoint, http or https; required without --simulate
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Settings of the API plugin: a JSON object, or @FILE
    #[arg(long, value_name = "JSON")]
    pub api_args: Option<String>,
    /// Headers to send with every request
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., action = clap::ArgAction::Set)]
    pub headers: Option<Vec<String>>,
    /// API key, sent in the API's header (`Authorization: Bearer …`); prefer LOADWRIGHT_API_KEY
    #[arg(long, value_name = "KEY")]
    pub api_key: Option<String>,
    /// Timeout for opening a connection: DNS, TCP and TLS together
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    pub connect_timeout: Decimal,
    /// Timeout between two reads of a reply
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    pub read_timeout: Decimal,
    /// Timeout of a whole request
    #[arg(long, value_name = "SECONDS", default_value = "21600")]
    pub total_timeout: Decimal,
    /// Skip the test request before the run
    #[arg(long)]
    pub no_test_connection: bool,
    /// How long to repeat the connection test while the server cannot be reached or is still
    /// loading (429, 502, 503, 504) [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub wait_for_server: Option<Decimal>,
    /// Do not verify the server's certificate
    #[arg(long)]
    pub insecure: bool,
    /// PEM file of additional trusted certificates
    #[arg(long, value_name = "FILE")]
    pub ca_cert: Option<PathBuf>,
    /// Use HTTP/2: with prior knowledge on http, by ALPN on https
    #[arg(long)]
    pub http2: bool,
    /// Connect to this Unix socket instead of the URL's host
    #[arg(long, value_name = "PATH")]
    pub unix_socket: Option<PathBuf>,
    /// Measure the built-in simulated server; needs no server, tokenizer or model
    #[arg(long)]
    pub simulate: bool,
}
