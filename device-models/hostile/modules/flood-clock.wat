;; Asks for the time without end.
;; fault: host-call-flood

(func (export "on-timer") (param i32)
  (loop $l (call $now (i32.const 64)) (br $l)))
