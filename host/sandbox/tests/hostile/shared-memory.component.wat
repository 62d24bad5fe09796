;; Shares a memory between threads, which is off.
(component
  (core module $guest (memory 1 1 shared) (func (export "f") (drop (i32.atomic.load (i32.const 0)))))
  (core instance (instantiate $guest))
  (instance $screens)
  (export "palatine:departmental/screens@0.1.0" (instance $screens)))
