;; Breaks off, and never comes back from taking its state back.
;; fault: trap

(data (i32.const 256) "suspend")
(func (export "on-input") (param i32 f64)
  (call $begin (i32.const 256) (i32.const 7) (i32.const 0) (i32.const 32) (i32.const 64)))
(data (i32.const 16) "\00\01\00\00\20\00\00\00")
(func (export "save") (result i32) (i32.const 16))
(func (export "on-timer") (param i32)
  unreachable)
(func (export "load") (param i32 i32) (loop $l (br $l)))
