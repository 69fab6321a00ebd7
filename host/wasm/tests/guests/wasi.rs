//! A guest whose toolchain needs WASI 0.2 gets a closed one: no access to this machine, standard
//! error in the log and in the trap's message, reproducible clocks and randomness.

use crate::harness::{SCRIPTED_API, SCRIPTED_DATASET, TestHost, all, module, request};
use loadwright_wasm::{DatasetServices, Plugin};
use serde_json::json;
use std::sync::Arc;

/// Of each interface only what the guests call, as toolchains leave it.
const PACKAGES: &str = "
    package wasi:io@0.2.3 {
        interface streams {
            resource error;
            variant stream-error { last-operation-failed(error), closed }
            resource output-stream {
                blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
            }
        }
    }
    package wasi:cli@0.2.3 {
        interface stderr {
            use wasi:io/streams@0.2.3.{output-stream};
            get-stderr: func() -> output-stream;
        }
        interface environment { get-environment: func() -> list<tuple<string, string>>; }
    }
    package wasi:clocks@0.2.3 {
        interface monotonic-clock { now: func() -> u64; }
        interface wall-clock {
            record datetime { seconds: u64, nanoseconds: u32 }
            now: func() -> datetime;
        }
    }
    package wasi:random@0.2.3 {
        interface random { get-random-u64: func() -> u64; }
    }
    package wasi:filesystem@0.2.3 {
        interface preopens {
            resource descriptor;
            get-directories: func() -> list<tuple<descriptor, string>>;
        }
    }
    package wasi:sockets@0.2.3 {
        interface tcp-create-socket {
            enum error-code { unknown, access-denied, not-supported }
            enum ip-address-family { ipv4, ipv6 }
            resource tcp-socket;
            create-tcp-socket: func(family: ip-address-family) -> result<tcp-socket, error-code>;
        }
    }
";

/// The scripted API plugin's world with WASI in the place of `log`.
const API: &str = "
    package test:scripted;
    world scripted {
        import wasi:cli/stderr@0.2.3;
        export loadwright:plugin/plugin@0.1.0;
        export loadwright:plugin/api@0.1.0;
    }
";

/// The scripted dataset's world with WASI in the place of `log` and `random`.
const DATASET: &str = "
    package test:scripted;
    world scripted {
        import wasi:cli/stderr@0.2.3;
        import wasi:cli/environment@0.2.3;
        import wasi:clocks/monotonic-clock@0.2.3;
        import wasi:clocks/wall-clock@0.2.3;
        import wasi:random/random@0.2.3;
        import wasi:filesystem/preopens@0.2.3;
        import wasi:sockets/tcp-create-socket@0.2.3;
        import loadwright:plugin/tokenizer@0.1.0;
        import loadwright:plugin/files@0.1.0;
        export loadwright:plugin/plugin@0.1.0;
        export loadwright:plugin/dataset@0.1.0;
    }
";

