  ;; An API plugin that does what its input says.
  ;; format, by the request's max-tokens: 1 traps after a log line, 2 spins, 3 grows its memory by 128
  ;; MiB, 4 returns a fault, 5 one result too few, 6 calls itself without end, 7 returns one result too
  ;; many, 8 a body of 300 MiB that are 1 MiB of its memory, 9 logs for ever, 10 a fault of 1 MiB that
  ;; begins with control characters, 11 logs 2,000 lines of 1,000 bytes and an error, 12 leaks handles;
  ;; anything else gives a body of the prompt's text.
  ;; decode, by the exchange's status: 200 + N returns a fault whose text is frame N, 299 one whose text
  ;; is the first header's value.
  (data (i32.const 400) "\1b[2J\0d\0aforged: ")
  (func $configuring (param i32))
  (export "cabi_post_loadwright:plugin/api@0.1.0#format" (func $reset))
  (func (export "loadwright:plugin/api@0.1.0#plan") (result i32) (call $alloc (i32.const 52)))

  (func $recurse (param $n i32) (result i32)
    (i32.add (i32.const 1) (call $recurse (i32.add (local.get $n) (i32.const 1)))))
  (func $flood (local $at i32) (local $i i32)
    (local.set $at (call $alloc (i32.const 1000)))
    (memory.fill (local.get $at) (i32.const 120) (i32.const 1000))
    (loop $next
      (call $log (i32.const 1) (local.get $at) (i32.const 1000))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 2000))))
    (call $log (i32.const 3) (i32.const 288) (i32.const 8)))
  (func $huge (result i32) (local $segments i32) (local $bytes i32) (local $i i32)
    (local.set $segments (call $alloc (i32.const 3600)))
    (local.set $bytes (call $alloc (i32.const 1048576)))
    (loop $next
      (call $pair
        (i32.add (i32.add (local.get $segments) (i32.const 4))
                 (i32.mul (local.get $i) (i32.const 12)))
        (local.get $bytes) (i32.const 1048576))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 300))))
    (local.get $segments))
  (func $hostile (result i32) (local $at i32)
    (local.set $at (call $alloc (i32.const 1048576)))
    (memory.fill (local.get $at) (i32.const 120) (i32.const 1048576))
    (memory.copy (local.get $at) (i32.const 400) (i32.const 14))
    (local.get $at))

  ;; What it does instead of answering.
  (func $act (param $max i32)
    (if (i32.eq (local.get $max) (i32.const 1)) (then
      (call $log (i32.const 3) (i32.const 256) (i32.const 13))
      (call $break)))
    (if (i32.eq (local.get $max) (i32.const 2)) (then (loop $spin (br $spin))))
    (if (i32.eq (local.get $max) (i32.const 3)) (then (drop (memory.grow (i32.const 2048)))))
    (if (i32.eq (local.get $max) (i32.const 6)) (then (drop (call $recurse (i32.const 0)))))
    (if (i32.eq (local.get $max) (i32.const 9)) (then
      (loop $log_on (call $log (i32.const 1) (i32.const 336) (i32.const 5)) (br $log_on))))
    (if (i32.eq (local.get $max) (i32.const 11)) (then (call $flood)))
    (if (i32.eq (local.get $max) (i32.const 12)) (then (call $leak))))

  (func $format (export "loadwright:plugin/api@0.1.0#format") (param $requests i32) (param $n i32)
    (result i32)
    (local $out i32) (local $i i32) (local $request i32) (local $to i32) (local $max i32)
    (local $segment i32) (local $extra i32)
    (local.set $out (call $alloc (i32.mul (i32.add (local.get $n) (i32.const 1)) (i32.const 48))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
      (local.set $request (i32.add (local.get $requests) (i32.mul (local.get $i) (i32.const 68))))
      (local.set $to (i32.add (local.get $out) (i32.mul (local.get $i) (i32.const 48))))
      (local.set $max (i32.mul (i32.load8_u offset=44 (local.get $request))
                               (i32.load offset=48 (local.get $request))))
      (call $act (local.get $max))
      (if (i32.eq (local.get $max) (i32.const 7)) (then (local.set $extra (i32.const 1))))
      (if (i32.eq (local.get $max) (i32.const 5)) (then
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))))
      (if (i32.or (i32.eq (local.get $max) (i32.const 4)) (i32.eq (local.get $max) (i32.const 10)))
        (then
          (i32.store8 (local.get $to) (i32.const 1))
          (i32.store8 offset=4 (local.get $to) (i32.const 1))
          (call $pair (i32.add (local.get $to) (i32.const 8)) (i32.const 288) (i32.const 8))
          (if (i32.eq (local.get $max) (i32.const 10)) (then
            (call $pair (i32.add (local.get $to) (i32.const 8))
              (call $hostile) (i32.const 1048576)))))
        (else
          (call $pair (i32.add (local.get $to) (i32.const 4)) (i32.const 272) (i32.const 4))
          (if (i32.eq (local.get $max) (i32.const 8))
            (then
              (call $pair (i32.add (local.get $to) (i32.const 32)) (call $huge) (i32.const 300)))
            (else
              (local.set $segment (call $alloc (i32.const 12)))
              (call $pair (i32.add (local.get $segment) (i32.const 4))
                (i32.load offset=28 (local.get $request))
                (i32.load offset=32 (local.get $request)))
              (call $pair (i32.add (local.get $to) (i32.const 32))
                (local.get $segment) (i32.const 1))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (call $pair (i32.const 16) (local.get $out)
      (i32.add (local.get $n) (local.get $extra)))
    (i32.const 16))

  (func (export "loadwright:plugin/api@0.1.0#decode") (param $exchanges i32) (param $n i32)
    (result i32)
    (local $out i32) (local $i i32) (local $to i32) (local $exchange i32) (local $number i32)
    (local $frame i32) (local $start i32)
    (local.set $out (call $alloc (i32.mul (local.get $n) (i32.const 88))))
    (block $done (loop $next
      (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
      (local.set $to (i32.add (local.get $out) (i32.mul (local.get $i) (i32.const 88))))
      (i32.store8 (local.get $to) (i32.const 1))
      (i32.store8 offset=4 (local.get $to) (i32.const 2))
      (local.set $exchange (i32.add (local.get $exchanges) (i32.mul (local.get $i) (i32.const 36))))
      (local.set $number (i32.sub (i32.load16_u (local.get $exchange)) (i32.const 200)))
      (if (i32.eq (local.get $number) (i32.const 99))
        (then
          (local.set $frame (i32.load offset=4 (local.get $exchange)))
          (call $pair (i32.add (local.get $to) (i32.const 8))
            (i32.load offset=8 (local.get $frame)) (i32.load offset=12 (local.get $frame))))
        (else
          ;; A frame begins where the one before ends.
          (local.set $frame (i32.add (i32.load offset=20 (local.get $exchange))
                                     (i32.mul (local.get $number) (i32.const 12))))
          (local.set $start (i32.const 0))
          (if (local.get $number) (then
            (local.set $start
              (i32.load offset=8 (i32.sub (local.get $frame) (i32.const 12))))))
          (call $pair (i32.add (local.get $to) (i32.const 8))
            (i32.add (i32.load offset=12 (local.get $exchange)) (local.get $start))
            (i32.sub (i32.load offset=8 (local.get $frame)) (local.get $start)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (call $pair (i32.const 16) (local.get $out) (local.get $n))
    (i32.const 16))
