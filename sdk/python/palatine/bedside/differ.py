"""Where two documents differ, by JSON Pointer.

Invariant: two numbers are the same only with the same digits, and the order of an object's members means nothing.
"""

from __future__ import annotations

from typing import Any

from palatine.document import write_json

PLACES_MAX = 8
"""So many places are told."""
CHARS_MAX = 160
_NOTHING = object()


def differences(then: Any, now: Any) -> list[str]:
    """The first places in which they differ: `/nodes/2/text: then "3", now "4"`."""
    found: list[str] = []
    _compare("", then, now, found)
    more = [f"and {len(found) - PLACES_MAX} more places"] if len(found) > PLACES_MAX else []
    return found[:PLACES_MAX] + more


def _compare(place: str, then: Any, now: Any, found: list[str]) -> None:
    if isinstance(then, dict) and isinstance(now, dict):
        for name in dict.fromkeys([*then, *now]):
            written = name.replace("~", "~0").replace("/", "~1")
            _compare(f"{place}/{written}", then.get(name, _NOTHING), now.get(name, _NOTHING), found)
    elif isinstance(then, list) and isinstance(now, list):
        for at in range(max(len(then), len(now))):
            one, other = (it[at] if at < len(it) else _NOTHING for it in (then, now))
            _compare(f"{place}/{at}", one, other, found)
    elif _told(then, None) != _told(now, None):
        found.append(f"{place}: then {_told(then, CHARS_MAX)}, now {_told(now, CHARS_MAX)}")


def _told(value: Any, most: int | None) -> str:
    text = "nothing" if value is _NOTHING else write_json(value)
    return text if most is None or len(text) <= most else text[:most] + "…"
