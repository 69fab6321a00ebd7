//! Why a command failed, and the exit code that follows: the one place where errors become exit
//! codes.

use crate::diagnostics::SettingErrors;
use crate::exit::Exit;
use crate::parse::UsageError;
use crate::remedy;
use loadwright_core::ports::{Cause, Fault, PluginFailure, SinkFailure};
use loadwright_engine::{EngineError, ProbeFailure};
use loadwright_exporters::StartError;
use loadwright_storage::folder::FolderError;
use loadwright_storage::{OpenError as RecordsError, ReplayError};
use loadwright_tokens::OpenError as TokenizerError;
use loadwright_wasm::{HostError, LoadError, OpenError as PluginError};
use std::path::PathBuf;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The parser's message: a usage error, or the help or version that was asked for.
    #[error(transparent)]
    Parser(#[from] clap::Error),
    /// Settings that cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingErrors),
    /// The tokenizer cannot be opened.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// Plugins cannot run here.
    #[error(transparent)]
    Host(#[from] HostError),
    /// A plugin cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A plugin cannot be used as asked.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The simulated server does not start.
    #[error("the simulated server cannot start: {cause}{remedy}")]
    Simulate {
        /// Why.
        cause: std::io::Error,
        /// What to do, after a semicolon; empty where that is unknown.
        remedy: &'static str,
    },
    /// A file of the user's is in the way.
    #[error("{} exists; give another path, or --force to replace it", .0.display())]
    Exists(PathBuf),
    /// A file that was asked for cannot be written.
    #[error("cannot write {}: {cause}; make room or permission there, or give another path", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A folder or file cannot be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Records cannot be written.
    #[error(transparent)]
    Sink(#[from] SinkFailure),
    /// Records cannot be opened.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// Records cannot be read.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The service does not answer.
    #[error("{}", remedy::describe(.0))]
    Probe(#[from] ProbeFailure),
    /// A point cannot be run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Exporters cannot begin.
    #[error("{0}; no exporter was started")]
    Export(#[from] StartError),
    /// The system refuses something that every run needs.
    #[error("the system refused a resource: {0}")]
    System(std::io::Error),
}

impl From<UsageError> for CommandError {
    fn from(error: UsageError) -> Self {
        match error {
            UsageError::Parser(error) => Self::Parser(error),
            UsageError::Settings(errors) => Self::Settings(errors),
        }
    }
}

impl CommandError {
    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Parser(_) | Self::Settings(_) | Self::Tokenizer(_) | Self::Exists(_) => {
                Exit::Usage
            }
            Self::Host(_) | Self::Load(_) => Exit::Plugin,
            Self::Plugin(error) => plugin_exit(error),
            Self::Simulate { .. } | Self::System(_) => Exit::NothingMeasured,
            Self::Write { .. } | Self::Folder(_) | Self::Sink(_) | Self::Replay(_) => Exit::Output,
            Self::Records(RecordsError::Read { .. }) => Exit::Output,
            Self::Records(
                RecordsError::Missing(_) | RecordsError::Foreign(_) | RecordsError::Version { .. },
            ) => Exit::Usage,
            Self::Export(StartError::Begin(failure)) => begin_exit(failure),
            Self::Export(StartError::Ledger(..)) => Exit::Output,
            Self::Export(StartError::Thread(_)) => Exit::NothingMeasured,
            Self::Probe(ProbeFailure::Failed { .. }) => Exit::NothingMeasured,
            Self::Probe(ProbeFailure::Interrupted) => Exit::Interrupted,
            Self::Probe(ProbeFailure::Engine(error)) | Self::Engine(error) => engine_exit(error),
        }
    }
}

fn engine_exit(error: &EngineError) -> Exit {
    match error {
        EngineError::Url(_) | EngineError::Tls(_) => Exit::Usage,
        EngineError::Plugin(failure) => call_exit(failure),
        EngineError::ReadingPlan(_) => Exit::Plugin,
        EngineError::System(_) => Exit::NothingMeasured,
    }
}

/// An exporter that cannot begin: its settings, its service or itself.
fn begin_exit(failure: &PluginFailure) -> Exit {
    match &failure.cause {
        Cause::Fault(Fault::Transient(_) | Fault::Fatal(_)) => Exit::Export,
        _ => call_exit(failure),
    }
}

fn plugin_exit(error: &PluginError) -> Exit {
    match error {
        PluginError::Kind { .. } | PluginError::File { .. } | PluginError::Settings { .. } => {
            Exit::Usage
        }
        PluginError::Load(_) => Exit::Plugin,
        PluginError::Failed(failure) => call_exit(failure),
    }
}

/// A plugin that refuses its settings or input is a usage error; any other failure is the plugin's.
fn call_exit(failure: &PluginFailure) -> Exit {
    match &failure.cause {
        Cause::Fault(Fault::Settings(_) | Fault::Input(_) | Fault::Unsupported(_)) => Exit::Usage,
        Cause::System(_) => Exit::NothingMeasured,
        Cause::Stopped => Exit::Interrupted,
        Cause::Fault(Fault::Transient(_) | Fault::Fatal(_))
        | Cause::Trap(_)
        | Cause::TimeLimit(_)
        | Cause::HostTimeLimit(_)
        | Cause::MemoryLimit(_)
        | Cause::OutputLimit(_)
        | Cause::Contract(_) => Exit::Plugin,
    }
}
