;; Gives memory for what it is handed that it does not have.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (i32.const -8))
  (func (export "palatine:departmental/screens@0.1.0#open") (param i32 i32 i32 i32) (result i32)
    (local $n i32)
    unreachable)
  (func (export "palatine:departmental/screens@0.1.0#submit") (param i32 i32 i32 i32 i32 i32) (result i32)
    unreachable))
