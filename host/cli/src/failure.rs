//! Why a command could not do what it was asked, and how the process then ends: the one place
//! where errors become exit codes.

use crate::exit::Exit;
use crate::findings::Mistakes;
use crate::remedy;
use loadwright_core::ports::{Cause, Fault, PluginFailure, SinkFailure};
use loadwright_engine::{EngineError, ProbeFailure};
use loadwright_storage::folder::FolderError;
use loadwright_storage::{OpenError as RecordsError, ReplayError};
use loadwright_tokens::OpenError as TokenizerError;
use loadwright_wasm::{HostError, LoadError, OpenError as PluginError};

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Settings that cannot be used.
    #[error(transparent)]
    Settings(#[from] Mistakes),
    /// The tokenizer cannot be had.
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
        /// What to do, after a semicolon; empty where nobody can say.
        remedy: &'static str,
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
    #[error("{}", remedy::told(.0))]
    Probe(#[from] ProbeFailure),
    /// A point cannot be run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The system refuses something that every run needs.
    #[error("the system refused a resource: {0}")]
    System(std::io::Error),
}

impl Failure {
    /// How the process ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Settings(_) | Self::Tokenizer(_) => Exit::Usage,
            Self::Host(_) | Self::Load(_) => Exit::Plugin,
            Self::Plugin(error) => of_plugin(error),
            Self::Simulate { .. } | Self::System(_) => Exit::NothingMeasured,
            Self::Folder(_) | Self::Sink(_) | Self::Replay(_) => Exit::Output,
            Self::Records(RecordsError::Read { .. }) => Exit::Output,
            Self::Records(
                RecordsError::Missing(_) | RecordsError::Foreign(_) | RecordsError::Version { .. },
            ) => Exit::Usage,
            Self::Probe(ProbeFailure::Failed { .. }) => Exit::NothingMeasured,
            Self::Probe(ProbeFailure::Interrupted) => Exit::Interrupted,
            Self::Probe(ProbeFailure::Engine(error)) | Self::Engine(error) => of_engine(error),
        }
    }
}

fn of_engine(error: &EngineError) -> Exit {
    match error {
        EngineError::Url(_) | EngineError::Tls(_) => Exit::Usage,
        EngineError::Plugin(failure) => of_call(failure),
        EngineError::ReadingPlan(_) => Exit::Plugin,
        EngineError::System(_) => Exit::NothingMeasured,
    }
}

fn of_plugin(error: &PluginError) -> Exit {
    match error {
        PluginError::Kind { .. } | PluginError::File { .. } | PluginError::Settings { .. } => {
            Exit::Usage
        }
        PluginError::Load(_) => Exit::Plugin,
        PluginError::Failed(failure) => of_call(failure),
    }
}

/// A plugin that refuses what the user asked for is right; any other failure is its own.
fn of_call(failure: &PluginFailure) -> Exit {
    match &failure.cause {
        Cause::Fault(Fault::Settings(_) | Fault::Input(_) | Fault::Unsupported(_)) => Exit::Usage,
        Cause::System(_) => Exit::NothingMeasured,
        Cause::Stopped => Exit::Interrupted,
        Cause::Fault(Fault::Transient(_) | Fault::Fatal(_))
        | Cause::Trap(_)
        | Cause::TimeLimit(_)
        | Cause::MemoryLimit(_)
        | Cause::Contract(_) => Exit::Plugin,
    }
}
