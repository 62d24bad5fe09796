;; Eighteen core instances, where sixteen are allowed.
(component
  (core module $small)
  (core instance (instantiate $small)) (core instance (instantiate $small)) (core instance (instantiate $small))
  (core instance (instantiate $small)) (core instance (instantiate $small)) (core instance (instantiate $small))
  (core instance (instantiate $small)) (core instance (instantiate $small)) (core instance (instantiate $small))
  (core instance (instantiate $small)) (core instance (instantiate $small)) (core instance (instantiate $small))
  (core instance (instantiate $small)) (core instance (instantiate $small)) (core instance (instantiate $small))
  (core instance (instantiate $small)) (core instance (instantiate $small)) (core instance (instantiate $small))
  (instance $screens)
  (export "palatine:departmental/screens@0.1.0" (instance $screens)))
