;; Writes behind its memory.
;; fault: trap

(func (export "on-timer") (param i32)
  (i64.store (i32.const 0xfffd) (i64.const -1)))
