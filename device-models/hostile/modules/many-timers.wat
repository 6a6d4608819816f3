;; Sets as many timers as there are numbers.
;; fault: none

(func (export "on-timer") (param i32)
  (local $id i32)
  (call $wake)
  (loop $l
    (local.set $id (i32.add (local.get $id) (i32.const 1)))
    (call $set_timer (local.get $id) (i64.const 30000000) (i32.const 64))
    (br_if $l (i32.lt_u (local.get $id) (i32.const 45)))))
