;; Sets actuators and display to what is no number.
;; fault: none

(func (export "on-timer") (param i32)
  (call $wake)
  (call $set (i32.const 0) (f64.const nan) (i32.const 64))
  (call $set (i32.const 1) (f64.const inf) (i32.const 64))
  (call $set (i32.const 1) (f64.const -inf) (i32.const 64))
  (call $set (i32.const 1) (f64.const -5) (i32.const 64))
  (call $show (i32.const 0) (f64.const nan:0xdead) (i32.const 64))
  (call $show (i32.const 1) (f64.const inf) (i32.const 64)))
