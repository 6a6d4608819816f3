;; Raises and clears an alarm all the time.
;; fault: none

(func (export "on-timer") (param i32)
  (local $left i32)
  (call $wake)
  (local.set $left (i32.const 20))
  (loop $l
    (call $raise (i32.const 1) (i32.const 2) (i32.const 64))
    (call $clear (i32.const 1) (i32.const 64))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $l (local.get $left))))
