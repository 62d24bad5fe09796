"""What comes in with a call: parameters of a screen, a filled-in form, a change of the record, a hook.

Invariant: each reads exactly its schema in `wit/schemas/`; a document that does not follow it is a failure that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from palatine.document import read_json
from palatine.failure import Failure


def _read(what: str, text: str) -> dict[str, Any]:
    try:
        document = read_json(text)
    except ValueError:
        raise Failure.invalid(f"{what} cannot be read as JSON") from None
    if not isinstance(document, dict):
        raise _invalid(what)
    return document


def _invalid(what: str) -> Failure:
    return Failure.invalid(f"{what} does not follow its schema")


def _only(what: str, document: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in document:
        if name not in known:
            raise Failure.invalid(f"{what} has the member `{name}`, which is not of its schema")


def _are_texts(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(it, str) for it in value.values())


class Parameters(dict[str, str]):
    """Parameters with which a screen is opened: texts by name."""

    @classmethod
    def read(cls, text: str) -> Parameters:
        """Reads a JSON object of texts."""
        document = _read("the parameters", text)
        if not _are_texts(document):
            raise _invalid("the parameters")
        return cls(document)

    def required(self, name: str) -> str:
        """The value of that name; refuses when the screen was opened without it."""
        if name not in self:
            raise Failure.invalid(f"the parameter `{name}` is missing")
        return self[name]


class Form:
    """A filled-in form, form/1."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        _only("the form", document, ("form", "fields", "carries", "seen", "parameters"))
        fields, seen = document.get("fields"), document.get("seen", [])
        carries, parameters = document.get("carries", {}), document.get("parameters", {})

        def entered(it: object) -> bool:
            return isinstance(it, str) or (isinstance(it, list) and all(isinstance(one, str) for one in it))

        followed = (
            document.get("form") == 1
            and isinstance(fields, dict)
            and all(entered(it) for it in fields.values())
            and _are_texts(carries)
            and _are_texts(parameters)
            and isinstance(seen, list)
            and all(_are_texts(it) and set(it) == {"resource", "version"} for it in seen)
        )
        if not followed:
            raise _invalid("the form")
        self._fields: dict[str, Any] = fields
        self._carries: dict[str, str] = carries
        self._seen: list[dict[str, str]] = seen
        self.parameters = Parameters(parameters)
        """The parameters with which the screen of the form was opened."""

    @classmethod
    def read(cls, text: str) -> Form:
        """Reads a form/1 document."""
        return cls(_read("the form", text))

    def text(self, field: str) -> str | None:
        """What was typed or chosen, without white space around it; None when the field was left empty."""
        entered = self._fields.get(field)
        return (entered.strip() or None) if isinstance(entered, str) else None

    def ticked(self, field: str) -> list[str]:
        """Which boxes were ticked."""
        entered = self._fields.get(field, [])
        return [entered] if isinstance(entered, str) else list(entered)

    def carried(self, name: str) -> str | None:
        """What the form carried under that name."""
        return self._carries.get(name)

    def seen(self, resource: str) -> str | None:
        """The version of this resource that the form showed."""
        return next((it["version"] for it in self._seen if it["resource"] == resource), None)

    def all_seen(self) -> list[dict[str, str]]:
        """Every version that the form showed."""
        return [dict(it) for it in self._seen]


class Event:
    """One change of the record, event/1: `t`, `action` (`create` or `update`), `resource`."""

    def __init__(self, t: int, action: str, resource: dict[str, Any]) -> None:
        if not isinstance(t, int) or t < 1 or action not in ("create", "update") or not isinstance(resource, dict):
            raise _invalid("the event")
        self.t, self.action, self.resource = t, action, resource

    @classmethod
    def read(cls, text: str) -> Event:
        """Reads an event/1 document."""
        document = _read("the event", text)
        _only("the event", document, ("event", "t", "action", "resource"))
        if document.get("event") != 1:
            raise _invalid("the event")
        return cls(document.get("t"), document.get("action"), document.get("resource"))


class Hook:
    """The moment of the core application at which advice is asked for, hook/1: its `name`."""

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise _invalid("the hook")
        self.name = name

    @classmethod
    def read(cls, text: str) -> Hook:
        """Reads a hook/1 document."""
        document = _read("the hook", text)
        _only("the hook", document, ("hook", "name"))
        if document.get("hook") != 1:
            raise _invalid("the hook")
        return cls(document.get("name"))
