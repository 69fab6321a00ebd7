//! What differs between processors is the same for every guest.

use super::start;
use wasmtime::{Instance, Module, Store};

fn run(text: &str, argument: i32) -> i32 {
    let (engine, _epoch) = start().expect("components run here");
    let module =
        Module::new(&engine, wat::parse_str(text).expect("it parses")).expect("it compiles");
    let mut store = Store::new(&engine, ());
    store.set_epoch_deadline(1_000_000);
    let instance = Instance::new(&mut store, &module, &[]).expect("it imports nothing");
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run").expect("it exports run");
    run.call(&mut store, argument).expect("it returns")
}

/// A processor keeps the payload of a NaN that goes into a sum.
#[test]
fn every_nan_is_the_canonical_one() {
    let sum = "(module (func (export \"run\") (param i32) (result i32)
        (i32.reinterpret_f32 (f32.add (f32.reinterpret_i32 (local.get 0)) (f32.const 1)))))";
    assert_eq!(run(sum, 0x7fa0_0001), 0x7fc0_0000);
}

/// An index beyond the vector gives 0 on some processors and a lane on others.
#[test]
fn relaxed_instructions_have_one_result() {
    let swizzle = "(module (func (export \"run\") (param i32) (result i32)
        (i8x16.extract_lane_u 0 (i8x16.relaxed_swizzle
            (i8x16.splat (i32.const 7)) (i8x16.splat (local.get 0))))))";
    assert_eq!((run(swizzle, 3), run(swizzle, 16)), (7, 0));
}
