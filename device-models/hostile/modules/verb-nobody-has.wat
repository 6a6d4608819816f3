;; Begins a command that its model does not have, and one without a digest.
;; fault: none

(data (i32.const 256) "explode" "bolus")
(func (export "on-timer") (param i32)
  (call $wake)
  (call $begin (i32.const 256) (i32.const 7) (i32.const 0) (i32.const 32) (i32.const 64))
  (call $begin (i32.const 263) (i32.const 5) (i32.const 0) (i32.const 0) (i32.const 64)))
