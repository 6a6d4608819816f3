;; Breaks off at a key press.
;; fault: trap

(func (export "on-input") (param i32 f64) unreachable)
