"""The one class that a departmental is, and its answers as the contract wants them.

Invariant: what a departmental does not implement is answered `not-provided`; an error that it did not mean is a `fault`
that says where in its code, without the error's own words, which may be about a patient.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from palatine.call import Call
from palatine.document import write_json
from palatine.failure import Failure
from palatine.form import Event, Form, Hook, Parameters
from palatine.node import Screen
from palatine.proposal import Advice, Outcome, Proposal


class Departmental:
    """A departmental. Each function may be left out; the host then answers that this part is not provided."""

    def open(self, call: Call, screen: str, parameters: Parameters) -> Screen:
        """Draws a screen of the manifest."""
        raise Failure.not_provided(f"this departmental draws no screen `{screen}`")

    def submit(self, call: Call, screen: str, action: str, form: Form) -> Outcome:
        """Answers a form. What a person can mend is not a failure: answer it as findings."""
        raise Failure.not_provided(f"this departmental has no action `{action}` on a screen `{screen}`")

    def react(self, call: Call, event: Event) -> Proposal:
        """Answers a change of the record. `Proposal.none()` when there is nothing to do."""
        raise Failure.not_provided("this departmental does not react to changes")

    def advise(self, call: Call, hook: Hook) -> Advice:
        """Says what there is to say at a hook of the manifest: `Advice.none()` when there is nothing."""
        raise Failure.not_provided(f"this departmental has nothing to do with the hook `{hook.name}`")

    def convert(self, call: Call, format: str, message: bytes) -> Proposal:
        """Reads a message of one of the manifest's formats, about the patient of the call."""
        raise Failure.not_provided(f"this departmental does not read `{format}`")


class Answers:
    """The exports of the contract for a departmental, answered with what `host` gives."""

    def __init__(self, departmental: Departmental, host: Any) -> None:
        self._departmental, self._host = departmental, host

    def open(self, screen: str, parameters: str) -> str:
        return self._answered(lambda it, call: it.open(call, screen, Parameters.read(parameters)))

    def submit(self, screen: str, action: str, form: str) -> str:
        return self._answered(lambda it, call: it.submit(call, screen, action, Form.read(form)))

    def react(self, event: str) -> str:
        return self._answered(lambda it, call: it.react(call, Event.read(event)))

    def advise(self, hook: str, document: str) -> str:
        read = Hook.read(document)
        if read.name != hook:
            raise Failure.invalid("the hook is not the one of its document")
        return self._answered(lambda it, call: it.advise(call, read))

    def convert(self, format: str, message: bytes) -> str:
        return self._answered(lambda it, call: it.convert(call, format, message))

    def _answered(self, part: Callable[[Departmental, Call], Any]) -> str:
        try:
            return write_json(part(self._departmental, Call(self._host)))
        except Failure:
            raise
        except Exception as wrong:
            frames = traceback.extract_tb(wrong.__traceback__)
            place = f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}, in {frames[-1].name}"
            raise Failure.fault(f"{type(wrong).__name__} at {place}") from wrong
