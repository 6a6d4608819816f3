;; Fills its log.
;; fault: none

(func (export "on-timer") (param i32)
  (local $left i32)
  (call $wake)
  (memory.fill (i32.const 256) (i32.const 97) (i32.const 100))
  (local.set $left (i32.const 30))
  (loop $l
    (call $log (i32.const 256) (i32.const 100) (i32.const 64))
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $l (local.get $left))))
