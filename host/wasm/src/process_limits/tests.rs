use super::{AMPLE, apply_limits};
use wasmtime::{Config, Engine, Instance, Module, Store};

/// Address space in bytes that a guest with one memory takes.
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
    memory.grow(&mut store, 40).expect("it still grows");
    after.saturating_sub(before)
}

/// Other tests of this process may take some meanwhile, but none takes gigabytes.
fn address_space_of_this_process() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a Linux machine");
    let line = status.lines().find(|line| line.starts_with("VmSize:")).expect("its size");
    let kib = line.split_whitespace().nth(1).and_then(|size| size.parse::<u64>().ok());
    kib.expect("a number") << 10
}

#[test]
#[cfg(target_os = "linux")]
fn guests_reserve_less_if_address_space_is_limited() {
    let (ample, limited) = (taken(AMPLE), taken(AMPLE - 1));
    assert!(ample >= 4 << 30, "{ample}");
    assert!(limited < 3 << 30, "{limited}");
}
