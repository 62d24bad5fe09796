;; Has a memory with 64-bit addresses, which is off.
(component
  (core module $guest (memory i64 1) (func (export "f") (drop (i32.load (i64.const 0)))))
  (core instance (instantiate $guest))
  (instance $screens)
  (export "palatine:departmental/screens@0.1.0" (instance $screens)))
