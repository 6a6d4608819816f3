;; Draws more random bytes than there is memory.
;; fault: host-call-flood

(func (export "on-timer") (param i32)
  (call $random (i32.const -1) (i32.const 64)))
