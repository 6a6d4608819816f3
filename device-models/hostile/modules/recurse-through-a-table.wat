;; Calls itself without end, through a table.
;; fault: stack-overflow

(type $none (func))
(table 1 funcref)
(elem (i32.const 0) $again)
(func $again (call_indirect (type $none) (i32.const 0)) (drop (i32.load (i32.const 0))))
(func (export "on-timer") (param i32)
  (call $again))
