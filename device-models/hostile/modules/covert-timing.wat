;; Takes long or short by what its sensor says, for a neighbour to feel.
;; fault: none

(func (export "on-timer") (param i32)
  (local $left i32)
  (call $wake)
  (call $read (i32.const 0) (i32.const 64))
  (local.set $left (select (i32.const 20000) (i32.const 1) (i32.load8_u (i32.const 80))))
  (loop $l
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $l (i32.gt_s (local.get $left) (i32.const 0)))))