/// Standard error in the place of the log. `$leak` keeps every handle that it gets.
const API_FUNCTIONS: &str = r#"
  (import "wasi:cli/stderr@0.2.3" "get-stderr" (func $stderr (result i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.blocking-write-and-flush"
    (func $write (param i32 i32 i32 i32)))
  (func $log (param i32 i32 i32)
    (call $write (call $stderr) (local.get 1) (local.get 2) (i32.const 32)))
  (func $leak (loop $next (drop (call $stderr)) (br $next)))
"#;

/// What the dataset does with WASI. Anything that is not closed is a trap in `closed`.
const DATASET_FUNCTIONS: &str = r#"
  (import "wasi:cli/stderr@0.2.3" "get-stderr" (func $stderr (result i32)))
  (import "wasi:io/streams@0.2.3" "[method]output-stream.blocking-write-and-flush"
    (func $write (param i32 i32 i32 i32)))
  (import "wasi:cli/environment@0.2.3" "get-environment" (func $environment (param i32)))
  (import "wasi:clocks/monotonic-clock@0.2.3" "now" (func $monotonic (result i64)))
  (import "wasi:clocks/wall-clock@0.2.3" "now" (func $wall (param i32)))
  (import "wasi:random/random@0.2.3" "get-random-u64" (func $random (result i64)))
  (import "wasi:filesystem/preopens@0.2.3" "get-directories" (func $directories (param i32)))
  (import "wasi:sockets/tcp-create-socket@0.2.3" "create-tcp-socket"
    (func $socket (param i32 i32)))
  (import "loadwright:plugin/tokenizer@0.1.0" "count" (func $count (param i32 i32 i32 i32)))
  (import "loadwright:plugin/files@0.1.0" "lines" (func $lines (param i32 i32 i32 i32 i32)))
  (func $log (param i32 i32 i32)
    (call $write (call $stderr) (local.get 1) (local.get 2) (i32.const 32)))
  (func $fill (param i32 i32 i32 i32 i32) (local $bytes i32)
    (call $closed)
    (local.set $bytes (call $alloc (i32.const 8)))
    (i64.store (local.get $bytes) (call $random))
    (call $pair (local.get 4) (local.get $bytes) (i32.const 8)))
  (func $closed (local $before i64) (local $seconds i64)
    (call $environment (i32.const 32))
    (if (i32.load offset=4 (i32.const 32)) (then unreachable))
    (call $directories (i32.const 32))
    (if (i32.load offset=4 (i32.const 32)) (then unreachable))
    ;; err(access-denied)
    (call $socket (i32.const 0) (i32.const 32))
    (if (i32.ne (i32.load8_u (i32.const 32)) (i32.const 1)) (then unreachable))
    (if (i32.ne (i32.load8_u offset=4 (i32.const 32)) (i32.const 1)) (then unreachable))
    (local.set $before (call $monotonic))
    (if (i64.ne (call $monotonic) (i64.add (local.get $before) (i64.const 1000)))
      (then unreachable))
    (call $wall (i32.const 32))
    (local.set $seconds (i64.load (i32.const 32)))
    ;; A date of this century, and the same however often it is read.
    (if (i64.lt_u (local.get $seconds) (i64.const 946684800)) (then unreachable))
    (call $wall (i32.const 32))
    (if (i64.ne (i64.load (i32.const 32)) (local.get $seconds)) (then unreachable)))
"#;

fn api(host: &TestHost) -> Arc<Plugin> {
    let text = format!("(module {API_FUNCTIONS} {SCRIPTED_API})");
    host.open("api.wasm", &module(&text, &format!("{API}{PACKAGES}")))
}

fn dataset(host: &TestHost) -> Arc<Plugin> {
    let text = format!("(module {DATASET_FUNCTIONS} {SCRIPTED_DATASET})");
    host.open("dataset.wasm", &module(&text, &format!("{DATASET}{PACKAGES}")))
}

fn drawn(host: &TestHost, first: u32, count: u32) -> Vec<Vec<u8>> {
    let factory = dataset(host).dataset(&json!({}), DatasetServices::default()).unwrap();
    let items = all(factory.instance().unwrap().generate(first, count));
    items.iter().map(|item| item.turns[0].media[0].bytes.to_vec()).collect()
}

#[test]
fn the_machine_is_hidden_and_randomness_derives_from_the_seed() {
    let first = drawn(&TestHost::new(), 0, 3);
    assert_eq!(first.len(), 3);
    assert_ne!(first[0], first[1]);
    assert_eq!(drawn(&TestHost::new(), 0, 3), first);
    assert_ne!(drawn(&TestHost::with(|config| config.seed = 8), 0, 3), first);
}

#[test]
fn standard_error_is_shown_above_the_trap() {
    let host = TestHost::new();
    let mut api = api(&host).api(&json!({})).unwrap().instance().unwrap();
    let failure = api.format(&[request("a", Some(1))]).remove(0).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "plugin `scripted` failed in format: it trapped: about to trap\n\
         wasm trap: wasm `unreachable` instruction executed\n  \
         in break\n  \
         in act\n  \
         in format"
    );
}

#[test]
fn randomness_does_not_depend_on_the_calls_before() {
    let host = TestHost::new();
    let factory = dataset(&host).dataset(&json!({}), DatasetServices::default()).unwrap();
    let mut used = factory.instance().unwrap();
    all(used.generate(0, 5));
    let items = all(used.generate(2, 2));
    let after: Vec<_> = items.iter().map(|item| item.turns[0].media[0].bytes.to_vec()).collect();
    assert_eq!(after, drawn(&host, 2, 2));
    assert_ne!(after, drawn(&host, 3, 2));
}
