;; Wants 64 MiB before it runs.
;; fault: out-of-memory

(memory $big 1024)
(func $touch (i32.store $big (i32.const 0) (i32.const 1)))
