;; Takes memory until there is none, and then cannot go on.
;; fault: out-of-memory

(func (export "on-timer") (param i32)
  (loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
  unreachable)
