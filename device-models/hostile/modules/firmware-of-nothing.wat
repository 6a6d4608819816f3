;; Stages its own memory as firmware, and activates it.
;; fault: none

(func (export "on-timer") (param i32)
  (call $wake)
  (call $stage (i32.const 0) (i32.const 1024) (i32.const 64))
  (call $activate (i32.const 64)))
