;; Fills and copies a table of nineteen thousand elements again and again.
(module
  (memory (export "memory") 1)
  (table $t 19000 funcref)
  (global $next (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $next))
    (global.set $next (i32.and (i32.add (i32.add (local.get $at) (local.get 3)) (i32.const 7)) (i32.const -8)))
    (local.get $at))
  (func (export "palatine:departmental/screens@0.1.0#open") (param i32 i32 i32 i32) (result i32)
    (local $n i32)
    (loop
      (table.fill $t (i32.const 0) (ref.null func) (i32.const 19000))
      (table.copy $t $t (i32.const 0) (i32.const 9500) (i32.const 9500))
      (br 0))
    unreachable)
  (func (export "palatine:departmental/screens@0.1.0#submit") (param i32 i32 i32 i32 i32 i32) (result i32)
    unreachable))
