;; Wants the environment of the machine.
(component
  (import "wasi:cli/environment@0.2.0" (instance
    (export "get-environment" (func (result (list (tuple string string)))))))
  (instance $screens)
  (export "palatine:departmental/screens@0.1.0" (instance $screens)))
