;; Breaks off at power on.
;; fault: trap

(func (export "start") (param i32 i32) unreachable)
