  ;; What both scripted guests share. They are written by hand, so that the contract's memory layout is
  ;; checked independently of any toolchain. `configure` refuses settings of more than 1,000 bytes.
  (memory (export "memory") 2)
  (data (i32.const 64) "{\"name\":\"scripted\",\"version\":\"1.2.3\",\"summary\":\"does as it is told\"}")
  (data (i32.const 256) "about to trap")
  (data (i32.const 272) "POST")
  (data (i32.const 288) "asked to")
  (data (i32.const 304) "data")
  (data (i32.const 320) "dataset-path")
  (data (i32.const 336) "hello")
  (data (i32.const 352) "image/png")
  (global $free (mut i32) (i32.const 4096))

  (func $alloc (param $size i32) (result i32) (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $free) (i32.shl (memory.size) (i32.const 16))))
      (drop (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1)))))
    (memory.fill (local.get $at) (i32.const 0) (local.get $size))
    (local.get $at))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (call $alloc (local.get $size)))
  (func $reset (param i32) (global.set $free (i32.const 4096)))
  (func $break unreachable)

  ;; Stores a pointer and a length at $at.
  (func $pair (param $at i32) (param $pointer i32) (param $length i32)
    (i32.store (local.get $at) (local.get $pointer))
    (i32.store offset=4 (local.get $at) (local.get $length)))

  (func (export "loadwright:plugin/plugin@0.1.0#describe") (result i32)
    (call $pair (i32.const 16) (i32.const 64) (i32.const 68))
    (i32.const 16))
  (func (export "loadwright:plugin/plugin@0.1.0#configure") (param $at i32) (param $length i32)
    (result i32) (local $out i32)
    (call $configuring (local.get $length))
    (local.set $out (call $alloc (i32.const 24)))
    (if (i32.gt_u (local.get $length) (i32.const 1000)) (then
      (i32.store8 (local.get $out) (i32.const 1))
      (call $pair (i32.add (local.get $out) (i32.const 16)) (i32.const 288) (i32.const 8))))
    (local.get $out))
