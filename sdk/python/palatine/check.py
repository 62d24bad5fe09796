"""What a member of a document may be: functions from a value to what is written, or to why it is not.

Invariant: a refusal names the sort of a value and never the value, which may be about a patient.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Rule = Callable[[Any], Any]


class Refused(Exception):
    """Why a value cannot be taken."""


class Several(dict):
    """Several members in place of one."""


LEFT_OUT = object()
"""Nothing was said, and nothing is written."""


def sort(value: object) -> str:
    """A value as it is told in a refusal."""
    return "None" if value is None else f"a {type(value).__name__}"


def text(least: int, most: int | None = None, pattern: str | None = None) -> Rule:
    """A text of so many characters."""
    compiled = re.compile(pattern.replace("$", r"\Z")) if pattern else None

    def take(value: object) -> str:
        if not isinstance(value, str):
            raise Refused(f"takes a text, and this is {sort(value)}")
        if len(value) < least or (most is not None and len(value) > most):
            raise Refused(f"has {len(value)} characters; {least} to {most} are allowed")
        if compiled and not compiled.search(value):
            raise Refused(f"does not look as it must: {pattern}")
        return value

    return take


def word(words: Sequence[str], nullable: bool = False) -> Rule:
    """One of these words; `nullable`: None leaves the member out."""

    def take(value: object) -> object:
        if nullable and value is None:
            return LEFT_OUT
        if not isinstance(value, str) or value not in words:
            raise Refused(f"takes one of {', '.join(words)}")
        return value

    return take


def truth(value: object) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise Refused(f"takes True or False, and this is {sort(value)}")
    return value


def integer(least: int, most: int | None = None) -> Rule:
    """A whole number between these."""

    def take(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < least or (most is not None and value > most):
            raise Refused(f"takes a whole number from {least} to {most}")
        return value

    return take


def each(of_one: Rule, least: int, most: int | None = None) -> Rule:
    """A list of so many, each of which is taken by `of_one`."""

    def take(value: object) -> list[Any]:
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Sequence):
            raise Refused(f"takes a list, and this is {sort(value)}")
        if len(value) < least or (most is not None and len(value) > most):
            raise Refused(f"has {len(value)} items; {least} to {most} are allowed")
        taken = []
        for index, item in enumerate(value):
            try:
                taken.append(of_one(item))
            except Refused as refused:
                raise Refused(f"at {index} {refused}") from None
        return taken

    return take


def unique(some: Rule) -> Rule:
    """A list in which nothing is there twice."""

    def take(value: object) -> list[Any]:
        taken = some(value)
        if len(set(taken)) < len(taken):
            raise Refused("has one item twice")
        return taken

    return take


def of(known: type) -> Rule:
    """Something built by this class."""

    def take(value: object) -> object:
        if not isinstance(value, known):
            raise Refused(f"takes a {known.__name__}, and this is {sort(value)}")
        return value

    return take


def parameters(value: object) -> dict[str, str]:
    """Texts by name, as a screen is opened with."""
    if not isinstance(value, Mapping):
        raise Refused(f"takes texts by name, and this is {sort(value)}")
    if len(value) > 20 or any(not isinstance(it, str) or len(it) > 2000 for it in value.values()):
        raise Refused("takes at most 20 texts of at most 2000 characters")
    return dict(value)
