;; Exports nothing that could be asked.
(component)
