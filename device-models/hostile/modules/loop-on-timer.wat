;; Never comes back from a timer.
;; fault: out-of-fuel

(func (export "on-timer") (param i32)
  (loop $l (br $l)))
