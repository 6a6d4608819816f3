;; Says that its state lies outside its memory.
;; fault: trap

(data (i32.const 256) "suspend")
(func (export "on-input") (param i32 f64)
  (call $begin (i32.const 256) (i32.const 7) (i32.const 0) (i32.const 32) (i32.const 64)))
(data (i32.const 16) "\00\ff\ff\00\00\10\00\00")
(func (export "save") (result i32) (i32.const 16))
