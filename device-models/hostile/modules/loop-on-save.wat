;; Never comes back when its state is asked for.
;; fault: out-of-fuel

(data (i32.const 256) "suspend")
(func (export "on-input") (param i32 f64)
  (call $begin (i32.const 256) (i32.const 7) (i32.const 0) (i32.const 32) (i32.const 64)))
(func (export "save") (result i32) (loop $l (br $l)) (i32.const 0))
