//! Why a plugin could not be opened. Every text says what to do about it.

use crate::Kind;
use loadwright_core::ports::PluginFailure;
use loadwright_core::setting::SettingFault;
use loadwright_files::FileError;
use std::path::PathBuf;

/// Contract versions this program understands, as errors print them.
pub(crate) const UNDERSTOOD: &str = "0.1";

/// A component could not be loaded.
#[derive(Debug, thiserror::Error)]
#[error("plugin {origin}: {fault}")]
pub struct LoadError {
    /// The file, or the bundled plugin, as errors name it.
    pub origin: String,
    /// What is wrong.
    pub fault: LoadFault,
}

/// What is wrong with a component.
#[derive(Debug, thiserror::Error)]
pub enum LoadFault {
    /// There is no such file.
    #[error("no such file; give --plugin the path of a component (.wasm) or of a folder of them")]
    Missing,
    /// The file cannot be read.
    #[error("{0}; give --plugin a component (.wasm)")]
    Unreadable(FileError),
    /// A folder where a file is needed.
    #[error("is a folder; each component in it is opened by itself")]
    Folder,
    /// Nothing to open in a folder.
    #[error("is a folder without any .wasm file; give --plugin a component, or a folder of them")]
    EmptyFolder,
    /// Zero bytes.
    #[error("is empty; build or download it again")]
    Empty,
    /// A web page.
    #[error(
        "is a web page, not a component; the download was answered with a page: fetch the file \
         itself"
    )]
    WebPage,
    /// WebAssembly's text format.
    #[error("is WebAssembly in text form; make it binary first, e.g. with `wasm-tools parse`")]
    Wat,
    /// Some other text.
    #[error("is text, not a component; give the .wasm file that the plugin's build made")]
    Text,
    /// Compiled code.
    #[error(
        "is compiled code, which is never loaded from a file of yours; give the component (.wasm) \
         it was made from"
    )]
    Compiled,
    /// Some other bytes.
    #[error("is not WebAssembly; give the .wasm file that the plugin's build made")]
    Unknown,
    /// It ends too early.
    #[error("ends in the middle, after {0} bytes; it was cut short: build or download it again")]
    Truncated(usize),
    /// It is broken otherwise.
    #[error("is damaged at byte {offset}: {text}; build or download it again")]
    Malformed {
        /// Where.
        offset: u64,
        /// How, in the parser's words.
        text: String,
    },
    /// A core module that does not say what its functions mean.
    #[error(
        "is a core module without a `component-type` section, so nothing says what its functions \
         mean; build it with wit-bindgen against the contract in wit/, or give the component made \
         from it"
    )]
    CoreModule,
    /// A core module that cannot be made into a component.
    #[error("is a core module that cannot be made into a component: {0}")]
    Componentise(String),
    /// Another version of the contract.
    #[error(
        "speaks version {wants} of the contract ({name}), and this program understands \
         {UNDERSTOOD}; {remedy}"
    )]
    ContractVersion {
        /// The interface, with its version.
        name: String,
        /// The version.
        wants: String,
        /// What to do.
        remedy: &'static str,
    },
    /// It exports nothing the host can use.
    #[error(
        "exports neither loadwright:plugin/protocol nor loadwright:plugin/dataset, only {exports}; \
         build it for one of the worlds in wit/world.wit"
    )]
    NoKind {
        /// What it exports.
        exports: String,
    },
    /// It does not say what it is.
    #[error(
        "does not export loadwright:plugin/plugin; build it for one of the worlds in wit/world.wit"
    )]
    NoIdentity,
    /// It wants what its world does not give.
    #[error("imports {import}, {reason}")]
    Import {
        /// The interface.
        import: String,
        /// Who has it, or what to do.
        reason: String,
    },
    /// It needs what the contract has, in another shape.
    #[error("does not fit the contract {UNDERSTOOD}: {0}; build it against wit/ as it is")]
    Contract(String),
    /// It does not compile.
    #[error("does not compile: {0}")]
    Compile(String),
    /// Its manifest is not one.
    #[error("its manifest {0}")]
    Manifest(String),
    /// It has no manifest section, and failed when asked.
    #[error("has no manifest section, and asking it failed: {0}")]
    Describe(PluginFailure),
    /// No such bundled plugin.
    #[error("is not bundled; bundled are {known}; others are loaded with --plugin PATH")]
    NotBundled {
        /// Those that are.
        known: String,
    },
}

/// A plugin could not be made ready for use.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It offers something else.
    #[error("plugin `{plugin}` is a {offers}, not a {wanted}; choose it with --{flag}")]
    Kind {
        /// Its name.
        plugin: String,
        /// What it is.
        offers: String,
        /// What was asked for.
        wanted: Kind,
        /// The flag it belongs to.
        flag: &'static str,
    },
    /// A file that the user named is not there.
    #[error("--{name}: {} {error}; give a file that can be read", path.display())]
    File {
        /// The setting.
        name: String,
        /// The path.
        path: PathBuf,
        /// Why.
        error: FileError,
    },
    /// Settings that the plugin's manifest does not allow.
    #[error("plugin `{plugin}`: {}", listed(.faults))]
    Settings {
        /// Its name.
        plugin: String,
        /// Every setting that is wrong.
        faults: Vec<SettingFault>,
    },
    /// It could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It refused its settings, or failed.
    #[error(transparent)]
    Failed(#[from] PluginFailure),
}

fn listed(faults: &[SettingFault]) -> String {
    faults.iter().map(SettingFault::to_string).collect::<Vec<_>>().join("; ")
}
