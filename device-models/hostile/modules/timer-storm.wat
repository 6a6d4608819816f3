;; Wakes again at once, for ever.
;; fault: none

(func (export "start") (param i32 i32) (call $set_timer (i32.const 0) (i64.const 0) (i32.const 64)))
(func (export "on-timer") (param i32)
  (call $set_timer (i32.const 0) (i64.const 0) (i32.const 64)))
