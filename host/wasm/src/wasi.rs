//! A closed WASI 0.2 (placeholder while the rest is built).
use crate::state::State;
use wasmtime::component::Linker;
pub(crate) struct Closed;
impl Closed {
    pub(crate) fn new(_seed: u64) -> Self {
        Self
    }
}
pub(crate) fn offer(_linker: &mut Linker<State>) -> wasmtime::Result<()> {
    Ok(())
}
