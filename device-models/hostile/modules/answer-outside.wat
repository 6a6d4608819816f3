;; Wants an answer where it has no memory.
;; fault: trap

(func (export "on-timer") (param i32)
  (call $now (i32.const 0xfffff)))
