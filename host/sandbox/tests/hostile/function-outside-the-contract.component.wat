;; Wants to write through the chart, which has no such function.
(component
  (import "palatine:departmental/chart@0.1.0" (instance $chart
    (export "write" (func (param "resource" string)))))
  (core module $guest
    (import "chart" "write" (func (param i32 i32)))
    (memory (export "memory") 1))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (core func $write (canon lower (func $chart "write") (memory (core memory $memory "memory"))))
  (core instance (instantiate $guest (with "chart" (instance (export "write" (func $write))))))
  (instance $reactions)
  (export "palatine:departmental/screens@0.1.0" (instance $reactions)))
