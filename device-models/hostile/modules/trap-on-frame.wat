;; Breaks off at a frame.
;; fault: trap

(func (export "on-frame") (param i32 i32 i32) unreachable)
