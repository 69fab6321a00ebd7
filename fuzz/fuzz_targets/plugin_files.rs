//! Inspects and identifies damaged plugin files. The first byte chooses what the others are: edits of a
//! component, edits of a core module, a whole file, or the text of a manifest. Nothing panics, and what
//! is accepted has a kind, a name and limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadwright_wasm::fuzzing;

const COMPONENT: &[u8] = include_bytes!("../../plugins/dist/prompt.wasm");
const MODULE: &[u8] = include_bytes!("../../plugins/fixtures/dist/core.wasm");

fuzz_target!(|bytes: &[u8]| {
    let Some((form, bytes)) = bytes.split_first() else { return };
    match form % 4 {
        0 => fuzzing::component(fuzzing::edited(COMPONENT, bytes)),
        1 => fuzzing::component(fuzzing::edited(MODULE, bytes)),
        2 => fuzzing::component(bytes.to_vec()),
        _ => fuzzing::manifest(bytes),
    }
});
