//! Frames any bytes in any split: one read, reads of one byte, and reads of the size in the first byte
//! give the same frames, and those of an event stream match the oracle's, names included.
#![no_main]

use libfuzzer_sys::fuzz_target;
use loadwright_engine::framing::{Frame, Framer, Framing};

#[path = "../../host/engine/src/exchange/framing/reference.rs"]
mod reference;

/// Names and payloads.
type Frames = Vec<(Vec<u8>, Vec<u8>)>;

fn frames(framing: Framing, body: &[u8], part: usize, ended: bool) -> Frames {
    let mut framer = Framer::new(framing, true, usize::MAX);
    let mut frames = Vec::new();
    let mut take = |frame: Frame<'_>| frames.push((frame.event.to_vec(), frame.payload.to_vec()));
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
        let expected = reference::named_events(body, ended);
        let payloads: Vec<_> = expected.iter().map(|(_, payload)| payload.clone()).collect();
        assert_eq!(reference::events(body, ended), payloads);
        for part in parts {
            assert_eq!(frames(Framing::Sse, body, part, ended), expected);
        }
        for framing in [Framing::Lines, Framing::Whole, Framing::Sniffed, Framing::Elements] {
            let whole = frames(framing, body, usize::MAX, ended);
            assert!(parts.iter().all(|&part| frames(framing, body, part, ended) == whole));
        }
    }
});
