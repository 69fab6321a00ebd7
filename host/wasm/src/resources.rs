//! Sums over all memories and tables of a store, held against its limits. A guest may make many of
//! each: a limit for one alone would say nothing.

use wasmtime::component::Component;

/// Memories of a plugin at most: toolchains make one.
pub(crate) const MEMORIES: usize = 16;

/// Tables of a plugin at most; and the elements of all of them: CPython takes about 6,000.
pub(crate) const TABLES: usize = 256;
const TABLE_ELEMENTS: usize = 100_000;

/// Core instances of a plugin at most: a toolchain that links libraries makes one for each.
pub(crate) const INSTANCES: usize = 256;

/// Handles of WASI that a plugin holds at a time.
pub(crate) const HANDLES: usize = 1000;

/// What the guest of a store has taken so far.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    memory: usize,
    table_elements: usize,
}

impl Taken {
    /// Takes the growth of one memory; false if all memories would then exceed `limit` bytes.
    pub(crate) fn memory(&mut self, current: usize, desired: usize, limit: u64) -> bool {
        let sum = grown(self.memory, current, desired);
        let fits = sum as u64 <= limit;
        if fits {
            self.memory = sum;
        }
        fits
    }

    /// Takes the growth of one table; false if all tables would then be too large.
    pub(crate) fn table(&mut self, current: usize, desired: usize) -> bool {
        let sum = grown(self.table_elements, current, desired);
        let fits = sum <= TABLE_ELEMENTS;
        if fits {
            self.table_elements = sum;
        }
        fits
    }
}

fn grown(sum: usize, current: usize, desired: usize) -> usize {
    sum.saturating_add(desired.saturating_sub(current))
}

/// Checks what a component makes at its start, so that too much is refused before it runs.
///
/// # Errors
/// What it makes too many of.
pub(crate) fn check(component: &Component) -> Result<(), String> {
    // Unknown only where it instantiates modules that it imports, which no world provides.
    let Some(required) = component.resources_required() else { return Ok(()) };
    let counts =
        [(required.num_memories, MEMORIES, "memories"), (required.num_tables, TABLES, "tables")];
    for (count, most, what) in counts {
        if count as usize > most {
            return Err(format!("makes {count} {what}, but a plugin may have {most}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
