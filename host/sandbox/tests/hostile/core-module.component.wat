;; A core module where a component is expected.
(module (func (export "open")))
