;; Wants an interface that sounds like the contract's.
(component
  (import "palatine:departmental/secrets@0.1.0" (instance (export "all" (func (result string)))))
  (instance $screens)
  (export "palatine:departmental/screens@0.1.0" (instance $screens)))
