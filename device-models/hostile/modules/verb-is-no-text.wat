;; Begins a command whose name is not UTF-8.
;; fault: trap

(data (i32.const 256) "\ff\fe\80")
(func (export "on-timer") (param i32)
  (call $begin (i32.const 256) (i32.const 3) (i32.const 0) (i32.const 32) (i32.const 64)))
