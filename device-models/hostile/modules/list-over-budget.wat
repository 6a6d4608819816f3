;; Sends more in one event than it may.
;; fault: host-call-flood

(func (export "on-timer") (param i32)
  (call $send (i32.const 0) (i32.const 0) (i32.const 0xf000) (i32.const 64)))
