;; Logs what is not UTF-8.
;; fault: trap

(data (i32.const 256) "\c3\28")
(func (export "on-timer") (param i32)
  (call $log (i32.const 256) (i32.const 2) (i32.const 64)))
