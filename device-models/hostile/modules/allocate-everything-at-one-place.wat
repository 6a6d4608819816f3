;; Gives the host the same memory each time, over its own answers.
;; fault: none

(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (i32.const 64))
