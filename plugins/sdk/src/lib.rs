//! Writes a Loadwright plugin in Rust.
//!
//! A plugin implements [`Protocol`] or [`Dataset`], and hands the type and its manifest to
//! [`protocol!`] or [`dataset!`], which make the component's exports. Everything else of a plugin is
//! plain Rust that its tests run natively; off WebAssembly the macros make nothing and calls to the
//! host ([`host`]) panic, so logic takes what it needs from the host as an argument.
//!
//! ```ignore
//! loadwright_plugin::protocol!(Ollama, "manifest.json");
//! ```
//!
//! The manifest is JSON; it answers `describe` and stands in the component's custom section
//! `loadwright:manifest`, so that a listing needs no compilation.

#[doc(hidden)]
pub mod bindings;
pub mod content;
mod dataset;
#[doc(hidden)]
pub mod glue;
pub mod host;
mod protocol;
pub mod reading;
pub mod settings;

pub use bindings::dataset::exports::loadwright::plugin::dataset::{Content, Conversation, Turn};
pub use bindings::dataset::loadwright::plugin::types::{
    Fault, Field, Media, Message, Part, Prompt, Ranking,
};
pub use bindings::protocol::exports::loadwright::plugin::protocol::{
    Ask, Channel, Encoding, Exchange, Piece, ReadingPlan, Reply, Request, Rule, Segment, Splice,
    Usage,
};
pub use dataset::{Dataset, conversation, turn, user};
pub use protocol::Protocol;

/// Puts the manifest, a file beside the crate's Cargo.toml, into the component's custom section.
#[doc(hidden)]
#[macro_export]
macro_rules! manifest_section {
    ($file:literal) => {
        const MANIFEST: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $file));

        #[used]
        #[unsafe(link_section = "loadwright:manifest")]
        static SECTION: [u8; MANIFEST.len()] =
            *include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $file));
    };
}

/// Makes a component of a type that implements [`Protocol`] and the manifest beside the crate's
/// Cargo.toml. Once a crate.
#[macro_export]
macro_rules! protocol {
    ($plugin:ty, $manifest:literal) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::manifest_section!($manifest);

            impl $crate::glue::Described for $plugin {
                const MANIFEST: &'static str = MANIFEST;
            }

            type Component = $crate::glue::ProtocolComponent<$plugin>;
    $crate::bindings::protocol::export!(Component with_types_in $crate::bindings::protocol);
        };
    };
}

/// Makes a component of a type that implements [`Dataset`] and the manifest beside the crate's
/// Cargo.toml. Once a crate.
#[macro_export]
macro_rules! dataset {
    ($plugin:ty, $manifest:literal) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::manifest_section!($manifest);

            impl $crate::glue::Described for $plugin {
                const MANIFEST: &'static str = MANIFEST;
            }

            type Component = $crate::glue::DatasetComponent<$plugin>;
    $crate::bindings::dataset::export!(Component with_types_in $crate::bindings::dataset);
        };
    };
}
