;; Calls an empty place of a table.
;; fault: trap

(type $none (func))
(table 4 funcref)
(func (export "on-timer") (param i32)
  (call_indirect (type $none) (i32.const 2)))
