//! Turns the error that ended an instance into a cause that a reader can act on.

use crate::state::{Interruption, State};
use loadwright_core::foreign::clipped;
use loadwright_core::ports::Cause;
use wasmtime::{Trap, WasmBacktrace};

/// Frames shown: the innermost say where it failed, the outer ones are the toolchain's start-up.
const FRAMES: usize = 8;

/// Bytes of a frame's name, and of the trap's own text, at most.
const NAME: usize = 200;
const MESSAGE: usize = 2000;

/// Frames of language runtimes and of bindings, which say nothing about the guest's own code.
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

/// Why a call ended: the limit it exceeded, or the guest's last output, the trap and the guest's
/// frames.
pub(crate) fn cause(error: &wasmtime::Error, state: &mut State) -> Cause {
    match state.interruption {
        Some(Interruption::Time) => Cause::TimeLimit(state.times.allowed.as_secs_f64()),
        Some(Interruption::HostTime) => {
            Cause::HostTimeLimit(state.times.allowed_in_host.as_secs_f64())
        }
        Some(Interruption::Memory) => Cause::MemoryLimit(state.limits.memory >> 20),
        Some(Interruption::Stopped) => Cause::Stopped,
        None if is_output(error) => Cause::OutputLimit(state.limits.output >> 20),
        None if error.root_cause().is::<rustix::io::Errno>() => Cause::System(format!("{error:#}")),
        None => Cause::Trap(text(error, state.output.tail())),
    }
}

/// Whether the guest passed more to the host than it may: wasmtime's error for it is private, so it is
/// known by its text.
fn is_output(error: &wasmtime::Error) -> bool {
    error.root_cause().to_string().contains("fuel allocated for hostcalls has been exhausted")
}

fn text(error: &wasmtime::Error, output: &str) -> String {
    let mut text = String::new();
    if !output.is_empty() {
        text.push_str(output);
        text.push('\n');
    }
    match error.downcast_ref::<Trap>() {
        Some(trap) => text.push_str(&trap.to_string()),
        None => text.push_str(&clipped(&error.root_cause().to_string(), MESSAGE)),
    }
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        for frame in guest_frames(backtrace) {
            text.push_str("\n  in ");
            text.push_str(&clipped(&frame, NAME));
        }
    }
    text
}

fn guest_frames(backtrace: &WasmBacktrace) -> Vec<String> {
    let named = backtrace.frames().iter().filter_map(|frame| {
        let symbol = frame.symbols().first();
        let name = symbol.and_then(|symbol| symbol.name()).or(frame.func_name())?;
        // Without debug information, names are still mangled.
        let name = rustc_demangle::demangle(name);
        let mut shown = format!("{name:#}");
        if let Some((file, line)) = symbol.and_then(|symbol| symbol.file().zip(symbol.line())) {
            shown.push_str(&format!(" ({file}:{line})"));
        }
        Some(shown)
    });
    named.filter(|name| !GLUE.iter().any(|glue| name.starts_with(glue))).take(FRAMES).collect()
}
