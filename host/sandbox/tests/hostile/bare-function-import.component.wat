;; Wants a function that no interface holds.
(component
  (import "shell" (func (param "command" string)))
  (instance $screens)
  (export "palatine:departmental/screens@0.1.0" (instance $screens)))
