//! Flags of exporters: where results are sent beside the run's folder.

use super::values::Decimal;
use clap::Args;
use std::path::PathBuf;

/// Where results are sent.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Exporters")]
pub struct ExporterArgs {
    /// Send results to wandb, swanlab, clearml, otlp or an exporter of --plugin; repeatable
    #[arg(long, value_name = "NAME", visible_alias = "visualizer")]
    pub exporter: Vec<String>,
    /// Setting of an exporter, e.g. wandb.project=mine; stored with the results, so no place for
    /// secrets; repeatable
    #[arg(long, value_name = "NAME.KEY=VALUE")]
    pub exporter_option: Vec<String>,
    /// Allow an exporter of --plugin what it needs: NAME:http=HOST, NAME:secret=VARIABLE,
    /// NAME:dir=PATH or NAME:stop; repeatable
    #[arg(long, value_name = "GRANT")]
    pub allow: Vec<String>,
    /// Time that exporters may take once the run has ended [default: 60; no limit for `export`]
    #[arg(long, value_name = "SECONDS")]
    pub export_timeout: Option<Decimal>,
    /// Trust the authorities in this PEM file when sending results
    #[arg(long, value_name = "FILE")]
    pub exporter_ca_cert: Option<PathBuf>,
    /// Send EvalScope's metrics under its names, all points as one run
    #[arg(long)]
    pub visualizer_compat: bool,
    /// API key of Weights & Biases; sends results there
    #[arg(long, value_name = "KEY")]
    pub wandb_api_key: Option<String>,
    /// API key of SwanLab, or `local` to write files for `swanlab watch`; sends results there
    #[arg(long, value_name = "KEY")]
    pub swanlab_api_key: Option<String>,
    /// URL of a SwanLab server
    #[arg(long, value_name = "URL")]
    pub swanlab_host: Option<String>,
}

/// How exporters take part in a run.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(next_help_heading = "Exporters")]
pub struct LiveExportArgs {
    /// When results are sent: live, point (after each point) or end (after the run)
    #[arg(long, value_name = "WHEN", default_value = "live")]
    pub export_when: String,
    /// What to do when results cannot be sent: warn, or fail with exit code 6
    #[arg(long, value_name = "POLICY", default_value = "warn")]
    pub export_failure: String,
    /// Send the header traceparent with every request, so that servers trace them; otlp does
    #[arg(long)]
    pub traceparent: bool,
}
