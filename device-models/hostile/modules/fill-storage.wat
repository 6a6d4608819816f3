;; Keeps records until there is no room.
;; fault: none

(func (export "on-timer") (param i32)
  (local $key i32)
  (call $wake)
  (loop $l
    (local.set $key (i32.add (local.get $key) (i32.const 1)))
    (i32.store8 (i32.const 256) (i32.add (local.get $key) (i32.const 32)))
    (call $put (i32.const 256) (i32.const 1) (i32.const 1024) (i32.const 64) (i32.const 64))
    (br_if $l (i32.lt_u (local.get $key) (i32.const 40)))))
