;; Exports `open` in another form than the contract's.
(component
  (core module $guest (func (export "open") (result i32) (i32.const 7)))
  (core instance $it (instantiate $guest))
  (func $open (result u32) (canon lift (core func $it "open")))
  (instance $screens (export "open" (func $open)))
  (export "palatine:departmental/screens@0.1.0" (instance $screens)))
