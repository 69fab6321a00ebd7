//! Frames any bytes in any split: one read, reads of one byte, and reads of the size in the first byte
//! give the same frames, and those of an event stream match the oracle's.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadwright_engine::framing::{Framer, Framing};

#[path = "../../host/engine/src/exchange/framing/reference.rs"]
mod reference;

fn frames(framing: Framing, body: &[u8], part: usize, ended: bool) -> Vec<Vec<u8>> {
    let mut framer = Framer::new(framing, usize::MAX);
    let mut frames = Vec::new();
    let mut take = |frame: &[u8]| frames.push(frame.to_vec());
    for part in body.chunks(part) {
        framer.feed(part, &mut take).expect("there is no limit");
    }
    if ended {
        framer.finish(&mut take);
    }
    frames
}

fuzz_target!(|data: &[u8]| {
    let Some((&part, body)) = data.split_first() else { return };
    let parts = [usize::MAX, 1, usize::from(part).max(1)];
    for ended in [false, true] {
        let expected = reference::events(body, ended);
        for part in parts {
            assert_eq!(frames(Framing::Sse, body, part, ended), expected);
        }
        for framing in [Framing::Lines, Framing::Whole, Framing::Sniffed] {
            let whole = frames(framing, body, usize::MAX, ended);
            assert!(parts.iter().all(|&part| frames(framing, body, part, ended) == whole));
        }
    }
});
