;; Never comes back from power on.
;; fault: out-of-fuel

(func (export "start") (param i32 i32)
  (loop $l (br $l)))
