;; Calls the host while the host hands it something.
(module
  (import "palatine:departmental/context@0.1.0" "now" (func $now (param i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (call $now (i32.const 32))
    (i32.const 8192))
  (func (export "palatine:departmental/screens@0.1.0#open") (param i32 i32 i32 i32) (result i32)
    (local $n i32)
    unreachable)
  (func (export "palatine:departmental/screens@0.1.0#submit") (param i32 i32 i32 i32 i32 i32) (result i32)
    unreachable))
