;; Wants to be woken after the last nanosecond.
;; fault: none

(func (export "on-timer") (param i32)
  (call $wake)
  (call $set_timer (i32.const 1) (i64.const -1) (i32.const 64))
  (call $set_timer (i32.const 2) (i64.const 0x7fffffffffffffff) (i32.const 64)))
