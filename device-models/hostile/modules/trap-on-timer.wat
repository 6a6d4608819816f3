;; Breaks off at a timer.
;; fault: trap

(func (export "on-timer") (param i32)
  unreachable)
