"""A small honest part of FHIRPath, as views use it: members, choices of types, conditions, keys and texts.

Invariant: what it does not know is refused by name; it never finds what the host would not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from palatine.document import write_json
from palatine.failure import Failure

Found = list[Any]
Path = Callable[[Any], Found]


def path(text: str) -> Path:
    """An expression as a function from where one stands to all that it finds."""
    text = text.strip()
    for sign, join in _SIGNS:
        at = next((place for place in _open_places(text) if text.startswith(sign, place)), None)
        if at is not None:
            one, other = path(text[:at]), path(text[at + len(sign) :])
            return lambda here, join=join: join(one(here), other(here))
    literal = re.fullmatch(r"'([^'\\]*)'", text)
    if literal:
        return lambda here: [literal[1]]
    if text in ("true", "false"):
        return lambda here: [text == "true"]
    return _steps(_parts(text))


def _steps(words: Sequence[str]) -> Path:
    taken: list[Path] = []
    at = 0
    while at < len(words):
        chosen = re.fullmatch(r"ofType\((\w+)\)", words[at + 1]) if at + 1 < len(words) else None
        if chosen and _is_name(words[at]):
            name = words[at] + chosen[1][0].upper() + chosen[1][1:]
            taken.append(lambda found, name=name: [one for it in found if isinstance(it, dict) for one in _opened(it.get(name))])
            at += 1
        else:
            taken.append(_step(words[at]))
        at += 1

    def find(here: Any) -> Found:
        found = [here]
        for take in taken:
            found = take(found)
        return found

    return find


def _step(word: str) -> Path:
    if _is_name(word):
        return lambda found: [one for it in found for one in _member(it, word)]
    if word.startswith("(") and word.endswith(")"):
        inner = path(word[1:-1])
        return lambda found: [one for it in found for one in inner(it)]
    call = re.fullmatch(r"(\w+)\((.*)\)", word, re.DOTALL)
    name, inside = (call[1], call[2].strip()) if call else ("", "")
    if name == "where":
        holds = path(inside)
        return lambda found: [it for it in found if _truth(holds(it)) is True]
    if name == "select":
        of = path(inside)
        return lambda found: [one for it in found for one in of(it)]
    if name == "getReferenceKey":
        return lambda found: [key for it in found if (key := _reference_key(it, inside)) is not None]
    if name in _PLAIN and inside == "":
        return _PLAIN[name]
    raise Failure.invalid(f"the bedside does not know `{word}` in a path; write its rows with `Bedside.rows`")


def _is_name(word: str) -> bool:
    return re.fullmatch("[A-Za-z0-9]+", word) is not None


def _truth(found: Found) -> bool | None:
    return found[0] if len(found) == 1 and isinstance(found[0], bool) else None


def _either(decides: bool, one: bool | None, other: bool | None) -> Found:
    """Of three-valued logic: `decides` when either is so, the other when both are, nothing otherwise."""
    if decides in (one, other):
        return [decides]
    return [] if None in (one, other) else [not decides]


def _join(one: Found, other: Found) -> Found:
    return ["".join(it[0] if it and isinstance(it[0], str) else "" for it in (one, other))]


_SIGNS: Sequence[tuple[str, Callable[[Found, Found], Found]]] = (
    (" or ", lambda one, other: _either(True, _truth(one), _truth(other))),
    (" and ", lambda one, other: _either(False, _truth(one), _truth(other))),
    (" = ", lambda one, other: [write_json(one) == write_json(other)] if one and other else []),
    (" & ", _join),
)
"""The signs between two, those that hold together least first."""
_PLAIN: dict[str, Path] = {
    "first": lambda found: found[:1],
    "exists": lambda found: [bool(found)],
    "empty": lambda found: [not found],
    "not": lambda found: [] if _truth(found) is None else [not _truth(found)],
    "getResourceKey": lambda found: [f"{it['resourceType']}/{it['id']}" for it in found if "resourceType" in it and "id" in it],
}


def _member(of: Any, name: str) -> Found:
    """What a member holds; of a choice, whichever it is."""
    if not isinstance(of, dict):
        return []
    chosen = next((it for it in of if it.startswith(name) and it[len(name) :][:1].isupper()), None)
    return _opened(of[name] if name in of else of.get(chosen))


def _opened(value: Any) -> Found:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def _reference_key(it: Any, of: str) -> str | None:
    reference = it.get("reference") if isinstance(it, dict) else None
    words = reference.split("/_history/")[0].split("/") if isinstance(reference, str) else []
    return f"{words[-2]}/{words[-1]}" if len(words) >= 2 and of in ("", words[-2]) else None


def _open_places(text: str) -> list[int]:
    """The places of a text that are outside of its parentheses and quotation marks."""
    places, depth, is_quoted = [], 0, False
    for at, letter in enumerate(text):
        if depth == 0 and not is_quoted:
            places.append(at)
        if letter == "'":
            is_quoted = not is_quoted
        elif not is_quoted:
            depth += {"(": 1, ")": -1}.get(letter, 0)
    return places


def _parts(text: str) -> list[str]:
    """The steps of a path, apart at its dots."""
    ends = [at for at in _open_places(text) if text[at] == "."]
    starts = [0, *(at + 1 for at in ends)]
    return [text[start:end].strip() for start, end in zip(starts, [*ends, len(text)], strict=True)]
