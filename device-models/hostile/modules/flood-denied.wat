;; Asks without end for what it is not given.
;; fault: host-call-flood

(func (export "on-timer") (param i32)
  (loop $l (call $set (i32.const 99) (f64.const 1) (i32.const 64)) (br $l)))
