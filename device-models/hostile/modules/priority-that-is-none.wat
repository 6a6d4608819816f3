;; Raises an alarm with a priority that there is not.
;; fault: trap

(func (export "on-timer") (param i32)
  (call $raise (i32.const 1) (i32.const 7) (i32.const 64)))
