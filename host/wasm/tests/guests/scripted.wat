;; A guest that does what its input says, good or bad. It is written by hand, so that the contract's
;; memory layout is checked independently of any toolchain.
;;
;; format, by the request's max-tokens: 1 traps after a log line, 2 spins, 3 grows its memory by 128
;; MiB, 4 returns a fault, 5 returns one result too few; anything else gives a body of the prompt's
;; text.
;; decode, by the exchange's status: 200 + N returns a fault whose text is frame N, 299 one whose text
;; is the first header's value.
;; generate, by index: 13 traps, 21 counts tokens, 30 reads line 0 of `dataset-path`, 34 spins after a
;; log line, each from 35 on takes 24 MiB until the call ends; anything else has one turn with 8
;; random bytes as its media.
(module
  (import "loadwright:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (import "loadwright:plugin/random@0.1.0" "fill" (func $fill (param i32 i32 i32 i32 i32)))
  (import "loadwright:plugin/tokenizer@0.1.0" "count" (func $count (param i32 i32 i32 i32)))
  (import "loadwright:plugin/files@0.1.0" "lines" (func $lines (param i32 i32 i32 i32 i32)))
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
  (export "cabi_post_loadwright:plugin/protocol@0.1.0#format" (func $reset))
  (export "cabi_post_loadwright:plugin/dataset@0.1.0#generate" (func $reset))

  ;; Stores a pointer and a length at $at.
  (func $pair (param $at i32) (param $pointer i32) (param $length i32)
    (i32.store (local.get $at) (local.get $pointer))
    (i32.store offset=4 (local.get $at) (local.get $length)))

  (func (export "loadwright:plugin/plugin@0.1.0#describe") (result i32)
    (call $pair (i32.const 16) (i32.const 64) (i32.const 68))
    (i32.const 16))
  (func (export "loadwright:plugin/plugin@0.1.0#configure") (param $at i32) (param $length i32)
    (result i32) (local $out i32)
    (local.set $out (call $alloc (i32.const 16)))
    (if (i32.gt_u (local.get $length) (i32.const 1000)) (then
      (i32.store8 (local.get $out) (i32.const 1))
      (call $pair (i32.add (local.get $out) (i32.const 8)) (i32.const 288) (i32.const 8))))
    (local.get $out))

  (func (export "loadwright:plugin/protocol@0.1.0#plan") (result i32) (call $alloc (i32.const 112)))
  (func $format (export "loadwright:plugin/protocol@0.1.0#format") (param $requests i32) (param $n i32)
    (result i32)
    (local $out i32) (local $i i32) (local $request i32) (local $to i32) (local $max i32)
    (local $segment i32)
    (local.set $out (call $alloc (i32.mul (local.get $n) (i32.const 40))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
      (local.set $request (i32.add (local.get $requests) (i32.mul (local.get $i) (i32.const 44))))
      (local.set $to (i32.add (local.get $out) (i32.mul (local.get $i) (i32.const 40))))
      (local.set $max (i32.mul (i32.load8_u offset=28 (local.get $request))
                               (i32.load offset=32 (local.get $request))))
      (if (i32.eq (local.get $max) (i32.const 1)) (then
        (call $log (i32.const 3) (i32.const 256) (i32.const 13))
        (call $break)))
      (if (i32.eq (local.get $max) (i32.const 2)) (then (loop $spin (br $spin))))
      (if (i32.eq (local.get $max) (i32.const 3)) (then
        (drop (memory.grow (i32.const 2048)))))
      (if (i32.eq (local.get $max) (i32.const 5)) (then
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))))
      (if (i32.eq (local.get $max) (i32.const 4))
        (then
          (i32.store8 (local.get $to) (i32.const 1))
          (i32.store8 offset=4 (local.get $to) (i32.const 1))
          (call $pair (i32.add (local.get $to) (i32.const 8)) (i32.const 288) (i32.const 8)))
        (else
          (call $pair (i32.add (local.get $to) (i32.const 4)) (i32.const 272) (i32.const 4))
          (local.set $segment (call $alloc (i32.const 12)))
          (call $pair (i32.add (local.get $segment) (i32.const 4))
            (i32.load offset=12 (local.get $request)) (i32.load offset=16 (local.get $request)))
          (call $pair (i32.add (local.get $to) (i32.const 32)) (local.get $segment) (i32.const 1))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (call $pair (i32.const 16) (local.get $out) (local.get $n))
    (i32.const 16))
  (func $break unreachable)

  (func (export "loadwright:plugin/protocol@0.1.0#decode") (param $exchanges i32)
    (param $n i32) (result i32)
    (local $out i32) (local $i i32) (local $to i32) (local $exchange i32) (local $frame i32)
    (local $text i32)
    (local.set $out (call $alloc (i32.mul (local.get $n) (i32.const 112))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
      (local.set $to (i32.add (local.get $out) (i32.mul (local.get $i) (i32.const 112))))
      (i32.store8 (local.get $to) (i32.const 1))
      (i32.store8 offset=4 (local.get $to) (i32.const 2))
      (local.set $exchange (i32.add (local.get $exchanges) (i32.mul (local.get $i) (i32.const 20))))
      (local.set $frame (i32.sub (i32.load16_u (local.get $exchange)) (i32.const 200)))
      (local.set $text (i32.add (i32.load offset=12 (local.get $exchange))
                                (i32.mul (local.get $frame) (i32.const 8))))
      (if (i32.eq (local.get $frame) (i32.const 99)) (then
        (local.set $text (i32.add (i32.load offset=4 (local.get $exchange)) (i32.const 8)))))
      (call $pair (i32.add (local.get $to) (i32.const 8))
        (i32.load (local.get $text)) (i32.load offset=4 (local.get $text)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (call $pair (i32.const 16) (local.get $out) (local.get $n))
    (i32.const 16))

  (func (export "loadwright:plugin/dataset@0.1.0#size") (result i32) (local $out i32)
    (local.set $out (call $alloc (i32.const 16)))
    (i32.store8 offset=4 (local.get $out) (i32.const 1))
    (i32.store offset=8 (local.get $out) (i32.const 40))
    (local.get $out))
  (func (export "loadwright:plugin/dataset@0.1.0#generate") (param $first i32) (param $count i32)
    (result i32)
    (local $out i32) (local $i i32) (local $index i32) (local $to i32) (local $turn i32)
    (local $medium i32) (local $answer i32)
    (local.set $out (call $alloc (i32.mul (local.get $count) (i32.const 32))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
      (local.set $index (i32.add (local.get $first) (local.get $i)))
      (br_if $done (i32.ge_u (local.get $index) (i32.const 40)))
      (local.set $to (i32.add (local.get $out) (i32.mul (local.get $i) (i32.const 32))))
      (local.set $turn (call $alloc (i32.const 72)))
      (call $pair (i32.add (local.get $to) (i32.const 24)) (local.get $turn) (i32.const 1))
      (i32.store8 (local.get $turn) (i32.const 1))
      (call $pair (i32.add (local.get $turn) (i32.const 4)) (i32.const 336) (i32.const 5))
      (local.set $answer (call $alloc (i32.const 16)))
      (if (i32.eq (local.get $index) (i32.const 13)) (then (call $break)))
      (if (i32.eq (local.get $index) (i32.const 34)) (then
        (call $log (i32.const 1) (i32.const 336) (i32.const 5))
        (loop $spin (br $spin))))
      (if (i32.ge_u (local.get $index) (i32.const 35)) (then
        (drop (call $alloc (i32.const 25165824)))))
      (if (i32.eq (local.get $index) (i32.const 21)) (then
        (call $count (i32.const 336) (i32.const 5) (i32.const 0) (local.get $answer))
        (if (i32.load8_u (local.get $answer)) (then (return (local.get $answer))))))
      (if (i32.eq (local.get $index) (i32.const 30)) (then
        (call $lines (i32.const 320) (i32.const 12) (i32.const 0) (i32.const 1) (local.get $answer))
        (if (i32.load8_u (local.get $answer)) (then (return (local.get $answer))))
        (local.set $answer (i32.load offset=4 (local.get $answer)))
        (call $pair (i32.add (local.get $turn) (i32.const 4))
          (i32.load (local.get $answer)) (i32.load offset=4 (local.get $answer)))))
      (local.set $medium (call $alloc (i32.const 16)))
      (call $pair (local.get $medium) (i32.const 352) (i32.const 9))
      (call $fill (i32.const 304) (i32.const 4) (local.get $index) (i32.const 8)
        (i32.add (local.get $medium) (i32.const 8)))
      (call $pair (i32.add (local.get $turn) (i32.const 20)) (local.get $medium) (i32.const 1))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (local.set $answer (call $alloc (i32.const 16)))
    (call $pair (i32.add (local.get $answer) (i32.const 4)) (local.get $out) (local.get $i))
    (local.get $answer)))
