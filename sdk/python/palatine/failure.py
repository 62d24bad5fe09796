"""Why there is no answer: a word a program may act on and a sentence for a person.

The words are an open list; whoever reads one that is unknown treats it as `fault`.
"""

from __future__ import annotations


class Failure(Exception):
    """Why a departmental, or the host on its behalf, has no answer. Raised; no patient data in `detail`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail

    @classmethod
    def not_found(cls, detail: str) -> Failure:
        """What was asked for does not exist, or may not be seen: the two are one answer."""
        return cls("not-found", detail)

    @classmethod
    def not_provided(cls, detail: str) -> Failure:
        """The departmental has no such screen, action or reaction."""
        return cls("not-provided", detail)

    @classmethod
    def invalid(cls, detail: str) -> Failure:
        """What was asked is not well formed."""
        return cls("invalid", detail)

    @classmethod
    def fault(cls, detail: str) -> Failure:
        """Something in the record or a pack is not as the departmental believed."""
        return cls("fault", detail)
