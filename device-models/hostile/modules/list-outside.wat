;; Sends a list that lies outside its memory.
;; fault: trap

(func (export "on-timer") (param i32)
  (call $send (i32.const 0) (i32.const 0xfff0) (i32.const 0x1000) (i32.const 64)))
