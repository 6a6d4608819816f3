;; Reads behind its memory.
;; fault: trap

(func (export "on-timer") (param i32)
  (drop (i32.load (i32.const 0x10000))))
