//! Why a plugin could not be opened. Every message says what to do about it.

use crate::Kind;
use loadwright_core::ports::PluginFailure;
use loadwright_core::setting::SettingFault;
use loadwright_files::FileError;
use std::path::PathBuf;

/// The contract version that this program supports, as errors print it.
pub const SUPPORTED: &str = "0.1";

/// Why the host cannot work on this machine.
#[derive(Debug, thiserror::Error)]
#[error("plugins cannot run on this machine: {0}")]
pub struct HostError(pub(crate) String);

/// A component could not be loaded.
#[derive(Debug, thiserror::Error)]
#[error("plugin {origin}: {fault}")]
pub struct LoadError {
    /// The file or the bundled plugin, as errors name it.
    pub origin: String,
    /// The cause.
    pub fault: LoadFault,
}

/// What is wrong with a component.
#[derive(Debug, thiserror::Error)]
pub enum LoadFault {
    /// There is no such file.
    #[error("no such file; --plugin takes a component (.wasm) or a folder of components")]
    Missing,
    /// The file cannot be read.
    #[error("{0}; --plugin takes a component (.wasm)")]
    Unreadable(FileError),
    /// A folder where a file is needed.
    #[error("is a folder, not a component (.wasm)")]
    Folder,
    /// A folder without components.
    #[error(
        "is a folder without .wasm files; --plugin takes a component or a folder of components"
    )]
    EmptyFolder,
    /// Zero bytes.
    #[error("is empty; build or download it again")]
    Empty,
    /// A web page.
    #[error("is a web page, not a component; download the file itself")]
    WebPage,
    /// WebAssembly's text format.
    #[error("is WebAssembly in text format; convert it to binary, e.g. with `wasm-tools parse`")]
    Wat,
    /// Some other text.
    #[error("is text, not a component; give the .wasm file that the plugin's build wrote")]
    Text,
    /// Compiled code.
    #[error(
        "is compiled code, which is loaded only from the program's own cache; give the component \
         (.wasm) it was compiled from"
    )]
    Compiled,
    /// Some other bytes.
    #[error("is not WebAssembly; give the .wasm file that the plugin's build wrote")]
    Unknown,
    /// It ends too early.
    #[error("is truncated after {0} bytes; build or download it again")]
    Truncated(usize),
    /// It is malformed.
    #[error("is damaged at byte {offset}: {text}; build or download it again")]
    Malformed {
        /// Where.
        offset: u64,
        /// The parser's message.
        text: String,
    },
    /// A core module without the types of its interfaces.
    #[error(
        "is a core module without a `component-type` section, so its interfaces are unknown; build \
         it with wit-bindgen against the contract in wit/, or give the component made from it"
    )]
    CoreModule,
    /// A core module that cannot be made into a component.
    #[error("is a core module that cannot be made into a component: {0}")]
    Componentise(String),
    /// Another version of the contract.
    #[error(
        "needs version {wants} of the contract ({name}), but this program supports {SUPPORTED}; \
         {remedy}"
    )]
    ContractVersion {
        /// The interface, with its version.
        name: String,
        /// The version.
        wants: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A version without a patch number, which the engine does not take.
    #[error(
        "names `{name}`, a version of two numbers, which this program's WebAssembly engine does not \
         take; build it with tools that write three (`@0.1.0`)"
    )]
    ShortVersion {
        /// The interface, with its version.
        name: String,
    },
    /// It is of more than one kind.
    #[error("is {kinds} in one, but a component is one kind of plugin; make one of each")]
    Kinds {
        /// What it is.
        kinds: String,
    },
    /// It makes more than a plugin may have.
    #[error("{0}; build it with fewer")]
    Resources(String),
    /// It exports none of the contract's interfaces.
    #[error(
        "exports neither loadwright:plugin/api nor loadwright:plugin/dataset, only {exports}; \
         build it for one of the worlds in wit/world.wit"
    )]
    NoKind {
        /// What it exports.
        exports: String,
    },
    /// It has no `describe`.
    #[error(
        "does not export loadwright:plugin/plugin; build it for one of the worlds in wit/world.wit"
    )]
    NoIdentity,
    /// It imports something that its world does not provide.
    #[error("imports {import}, {reason}")]
    Import {
        /// The interface.
        import: String,
        /// Why it may not, and what to do.
        reason: String,
    },
    /// An interface of the right name has the wrong functions or types.
    #[error("does not fit contract {SUPPORTED}: {0}; build it against this program's wit/")]
    Contract(String),
    /// It does not compile.
    #[error("does not compile: {0}")]
    Compile(String),
    /// Its manifest is not valid.
    #[error("its manifest {0}")]
    Manifest(String),
    /// It has no manifest section, and `describe` failed.
    #[error("has no manifest section, and calling `describe` failed: {0}")]
    Describe(PluginFailure),
    /// `describe` and the manifest section differ.
    #[error("carries a manifest, but what its `describe` returns {0}; pack it again")]
    Described(String),
    /// It has no manifest section, and cannot be asked for its manifest.
    #[error("has no manifest section, and {0}")]
    Host(HostError),
    /// No such bundled plugin.
    #[error("is not bundled; bundled plugins: {known}; load others with --plugin PATH")]
    NotBundled {
        /// The bundled plugins.
        known: String,
    },
}

/// A plugin could not be made ready for use.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is a plugin of another kind.
    #[error(
        "plugin `{plugin}` is {}, not {}; choose it with --{}",
        .offered.one(), .wanted.one(), .offered.flag()
    )]
    Kind {
        /// Its name.
        plugin: String,
        /// What it is.
        offered: Kind,
        /// What was asked for.
        wanted: Kind,
    },
    /// A file that the user named cannot be opened.
    #[error("--{name}: {} {error}; give a readable file", path.display())]
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
