//! Counts how many of many synthesized prompts of mixed lengths are not exact, and measures how many
//! one core makes per second with and without encoding each.
//! `exactness TOKENIZER [PROMPTS [LONGEST]]`, with `--release`.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use loadwright_core::conversation::Message;
use loadwright_core::ports::{Synthesis, Tokenizer};
use std::time::Duration;

/// Number of prompts in the speed measurement, and their length.
const PACE: (u32, u32) = (4_000, 1_024);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().expect("give a tokenizer: a folder, a file or a model's id");
    let mut number = |default| match arguments.next() {
        Some(text) => text.parse().expect("PROMPTS and LONGEST are numbers"),
        None => default,
    };
    let (prompts, longest): (u32, u32) = (number(10_000), number(8_192));
    let start = spent();
    let tokenizer = loadwright_tokens::open(&name, &serde_json::Map::new())
        .unwrap_or_else(|error| panic!("{error}"));
    println!("opened in {:?}, {}", (spent() - start), memory());
    exactness(&*tokenizer, prompts, longest);
    println!("{}", memory());
    pace(&*tokenizer);
    println!("{}", memory());
}

fn request(index: u32, tokens: u32, in_chat: bool) -> Synthesis<'static> {
    Synthesis { seed: 42, label: "exactness", index, prefix: "", tokens, in_chat, stop: None }
}

fn count(tokenizer: &dyn Tokenizer, text: &str, in_chat: bool) -> u32 {
    if in_chat {
        tokenizer.count_chat(&[Message::text("user", text)])
    } else {
        tokenizer.count_text(text)
    }
    .expect("text that was made from the vocabulary encodes")
}

/// Counts every prompt whole, independently of what the synthesis confirmed.
fn exactness(tokenizer: &dyn Tokenizer, prompts: u32, longest: u32) {
    let least = [count(tokenizer, "", false), count(tokenizer, "", true)];
    let (mut inexact, mut misreported, mut tokens) = (0, 0, 0_u64);
    for index in 0..prompts {
        let in_chat = index % 2 == 1;
        let least = least[usize::from(in_chat)];
        // The first are the shortest possible, the rest spread over all lengths.
        let length = match index {
            0..200 => least + index / 20,
            _ => least + index.wrapping_mul(2_654_435_761) % (longest - least + 1),
        };
        let made =
            tokenizer.synthesize(&request(index, length, in_chat)).expect("it is long enough");
        let counted = count(tokenizer, &made.text, in_chat);
        inexact += u32::from(counted != length);
        misreported += u32::from(counted != made.tokens);
        tokens += u64::from(counted);
    }
    println!("{prompts} prompts, {tokens} tokens: {inexact} inexact, {misreported} misreported");
}

fn pace(tokenizer: &dyn Tokenizer) {
    let (prompts, length) = PACE;
    for in_chat in [false, true] {
        let start = spent();
        let mut encoding = Duration::ZERO;
        for index in 0..prompts {
            let made = tokenizer.synthesize(&request(index, length, in_chat)).expect("long enough");
            if index % 16 == 0 {
                let start = spent();
                count(tokenizer, &made.text, in_chat);
                encoding += spent() - start;
            }
        }
        let each = ((spent() - start) - encoding) / prompts;
        let confirmed = each + encoding / (prompts / 16);
        println!(
            "in chat: {in_chat}; {length} tokens: {:.0} prompts per second and core by construction, \
             {:.0} with every one encoded",
            1.0 / each.as_secs_f64(),
            1.0 / confirmed.as_secs_f64()
        );
    }
}

/// CPU time of this thread, which other load on the machine does not change.
fn spent() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.expect("the kernel counts a thread's CPU time"))
}

/// Current and peak resident memory, if the system tells.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lines = status.lines().filter(|l| l.starts_with("VmRSS") || l.starts_with("VmHWM"));
    lines
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join(", ")
}
