;; Calls a function as another.
;; fault: trap

(type $other (func (param f64) (result f64)))
(table 1 funcref)
(elem (i32.const 0) $wake)
(func (export "on-timer") (param i32)
  (drop (call_indirect (type $other) (f64.const 1) (i32.const 0))))
