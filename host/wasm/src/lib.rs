//! Runs WebAssembly components as protocols and datasets.
