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
mod tests {
    use super::{ROOMY, apply_limits};
    use wasmtime::{Config, Engine, Instance, Module, Store};

    /// Bytes of address space that one guest with a memory takes.
    fn taken(address_space: u64) -> u64 {
        let mut config = Config::new();
        apply_limits(&mut config, address_space, rlimit::INFINITY);
        let engine = Engine::new(&config).expect("an engine");
        let wat = "(module (memory (export \"m\") 1 100))";
        let module = Module::from_binary(&engine, &wat::parse_str(wat).expect("it parses"));
        let module = module.expect("it compiles");
        let before = address_space_of_this_process();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
        let after = address_space_of_this_process();
        let memory = instance.get_memory(&mut store, "m").expect("exported");
        memory.grow(&mut store, 40).expect("it grows all the same");
        after.saturating_sub(before)
    }

    /// Other tests of this process may take some meanwhile, and none of them gigabytes.
    fn address_space_of_this_process() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").expect("a Linux machine");
        let line = status.lines().find(|line| line.starts_with("VmSize:")).expect("its size");
        let kib = line.split_whitespace().nth(1).and_then(|size| size.parse::<u64>().ok());
        kib.expect("a number") << 10
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn guests_take_what_they_need_where_address_space_is_limited() {
        let (roomy, limited) = (taken(ROOMY), taken(ROOMY - 1));
        assert!(roomy >= 4 << 30, "{roomy}");
        assert!(limited < 3 << 30, "{limited}");
    }
}
