;; Sends frames until none goes out.
;; fault: none

(func (export "on-timer") (param i32)
  (local $left i32)
  (call $wake)
  (local.set $left (i32.const 40))
  (loop $l
    (call $send (i32.const 0) (i32.const 8192) (i32.const 64) (i32.const 64))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $l (local.get $left))))
