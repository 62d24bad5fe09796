"""What a supplier builds a departmental with in Python: documents in and out.

Screens are in `palatine.screen`, a bench for tests in `palatine.bedside`.
Invariant: what is here is in the Rust kit under the same name.
"""

from palatine.call import Call, Page
from palatine.departmental import Departmental
from palatine.document import read_json, write_json
from palatine.failure import Failure
from palatine.form import Event, Form, Hook, Parameters
from palatine.node import Screen
from palatine.proposal import Advice, Card, Finding, Outcome, Proposal
from palatine.rows import Row, Rows, ViewQuery

__all__ = [
    "Advice", "Call", "Card", "Departmental", "Event", "Failure", "Finding", "Form", "Hook", "Outcome", "Page",
    "Parameters", "Proposal", "Row", "Rows", "Screen", "ViewQuery", "read_json", "write_json",
]
