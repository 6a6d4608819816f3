;; Wants an answer at an odd address.
;; fault: trap

(func (export "on-timer") (param i32)
  (call $now (i32.const 65)))
