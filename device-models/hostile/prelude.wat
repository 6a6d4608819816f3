;; What every hostile module has: all that the contract offers, and a way to be woken.
;; A module of this directory is this text, its own fields, and, for each export that it does not
;; have, one that does nothing; `start` then asks to be woken in a minute.

(import "medtwin:device/command@0.1.0" "begin" (func $begin (param i32 i32 i32 i32 i32)))
(import "medtwin:device/clock@0.1.0" "now" (func $now (param i32)))
(import "medtwin:device/timer@0.1.0" "set" (func $set_timer (param i32 i64 i32)))
(import "medtwin:device/timer@0.1.0" "cancel" (func $cancel (param i32 i32)))
(import "medtwin:device/network@0.1.0" "send" (func $send (param i32 i32 i32 i32)))
(import "medtwin:device/sensor@0.1.0" "read" (func $read (param i32 i32)))
(import "medtwin:device/actuator@0.1.0" "set" (func $set (param i32 f64 i32)))
(import "medtwin:device/alarm@0.1.0" "raise" (func $raise (param i32 i32 i32)))
(import "medtwin:device/alarm@0.1.0" "clear" (func $clear (param i32 i32)))
(import "medtwin:device/display@0.1.0" "show" (func $show (param i32 f64 i32)))
(import "medtwin:device/storage@0.1.0" "get" (func $get (param i32 i32 i32)))
(import "medtwin:device/storage@0.1.0" "put" (func $put (param i32 i32 i32 i32 i32)))
(import "medtwin:device/storage@0.1.0" "delete" (func $delete (param i32 i32 i32)))
(import "medtwin:device/vault@0.1.0" "sign" (func $sign (param i32 i32 i32 i32)))
(import "medtwin:device/vault@0.1.0" "open" (func $open (param i32 i32 i32 i32)))
(import "medtwin:device/update@0.1.0" "stage" (func $stage (param i32 i32 i32)))
(import "medtwin:device/update@0.1.0" "activate" (func $activate (param i32)))
(import "medtwin:device/random@0.1.0" "bytes" (func $random (param i32 i32)))
(import "medtwin:device/log@0.1.0" "write" (func $log (param i32 i32 i32)))

;; Answers of the host are written to 64; what it allocates lies from 4096 on, and is overwritten.
(func $wake (call $set_timer (i32.const 0) (i64.const 60000000) (i32.const 64)))
