;; Never comes back from a frame.
;; fault: out-of-fuel

(func (export "on-frame") (param i32 i32 i32)
  (loop $l (br $l)))
