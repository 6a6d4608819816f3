;; Never comes back from a key press.
;; fault: out-of-fuel

(func (export "on-input") (param i32 f64)
  (loop $l (br $l)))
