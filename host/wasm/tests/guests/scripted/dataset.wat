  ;; A dataset of 40 items that do what their index says.
  ;; generate: 13 traps, 21 counts tokens, 22 is a fault of its own, 23 counts tokens for ever, 24
  ;; counts 32 MiB of text, 25 has a pause of `nan`, 26 one of 1e300, 27 one of 1e18, 30 reads line 0 of
  ;; `dataset-path`, 34 spins after a log line, each from 35 on takes 24 MiB until the call ends;
  ;; anything else has one turn with 8 random bytes as its media.
  ;; configure, with settings of more than 500 bytes, counts tokens, and traps if there are 1,000 or
  ;; more.
  (export "cabi_post_loadwright:plugin/dataset@0.1.0#generate" (func $reset))
  (func $configuring (param $length i32) (local $answer i32)
    (if (i32.le_u (local.get $length) (i32.const 500)) (then (return)))
    (local.set $answer (call $alloc (i32.const 24)))
    (call $count (i32.const 336) (i32.const 5) (i32.const 0) (local.get $answer))
    (if (i32.eqz (i32.load8_u (local.get $answer))) (then
      (if (i32.ge_u (i32.load offset=4 (local.get $answer)) (i32.const 1000)) (then
        (call $break))))))

  (func (export "loadwright:plugin/dataset@0.1.0#properties") (result i32) (local $out i32)
    (local.set $out (call $alloc (i32.const 32)))
    (i32.store8 offset=4 (local.get $out) (i32.const 1))
    (i32.store offset=8 (local.get $out) (i32.const 40))
    (local.get $out))

  ;; What it does before it makes an item.
  (func $act (param $index i32)
    (if (i32.eq (local.get $index) (i32.const 13)) (then (call $break)))
    (if (i32.eq (local.get $index) (i32.const 34)) (then
      (call $log (i32.const 1) (i32.const 336) (i32.const 5))
      (loop $spin (br $spin))))
    (if (i32.ge_u (local.get $index) (i32.const 35)) (then
      (drop (call $alloc (i32.const 25165824))))))

  (func $count_for_ever (local $answer i32)
    (local.set $answer (call $alloc (i32.const 24)))
    (loop $next
      (call $count (i32.const 336) (i32.const 5) (i32.const 0) (local.get $answer))
      (br $next)))

  ;; The pause of a turn.
  (func $pause (param $index i32) (result f64)
    (if (i32.eq (local.get $index) (i32.const 25)) (then (return (f64.const nan))))
    (if (i32.eq (local.get $index) (i32.const 26)) (then (return (f64.const 1e300))))
    (if (i32.eq (local.get $index) (i32.const 27)) (then (return (f64.const 1e18))))
    (f64.const 0))

  (func (export "loadwright:plugin/dataset@0.1.0#generate") (param $first i32) (param $count i32)
    (result i32)
    (local $out i32) (local $i i32) (local $index i32) (local $to i32) (local $turn i32)
    (local $medium i32) (local $answer i32)
    (local.set $out (call $alloc (i32.mul (local.get $count) (i32.const 56))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
      (local.set $index (i32.add (local.get $first) (local.get $i)))
      (br_if $done (i32.ge_u (local.get $index) (i32.const 40)))
      (local.set $to (i32.add (local.get $out) (i32.mul (local.get $i) (i32.const 56))))
      (local.set $turn (call $alloc (i32.const 136)))
      (call $pair (i32.add (local.get $to) (i32.const 32)) (local.get $turn) (i32.const 1))
      (i32.store8 (local.get $turn) (i32.const 1))
      (call $pair (i32.add (local.get $turn) (i32.const 4)) (i32.const 336) (i32.const 5))
      (f64.store offset=56 (local.get $turn) (call $pause (local.get $index)))
      (local.set $answer (call $alloc (i32.const 24)))
      (call $act (local.get $index))
      (if (i32.eq (local.get $index) (i32.const 23)) (then (call $count_for_ever)))
      (if (i32.eq (local.get $index) (i32.const 24)) (then
        (call $count (call $alloc (i32.const 33554432)) (i32.const 33554432) (i32.const 0)
          (local.get $answer))
        (if (i32.load8_u (local.get $answer)) (then (return (local.get $answer))))))
      (if (i32.eq (local.get $index) (i32.const 21)) (then
        (call $count (i32.const 336) (i32.const 5) (i32.const 0) (local.get $answer))
        (if (i32.load8_u (local.get $answer)) (then (return (local.get $answer))))))
      (if (i32.eq (local.get $index) (i32.const 30)) (then
        (call $lines (i32.const 320) (i32.const 12) (i32.const 0) (i32.const 1) (local.get $answer))
        (if (i32.load8_u (local.get $answer)) (then (return (local.get $answer))))
        (local.set $answer (i32.load offset=4 (local.get $answer)))
        (call $pair (i32.add (local.get $turn) (i32.const 4))
          (i32.load (local.get $answer)) (i32.load offset=4 (local.get $answer)))))
      (local.set $medium (call $alloc (i32.const 56)))
      (call $pair (local.get $medium) (i32.const 352) (i32.const 9))
      (call $fill (i32.const 304) (i32.const 4) (local.get $index) (i32.const 8)
        (i32.add (local.get $medium) (i32.const 16)))
      (call $pair (i32.add (local.get $turn) (i32.const 20)) (local.get $medium) (i32.const 1))
      (if (i32.eq (local.get $index) (i32.const 22)) (then
        (memory.fill (local.get $to) (i32.const 0) (i32.const 56))
        (i32.store8 (local.get $to) (i32.const 1))
        (i32.store8 offset=8 (local.get $to) (i32.const 1))
        (call $pair (i32.add (local.get $to) (i32.const 12)) (i32.const 288) (i32.const 8))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (local.set $answer (call $alloc (i32.const 24)))
    (call $pair (i32.add (local.get $answer) (i32.const 4)) (local.get $out) (local.get $i))
    (local.get $answer))
