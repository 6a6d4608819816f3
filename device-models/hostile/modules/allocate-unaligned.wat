;; Gives the host memory at an odd address.
;; fault: trap

(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (i32.const 4097))
