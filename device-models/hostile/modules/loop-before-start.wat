;; Never comes back from its own start section, before any export is called.
;; fault: out-of-fuel

(func $first (loop $l (br $l)))
(start $first)
