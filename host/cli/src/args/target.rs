//! Flags that say where requests go and how the connection is made.

use super::values::Decimal;
use clap::Args;
use std::path::PathBuf;

/// Where requests go and how the connection is made.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetArgs {
    /// Name of the model, as it is sent; required [with --simulate: simulated]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Request format: the name of a protocol plugin
    #[arg(long, value_name = "PLUGIN", default_value = "openai")]
    pub api: String,
    /// Address of the endpoint, http or https; required unless --simulate
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Settings of the protocol plugin: a JSON object, or @FILE that holds one
    #[arg(long, value_name = "JSON")]
    pub api_args: Option<String>,
    /// Headers of every request
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., action = clap::ArgAction::Set)]
    pub headers: Option<Vec<String>>,
    /// Sent as `Authorization: Bearer …`; better given as LOADWRIGHT_API_KEY
    #[arg(long, value_name = "KEY")]
    pub api_key: Option<String>,
    /// Limit for opening a connection: name, TCP and TLS together
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    pub connect_timeout: Decimal,
    /// Limit between two reads of a reply
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    pub read_timeout: Decimal,
    /// Limit for a whole request
    #[arg(long, value_name = "SECONDS", default_value = "21600")]
    pub total_timeout: Decimal,
    /// Skip the request that tests the connection before the run
    #[arg(long)]
    pub no_test_connection: bool,
    /// How long the connection test is repeated while the server cannot be reached or is still
    /// loading (429, 502, 503, 504) [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub wait_for_server: Option<Decimal>,
    /// Do not check the server's certificate
    #[arg(long)]
    pub insecure: bool,
    /// PEM file of further trusted certificates
    #[arg(long, value_name = "FILE")]
    pub ca_cert: Option<PathBuf>,
    /// Speak HTTP/2: by prior knowledge on http, by ALPN on https
    #[arg(long)]
    pub http2: bool,
    /// Connect to this Unix socket instead of the URL's host
    #[arg(long, value_name = "PATH")]
    pub unix_socket: Option<PathBuf>,
    /// Start the built-in simulated server and measure that: needs no server, tokenizer or model
    #[arg(long)]
    pub simulate: bool,
}
