//! Framing and reading do not allocate per frame once their buffers have grown. In a binary of its
//! own, because it counts every allocation of the process.
#![expect(unsafe_code, reason = "an allocator that counts is one that delegates")]

use loadwright_core::reading::{Channel, CountKind, ReadingPlan, Rule, RuleKind};
use loadwright_engine::framing::{Frame, Framer, Framing};
use loadwright_engine::reading::{Reader, Reading};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is the system allocator's own; only a counter of the thread is touched.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: as the caller promised.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(run: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    run();
    ALLOCATIONS.get() - before
}

fn plan() -> ReadingPlan {
    ReadingPlan {
        done: vec!["[DONE]".into()],
        rules: vec![
            Rule::new(RuleKind::Text(Channel::Output), "/choices/*/delta/content"),
            Rule::new(RuleKind::Tokens, "/choices/*/token_ids"),
            Rule::new(RuleKind::Finish, "/choices/*/finish_reason"),
            Rule::new(RuleKind::Count(CountKind::Output), "/usage/completion_tokens"),
            Rule::new(RuleKind::Error, "/error"),
        ],
        ..ReadingPlan::default()
    }
}

/// A stream of `frames` chunks; `content` gives the text of each, as it stands in JSON.
fn stream(frames: usize, content: impl Fn(usize) -> String) -> Vec<u8> {
    let chunk = |n| {
        let text = content(n);
        format!(
            "data: {{\"id\":\"chatcmpl-1\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\
             \"{text}\"}},\"token_ids\":[{n}],\"finish_reason\":null}}],\"usage\":\
             {{\"completion_tokens\":{n}}}}}\n\n"
        )
    };
    (0..frames).flat_map(|n| chunk(n).into_bytes()).collect()
}

struct Exchange {
    reader: Reader,
    reading: Reading,
}

impl Exchange {
    fn new() -> Self {
        let reader = Reader::new(&plan()).expect("its rules are good");
        Self { reader, reading: Reading::without_text() }
    }

    /// A whole exchange, in reads that split events.
    fn run(&mut self, stream: &[u8]) {
        let Self { reader, reading } = self;
        reading.clear();
        let mut framer = Framer::new(Framing::Sse, false, 1 << 20);
        for part in stream.chunks(300) {
            let read = &mut |frame: Frame<'_>| {
                reader.read(frame.payload, reading);
            };
            framer.feed(part, read).expect("no frame is that long");
        }
    }
}

/// Allocations of an exchange of `frames` frames, after one of the same has grown the buffers.
fn steady(frames: usize, content: impl Fn(usize) -> String) -> u64 {
    let stream = stream(frames, content);
    let mut exchange = Exchange::new();
    exchange.run(&stream);
    let count = allocations(|| exchange.run(&stream));
    assert_eq!(exchange.reading.outputs.len(), frames);
    assert_eq!(exchange.reading.usage.output_tokens, Some(frames as u32 - 1));
    count
}

#[test]
fn frames_are_read_without_allocation() {
    let plain = |n| format!(" word{n}");
    let few = steady(100, plain);
    assert_eq!(few, steady(1000, plain), "the cost of an exchange is not one of its frames");
    assert!(few <= 16, "{few}");
}

#[test]
fn a_text_with_escapes_costs_the_parser_one_buffer() {
    let escaped = |_| String::from("\\n\\n");
    let more = steady(1000, escaped) - steady(100, escaped);
    assert_eq!(more, 900);
}
