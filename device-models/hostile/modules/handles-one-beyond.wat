;; Uses the number behind the last for every port, peer, key, alarm and field.
;; fault: none

(func (export "on-timer") (param i32)
  (call $wake)
  (call $send (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 64))
  (call $read (i32.const 2) (i32.const 64))
  (call $set (i32.const 2) (f64.const 1) (i32.const 64))
  (call $raise (i32.const 7) (i32.const 0) (i32.const 64))
  (call $show (i32.const 6) (f64.const 1) (i32.const 64))
  (call $sign (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))
