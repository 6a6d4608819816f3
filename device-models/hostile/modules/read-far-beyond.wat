;; Reads four gigabytes further on.
;; fault: trap

(func (export "on-timer") (param i32)
  (drop (i64.load offset=0xfffffff0 (i32.const 0xffffff))))
