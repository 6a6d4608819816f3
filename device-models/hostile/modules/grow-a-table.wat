;; Grows a table as far as it gets.
;; fault: none

(table $t 1 funcref)
(func (export "on-timer") (param i32)
  (call $wake)
  (loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 100)) (i32.const -1)))))
