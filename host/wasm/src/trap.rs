//! Turns the end of an instance into a cause a reader can act on.

use crate::state::{Overrun, State};
use loadwright_core::ports::Cause;
use wasmtime::{Trap, WasmBacktrace};

/// Frames shown: the innermost say where it broke, the rest is the toolchain's start-up.
const FRAMES: usize = 8;

/// Frames of runtimes and of the bindings' glue, which say nothing about the guest's own code.
const GLUE: [&str; 14] = [
    "core::panicking",
    "std::panicking",
    "std::sys::",
    "std::process::abort",
    "wit_dylib",
    "core::option::",
    "core::result::",
    "alloc::alloc::",
    "rust_begin_unwind",
    "__rust",
    "rust_panic",
    "wit-component:",
    "cabi_",
    "abort",
];

/// Why a call ended: the limit it overran, or what the guest said last, the trap and the guest's
/// frames.
pub(crate) fn cause(error: &wasmtime::Error, state: &mut State) -> Cause {
    match state.overrun {
        Some(Overrun::Time) => Cause::TimeLimit(state.limits.timeout.as_secs_f64()),
        Some(Overrun::Memory) => Cause::MemoryLimit(state.limits.memory >> 20),
        Some(Overrun::Stopped) => Cause::Stopped,
        None if error.root_cause().is::<rustix::io::Errno>() => Cause::System(format!("{error:#}")),
        None => Cause::Trap(text(error, state.console.tail())),
    }
}

fn text(error: &wasmtime::Error, said: &str) -> String {
    let mut text = String::new();
    if !said.is_empty() {
        text.push_str(said);
        text.push('\n');
    }
    match error.downcast_ref::<Trap>() {
        Some(trap) => text.push_str(&trap.to_string()),
        None => text.push_str(&error.root_cause().to_string()),
    }
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        for frame in guest_frames(backtrace) {
            text.push_str("\n  in ");
            text.push_str(&frame);
        }
    }
    text
}

fn guest_frames(backtrace: &WasmBacktrace) -> Vec<String> {
    let named = backtrace.frames().iter().filter_map(|frame| {
        let symbol = frame.symbols().first();
        let name = symbol.and_then(|symbol| symbol.name()).or(frame.func_name())?;
        // Names without debug information are as the compiler mangled them.
        let name = rustc_demangle::demangle(name);
        let mut shown = format!("{name:#}");
        if let Some((file, line)) = symbol.and_then(|symbol| symbol.file().zip(symbol.line())) {
            shown.push_str(&format!(" ({file}:{line})"));
        }
        Some(shown)
    });
    named.filter(|name| !GLUE.iter().any(|glue| name.starts_with(glue))).take(FRAMES).collect()
}
