"""What goes out besides screens: proposals (proposal/1), outcomes of a form (outcome/1), and advice (advice/1).

Invariant: a proposal is all or nothing, never deletes, and names the version each update rests on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from palatine.failure import Failure
from palatine.node import Screen

_Texts = Mapping[str, str] | None


class Proposal:
    """Changes that a departmental proposes."""

    def __init__(self, summary: str) -> None:
        """A proposal without a change yet. `summary`: what it does, in plain words for who reads the audit."""
        self._summary = summary
        self._changes: list[dict[str, Any]] = []
        self._temporaries = 0

    @classmethod
    def none(cls) -> Proposal:
        """Nothing to do."""
        return cls("Nothing to do.")

    def create(self, resource: dict[str, Any]) -> Self:
        """Proposes a new resource, without an id: the host gives it one."""
        self._changes.append({"action": "create", "resource": resource})
        return self

    def temporary(self) -> str:
        """A temporary id that no change of this proposal has yet, `urn:uuid:…`: the same at every replay."""
        self._temporaries += 1
        return f"urn:uuid:00000000-0000-4000-8000-{self._temporaries:012x}"

    def create_as(self, temporary: str, resource: dict[str, Any]) -> Self:
        """Proposes a new resource to which other changes of this proposal refer by `temporary`."""
        self._changes.append({"action": "create", "resource": resource, "temporary": temporary})
        return self

    def identified(self, kind: str) -> Self:
        """Asks the host to give the resource that was proposed last an `accession-number` or `order-number`."""
        if not self._changes or self._changes[-1]["action"] != "create":
            raise Failure.fault("identified follows the creation of a resource")
        self._changes[-1].setdefault("identifiers", []).append(kind)
        return self

    def update(self, resource: dict[str, Any], seen: str) -> Self:
        """Proposes the whole resource as it is to be, resting on the version `seen` (its `meta.versionId`)."""
        self._changes.append({"action": "update", "resource": resource, "seen": seen})
        return self

    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return not self._changes

    def to_json(self) -> dict[str, Any]:
        """As it crosses the contract: proposal/1."""
        return {"proposal": 1, "summary": self._summary, "changes": self._changes}


class Finding:
    """What is wrong with a form, and how to mend it."""

    def __init__(self, field: str | None, message: str) -> None:
        self.field, self.message = field, message

    @classmethod
    def on(cls, field: str, message: str) -> Finding:
        """About one field."""
        return cls(field, message)

    @classmethod
    def about_form(cls, message: str) -> Finding:
        """About the form as a whole."""
        return cls(None, message)

    def to_json(self) -> dict[str, Any]:
        """As it crosses the contract."""
        return {"message": self.message} if self.field is None else {"field": self.field, "message": self.message}


class Outcome:
    """What becomes of a submitted form."""

    def __init__(self, members: dict[str, Any]) -> None:
        self._members = {"outcome": 1, **members}

    @classmethod
    def commit(cls, proposal: Proposal) -> Outcome:
        """Commit this."""
        return cls({"proposal": proposal})

    @classmethod
    def next(cls, screen: str, parameters: _Texts = None) -> Outcome:
        """Open another screen of the manifest."""
        return cls({"next": {"screen": screen, "parameters": dict(parameters or {})}})

    def and_then(self, screen: str, parameters: _Texts = None) -> Self:
        """Once it is committed, open another screen of the manifest."""
        self._members["next"] = {"screen": screen, "parameters": dict(parameters or {})}
        return self

    @classmethod
    def findings(cls, findings: Sequence[Finding]) -> Outcome:
        """Nothing is committed; the form is drawn again with these findings and what was typed."""
        if not findings:
            raise Failure.fault("an outcome of findings has at least one")
        return cls({"findings": list(findings)})

    @classmethod
    def findings_on(cls, findings: Sequence[Finding], screen: Screen) -> Outcome:
        """As `findings`, on another screen than the one that was submitted."""
        outcome = cls.findings(findings)
        outcome._members["screen"] = screen
        return outcome

    def to_json(self) -> dict[str, Any]:
        """As it crosses the contract: outcome/1."""
        return self._members


class Card:
    """One thing to say: `indicator` is `info`, `warning` or `critical`."""

    def __init__(self, indicator: str, summary: str, source: str) -> None:
        """`summary`: one line of at most 140 characters; `source`: on what it rests, a guideline with its edition."""
        if indicator not in ("info", "warning", "critical"):
            raise Failure.fault("Card: its indicator is one of info, warning, critical")
        if not 1 <= len(summary) <= 140 or "\n" in summary or "\r" in summary:
            raise Failure.fault("Card: its summary is one line of 1 to 140 characters")
        self._members: dict[str, Any] = {"summary": summary, "indicator": indicator, "source": {"label": source}}

    def detail(self, detail: str) -> Self:
        """With more to read, as plain text of at most 2,000 characters; a line break begins a new paragraph."""
        if not 1 <= len(detail) <= 2000:
            raise Failure.fault("Card: its detail has 1 to 2000 characters")
        self._members["detail"] = detail
        return self

    def link(self, label: str, screen: str, parameters: _Texts = None) -> Self:
        """With a way to a screen of the manifest whose place is `patient`; three at most."""
        links = self._members.setdefault("links", [])
        links.append({"label": label, "screen": screen, "parameters": dict(parameters or {})})
        if len(links) > 3:
            raise Failure.fault("Card: three links at most")
        return self

    def to_json(self) -> dict[str, Any]:
        """As it crosses the contract."""
        return self._members


class Advice:
    """What a departmental has to say at a hook: cards."""

    def __init__(self) -> None:
        self._cards: list[Card] = []

    @classmethod
    def none(cls) -> Advice:
        """Nothing to say."""
        return cls()

    def card(self, card: Card) -> Self:
        """With this card too."""
        self._cards.append(card)
        return self

    def to_json(self) -> dict[str, Any]:
        """As it crosses the contract: advice/1."""
        return {"advice": 1, "cards": list(self._cards)}
