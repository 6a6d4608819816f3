;; Does twice as much each minute, until it is too much.
;; fault: out-of-fuel

(global $work (mut i32) (i32.const 1))
(func (export "on-timer") (param i32)
  (local $left i32)
  (call $wake)
  (global.set $work (i32.mul (global.get $work) (i32.const 2)))
  (local.set $left (global.get $work))
  (loop $l
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $l (i32.gt_s (local.get $left) (i32.const 0)))))
