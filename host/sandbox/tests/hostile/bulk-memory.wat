;; Fills sixty mebibytes again and again: no single instruction of it is interrupted.
(module
  (memory (export "memory") 961)
  (global $next (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $next))
    (global.set $next (i32.and (i32.add (i32.add (local.get $at) (local.get 3)) (i32.const 7)) (i32.const -8)))
    (local.get $at))
  (func (export "palatine:departmental/screens@0.1.0#open") (param i32 i32 i32 i32) (result i32)
    (local $n i32)
    (loop
      (memory.fill (i32.const 0) (local.get $n) (i32.const 62914560))
      (memory.copy (i32.const 0) (i32.const 31457280) (i32.const 31457280))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br 0))
    unreachable)
  (func (export "palatine:departmental/screens@0.1.0#submit") (param i32 i32 i32 i32 i32 i32) (result i32)
    unreachable))
