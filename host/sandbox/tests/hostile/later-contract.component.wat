;; Built against a contract that this host does not answer.
(component
  (import "palatine:departmental/context@9.0.0" (instance (export "site" (func (result string)))))
  (instance $screens)
  (export "palatine:departmental/screens@9.0.0" (instance $screens)))
