//! Writes a Loadwright plugin in Rust.
//!
//! A plugin implements [`Api`] or [`Dataset`], and hands the type and its manifest to [`api!`] or
//! [`dataset!`], which make the component's exports. Everything else of a plugin is plain Rust that
//! its tests run natively; off WebAssembly the macros make nothing and calls to the host ([`host`])
//! panic, so logic takes what it needs from the host as an argument.
//!
//! ```ignore
//! loadwright_plugin::api!(Ollama, "manifest.json");
//! ```
//!
//! The manifest is JSON; it answers `describe` and is copied to the component's custom section
//! `loadwright:manifest`, so that a listing needs no compilation.

mod api;
#[doc(hidden)]
pub mod bindings;
pub mod body;
pub mod chat;
pub mod content;
pub mod conventions;
mod dataset;
pub mod exchange;
pub mod exporter;
#[doc(hidden)]
pub mod glue;
pub mod host;
pub mod json_body;
pub mod lines;
pub mod plan;
pub mod reading;
pub mod settings;
pub mod template;

pub use api::{Api, request};
pub use bindings::api::exports::loadwright::plugin::api::{
    Condition, Encoding, Exchange, Frame, Guard, Insertion, Piece, PromptRequest, Quantity,
    ReadingPlan, Reply, Request, Rule, Segment,
};
pub use bindings::dataset::exports::loadwright::plugin::dataset::{
    Cell, Content, Conversation, DatasetProperties, FileRange, Source, Turn,
};
pub use bindings::plugin::loadwright::plugin::types::{
    Custom, Fault, Field, HeldText, Link, Media, Message, Part, Prompt, Ranking, SettingFault,
};
pub use conventions::{Conventions, Shapes};
pub use dataset::{
    Dataset, Indexed, content, conversation, items, message, properties, turn, user,
};

pub use exporter::{Ack, EndReason, Exporter, Point, Record, Row, Run, Summary, ack};

/// Puts the manifest, a file beside the crate's Cargo.toml, into the component's custom section.
#[doc(hidden)]
#[macro_export]
macro_rules! manifest_section {
    ($plugin:ty, $file:literal) => {
        const MANIFEST: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $file));

        #[used]
        #[unsafe(link_section = "loadwright:manifest")]
        static SECTION: [u8; MANIFEST.len()] =
            *include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $file));

        impl $crate::glue::Described for $plugin {
            const MANIFEST: &'static str = MANIFEST;
        }
    };
}

/// Makes a component of a type that implements [`Api`] and the manifest beside the crate's
/// Cargo.toml. Once a crate.
#[macro_export]
macro_rules! api {
    ($plugin:ty, $manifest:literal) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::manifest_section!($plugin, $manifest);
            type Component = $crate::glue::ApiComponent<$plugin>;
    $crate::bindings::plugin::export!(Component with_types_in $crate::bindings::plugin);
    $crate::bindings::api::export!(Component with_types_in $crate::bindings::api);
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
            $crate::manifest_section!($plugin, $manifest);
            type Component = $crate::glue::DatasetComponent<$plugin>;
    $crate::bindings::plugin::export!(Component with_types_in $crate::bindings::plugin);
    $crate::bindings::dataset::export!(Component with_types_in $crate::bindings::dataset);
        };
    };
}

/// Makes a component of a type that implements [`Indexed`] and the manifest beside the crate's
/// Cargo.toml. Once a crate.
#[macro_export]
macro_rules! indexed_dataset {
    ($plugin:ty, $manifest:literal) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::manifest_section!($plugin, $manifest);
            type Component = $crate::glue::IndexedComponent<$plugin>;
    $crate::bindings::plugin::export!(Component with_types_in $crate::bindings::plugin);
    $crate::bindings::dataset::export!(Component with_types_in $crate::bindings::dataset);
    $crate::bindings::index::export!(Component with_types_in $crate::bindings::index);
        };
    };
}

/// Makes a component of a type that implements [`Exporter`] and the manifest beside the crate's
/// Cargo.toml. Once a crate.
#[macro_export]
macro_rules! exporter {
    ($plugin:ty, $manifest:literal) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::manifest_section!($plugin, $manifest);
            type Component = $crate::glue::ExporterComponent<$plugin>;
    $crate::bindings::plugin::export!(Component with_types_in $crate::bindings::plugin);
    $crate::bindings::exporter::export!(Component with_types_in $crate::bindings::exporter);
        };
    };
}

/// Makes a component of a type that implements [`Conventions`] and the manifest beside the crate's
/// Cargo.toml. Once a crate.
#[macro_export]
macro_rules! conventions {
    ($plugin:ty, $manifest:literal) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::manifest_section!($plugin, $manifest);
            type Component = $crate::glue::ConventionsComponent<$plugin>;
    $crate::bindings::plugin::export!(Component with_types_in $crate::bindings::plugin);
    $crate::bindings::conventions::export!(Component with_types_in $crate::bindings::conventions);
        };
    };
}
