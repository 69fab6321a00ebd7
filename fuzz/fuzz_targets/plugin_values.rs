//! Feeds values of the contract, made of any bytes, through the conversions of the plugin host. The
//! first byte chooses the call that returns them. What is accepted keeps the documented limits, and an
//! accepted reading plan is one that the engine takes or refuses.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadwright_engine::reading::Reader;
use loadwright_wasm::fuzzing;

fuzz_target!(|bytes: &[u8]| {
    let Some((call, bytes)) = bytes.split_first() else { return };
    match call % 7 {
        0 => fuzzing::conversation(bytes),
        1 => fuzzing::request(bytes),
        2 => fuzzing::reply(bytes),
        3 => drop(fuzzing::plan(bytes).map(|plan| Reader::new(&plan).map(drop))),
        4 => fuzzing::ack(bytes),
        5 => fuzzing::shapes(bytes),
        _ => fuzzing::http_requests(bytes),
    }
});
