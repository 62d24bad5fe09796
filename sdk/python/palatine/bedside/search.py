"""A small honest FHIR search over a written chart: the common parameters, prefixes of dates, `_sort`, `_count`, pages.

Invariant: what it does not know is refused by name; it never answers more than was asked for.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from palatine.failure import Failure

PAGE = 50
PAGE_MAX = 1000
_COMPARED = {"eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "lt": operator.lt, "ge": operator.ge, "le": operator.le}


def page(query: str, resources: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The page that a query asks for, as a FHIR Bundle."""
    of, _, written = query.partition("?")
    pairs = [pair for pair in written.split("&") if pair]
    found = [it for it in resources if it["resourceType"] == of]
    count, offset, sorts = PAGE, 0, []
    for pair in pairs:
        name, _, raw = pair.partition("=")
        value = _decoded(raw)
        if name == "_count":
            count = min(max(_whole(pair, value), 1), PAGE_MAX)
        elif name == "_offset":
            offset = _whole(pair, value)
        elif name == "_sort":
            sorts += [(_parameter(by.lstrip("-"))[1], by.startswith("-")) for by in value.split(",")]
        else:
            holds, paths = _parameter(name.removesuffix(":not"))
            wanted = value.split(",")
            is_not = name.endswith(":not")
            found = [it for it in found if any(holds(here, one) for here in _at(it, paths) for one in wanted) != is_not]
    for paths, descending in reversed(sorts):
        # What has no value comes last, whichever way the rest is sorted.
        have = [it for it in found if _texts(it, paths)]
        lack = [it for it in found if not _texts(it, paths)]
        found = sorted(have, key=lambda it, paths=paths: _texts(it, paths)[0], reverse=descending) + lack
    some = found[offset : offset + count]
    end = offset + len(some)
    kept = [pair for pair in pairs if not pair.startswith("_offset=")] + [f"_offset={end}"]
    link = [{"relation": "next", "url": f"{of}?{'&'.join(kept)}"}] if some and end < len(found) else []
    return {"resourceType": "Bundle", "type": "searchset", "link": link, "entry": [{"resource": it} for it in some]}


def _decoded(value: str) -> str:
    if re.search("%(?![0-9A-Fa-f]{2})", value):
        raise Failure.invalid(f"`{value}`: a percent sign needs two hexadecimal digits after it")
    return unquote_plus(value)


def _whole(pair: str, value: str) -> int:
    if not re.fullmatch("[0-9]+", value):
        raise Failure.invalid(f"`{pair}`: write a number")
    return int(value)


def _at(resource: dict[str, Any], paths: Sequence[str]) -> list[Any]:
    """Every value at these paths, lists opened."""
    found: list[Any] = []
    for path in paths:
        here: list[Any] = [resource]
        for name in path.split("."):
            below = [it[name] for it in here if isinstance(it, dict) and name in it]
            here = [one for it in below for one in (it if isinstance(it, list) else [it])]
        found += here
    return found


def _texts(resource: dict[str, Any], paths: Sequence[str]) -> list[str]:
    return [moment(it) for it in _at(resource, paths) if isinstance(it, str)]


def _token(here: Any, wanted: str) -> bool:
    if isinstance(here, str):
        return here == wanted.rpartition("|")[2]
    if "coding" in here:
        return any(_token(coding, wanted) for coding in here["coding"])
    system, code = here.get("system", ""), here.get("code", here.get("value", ""))
    if "|" not in wanted:
        return code == wanted
    of_system, _, of_code = wanted.partition("|")
    return system == of_system and of_code in ("", code)


def _reference(here: Any, wanted: str) -> bool:
    reference = here.get("reference", "")
    return reference == wanted or reference.rpartition("/")[2] == wanted


def _date(here: str, wanted: str) -> bool:
    """A date with its prefix, to the precision in which it is written."""
    prefix, text = (wanted[:2], wanted[2:]) if wanted[:2] in _COMPARED else ("eq", wanted)
    one, other = moment(here), moment(text)
    length = min(len(one), len(other))
    return _COMPARED[prefix](one[:length], other[:length])


def moment(text: str) -> str:
    """A date and time in UTC, so that it sorts as text; a date without a time as it is."""
    if "T" not in text:
        return text
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="milliseconds")
    except ValueError:
        return text


def _parameter(name: str) -> tuple[Callable[[Any, str], bool], Sequence[str]]:
    if name not in _PARAMETERS:
        known = ", ".join(_PARAMETERS)
        raise Failure.invalid(f"the bedside cannot search by `{name}`; it knows {known} and _sort, _count, :not")
    return _PARAMETERS[name]


_DATES = ("effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "recordedDate", "date")
_PARAMETERS: dict[str, tuple[Callable[[Any, str], bool], Sequence[str]]] = {
    "_id": (_token, ("id",)), "_lastUpdated": (_date, ("meta.lastUpdated",)), "identifier": (_token, ("identifier",)),
    "code": (_token, ("code",)), "category": (_token, ("category",)), "status": (_token, ("status",)),
    "intent": (_token, ("intent",)), "clinical-status": (_token, ("clinicalStatus",)),
    "business-status": (_token, ("businessStatus",)), "patient": (_reference, ("subject", "patient", "for")),
    "subject": (_reference, ("subject", "for")), "encounter": (_reference, ("encounter",)),
    "based-on": (_reference, ("basedOn",)), "focus": (_reference, ("focus",)), "owner": (_reference, ("owner",)),
    "result": (_reference, ("result",)), "specimen": (_reference, ("specimen",)), "date": (_date, _DATES),
    "authored-on": (_date, ("authoredOn",)), "issued": (_date, ("issued",)),
}
"""Parameters by name: how they are compared and where the value is, in any resource type that has it."""
