//! Runs WebAssembly components as protocols and datasets.

mod bindings;
