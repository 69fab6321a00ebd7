//! Adapts the engine to the process's limits. wasmtime reserves 4 GiB of address space for each
//! memory of a guest, which makes accesses fast; if the address space is limited (`ulimit -v`, some
//! cluster schedulers), it reserves only what is needed.

use rlimit::Resource;
use wasmtime::Config;

/// Address space for the reservations of all threads of a large machine, each with a few guests.
const AMPLE: u64 = 1 << 40;

/// Extra bytes reserved each time a memory moves to grow, if memories are not reserved whole.
const GROWTH: u64 = 16 << 20;

/// Size in bytes of the guard region behind a memory.
const GUARD: u64 = 64 << 10;

/// Configures the engine for the process's limits.
pub(crate) fn apply(config: &mut Config) {
    apply_limits(config, soft(Resource::AS), soft(Resource::FSIZE));
}

fn apply_limits(config: &mut Config, address_space: u64, file_size: u64) {
    if address_space < AMPLE {
        config
            .memory_reservation(0)
            .memory_reservation_for_growth(GROWTH)
            .memory_guard_size(GUARD)
            .guard_before_linear_memory(false);
    }
    if file_size != rlimit::INFINITY {
        // Memory images that instances share are files to the kernel.
        config.memory_init_cow(false);
    }
}

/// The soft limit; unlimited if the system does not say.
fn soft(resource: Resource) -> u64 {
    resource.get_soft().unwrap_or(rlimit::INFINITY)
}

#[cfg(test)]
mod tests;
