;; Keeps records under very long names.
;; fault: none

(func (export "on-timer") (param i32)
  (call $wake)
  (memory.fill (i32.const 256) (i32.const 97) (i32.const 2000))
  (call $put (i32.const 256) (i32.const 2000) (i32.const 256) (i32.const 1) (i32.const 64))
  (call $get (i32.const 256) (i32.const 1999) (i32.const 64))
  (call $delete (i32.const 256) (i32.const 10) (i32.const 64)))
