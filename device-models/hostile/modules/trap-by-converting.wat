;; Makes an integer of what is no number.
;; fault: trap

(func (export "on-timer") (param i32)
  (drop (i32.trunc_f64_s (f64.const nan))))
