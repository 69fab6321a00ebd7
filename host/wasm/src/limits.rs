//! How much of the process's address space guests may reserve, and what the limits of files forbid.
//! wasmtime reserves 4 GiB for each memory of a guest, which makes its accesses fast; where the
//! address space is limited (`ulimit -v`, some schedulers of clusters), it takes what is needed.

use rlimit::Resource;
use wasmtime::Config;

/// A limit below this does not have room for the reservations of all threads of a large machine,
/// each of which has a few guests.
const ROOMY: u64 = 1 << 40;

/// Bytes added to a memory in advance each time it moves, where memories are not reserved whole.
const GROWTH: u64 = 16 << 20;

/// Bytes behind a memory that trap.
const GUARD: u64 = 64 << 10;

/// Sets what the process's limits ask for.
pub(crate) fn apply(config: &mut Config) {
    apply_limits(config, soft(Resource::AS), soft(Resource::FSIZE));
}

fn apply_limits(config: &mut Config, address_space: u64, file_size: u64) {
    if address_space < ROOMY {
        config
            .memory_reservation(0)
            .memory_reservation_for_growth(GROWTH)
            .memory_guard_size(GUARD)
            .guard_before_linear_memory(false);
    }
    if file_size != rlimit::INFINITY {
        // The images of memories that instances share are files to the system.
        config.memory_init_cow(false);
    }
}

/// The limit as it is; none where the system does not say.
fn soft(resource: Resource) -> u64 {
    resource.get_soft().unwrap_or(rlimit::INFINITY)
}

#[cfg(test)]
mod tests;
