"""Reading a golden case, golden/1: one file of `cases/golden/`, with the charts that it names.

Invariant: what the real record would refuse to load, or the host to ask, is refused here with the words to mend it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from palatine.document import read_json, write_json

FILE_BYTES_MAX = 8 * 1024 * 1024
RESOURCES_MAX = 10_000
TITLE_MAX = 120
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)

CALLS: dict[str, dict[str, type]] = {
    "open": {"screen": str, "parameters?": dict},
    "submit": {"screen": str, "action": str, "form": dict},
    "react": {"event": int, "t": int, "action": str, "resource": dict},
    "advise": {"hook": str, "input": dict},
    "convert": {"format": str, "message": str},
}
"""What each call is made with, all of it but what has a question mark, and what that is."""
ROLES = ("clinician", "trust-administrator", "feed", "operator", "reaction")
"""Roles as the host calls them."""
_CASE = {"golden": int, "title": str, "chart?": list, "at": dict, "answer?": dict, "failure?": dict}
_AT = {"site?": str, "patient?": str, "encounter?": str, "role?": str, "now": str, "settings?": dict}
_SORTS = {dict: "an object", list: "a list", str: "a text", int: "a number"}


class Unfit(Exception):
    """What is wrong with a case, and how to mend it."""


def names(folder: Path) -> list[str]:
    """The file names of the cases, in order."""
    try:
        files = sorted(it.name for it in (folder / "cases/golden").iterdir() if not it.is_dir() and it.name != "budget.json")
    except OSError as wrong:
        raise Unfit(f"cases/golden cannot be read: {wrong}; make the folder and put a case into it") from None
    for name in files:
        if not re.fullmatch(r"[a-z0-9-]{1,100}\.json", name):
            how = "write small letters, digits and hyphens, at most 100, then .json, or move it into a folder below"
            raise Unfit(f"cases/golden/{name} is no name of a case; {how}")
    return files


def read(folder: Path, name: str, manifest: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The case of this file name: its document, and the resources of its chart."""
    document = _json(folder / "cases/golden" / name, "is no golden/1: ")
    _shaped("the case", document, {**_CASE, **{f"{it}?": dict for it in CALLS}})
    if document["golden"] != 1:
        raise Unfit(f"`golden` is {document['golden']}; 1 is what is known here")
    if not 1 <= len(document["title"]) <= TITLE_MAX:
        raise Unfit(f"`title` has {len(document['title'])} characters; say in 1 to {TITLE_MAX} what the case shows")
    calls = [it for it in CALLS if it in document]
    if len(calls) != 1:
        raise Unfit(f"needs exactly one of {', '.join(CALLS)}, and has {' and '.join(calls) or 'none'}")
    _shaped(calls[0], document[calls[0]], CALLS[calls[0]])
    if "answer" in document and "failure" in document:
        raise Unfit("has both `answer` and `failure`; keep one")
    if "failure" in document:
        _shaped("failure", document["failure"], {"code": str, "detail": str})
    if "advise" in document:
        hook, of = document["advise"]["hook"], document["advise"]["input"].get("name")
        if hook != of:
            raise Unfit(f"`advise.hook` is `{hook}` and `advise.input.name` is `{of}`; write the same in both")
    chart = _chart(folder, document.get("chart", []))
    _shaped("at", document["at"], _AT)
    _fits(document, chart, manifest)
    return document, chart


def role_of(document: Mapping[str, Any]) -> str:
    """The role in the host's own word; who asks as a rule, when the case does not say."""
    role = document["at"].get("role")
    if role is None:
        return "reaction" if "react" in document else "feed" if "convert" in document else "clinician"
    return "clinician" if role == "doctor" else role


def _shaped(where: str, it: Any, members: Mapping[str, type]) -> None:
    """An object has all that it must have, each of its sort, and nothing else."""
    if not isinstance(it, dict):
        raise Unfit(f"{where} is no object")
    known = [name.removesuffix("?") for name in members]
    for name in it:
        if name not in known:
            raise Unfit(f"{where} has the member `{name}`, which is none of {', '.join(known)}")
    for name, sort in zip(known, members.values(), strict=True):
        is_left_out = f"{name}?" in members and name not in it
        if not is_left_out and (not isinstance(it.get(name), sort) or isinstance(it[name], bool)):
            raise Unfit(f"{where} needs `{name}`, {_SORTS[sort]}")


def _chart(folder: Path, written: list[Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for it in written:
        if isinstance(it, dict):
            found.append(it)
            continue
        if not isinstance(it, str) or not re.fullmatch(r"[^/]+(/[^/]+)+\.json", it) or ".." in it.split("/"):
            raise Unfit("`chart` takes resources, and names of .json files in a folder below cases/golden: charts/ward.json")
        resources = _json(folder / "cases/golden" / it, f"`chart` names `{it}`, which ")
        if not isinstance(resources, list):
            raise Unfit(f"`chart` names `{it}`, which is no array of resources")
        found += resources
    if len(found) > RESOURCES_MAX:
        raise Unfit(f"`chart` has more than {RESOURCES_MAX} resources")
    return found


def _json(file: Path, before: str) -> Any:
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise Unfit(f"{before}has more than {FILE_BYTES_MAX} bytes, so make the chart smaller")
        return read_json(file.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise Unfit(f"{before}cannot be read: {wrong}") from None
    except ValueError as wrong:
        raise Unfit(f"{before}is no JSON: {wrong}") from None


def _fits(document: Mapping[str, Any], chart: list[dict[str, Any]], manifest: Mapping[str, Any]) -> None:
    """What a host would need to ask this is in the chart and in the manifest."""
    at = document["at"]
    if not _is_moment(at["now"]):
        raise Unfit(f"`at.now` is `{at['now']}`; write a moment in UTC: 2026-11-22T12:00:00Z")
    if role_of(document) not in ROLES:
        raise Unfit(f"`at.role` is `{at['role']}`; the host knows {', '.join(ROLES)}")
    for name, value in at.get("settings", {}).items():
        _fits_setting(manifest, name, value)
    there = set()
    for it in chart:
        if not isinstance(it, dict) or not isinstance(it.get("resourceType"), str) or not isinstance(it.get("id"), str):
            raise Unfit("a resource of `chart` has no `resourceType` or no `id`; the record loads it by them")
        reference = f"{it['resourceType']}/{it['id']}"
        if reference in there:
            raise Unfit(f"{reference} is twice in `chart`; give the second an id of its own")
        there.add(reference)
    named = [("at.patient", at.get("patient"), "Patient/"), ("at.encounter", at.get("encounter"), "Encounter/")]
    if "react" in document:
        resource = document["react"]["resource"]
        named.append(("react.resource", f"{resource.get('resourceType')}/{resource.get('id')}", ""))
    for member, reference, of in named:
        if reference is not None and not (reference.startswith(of) and reference in there):
            raise Unfit(f"`{member}` is `{reference}`, which is not in `chart`; put it there as it is at the moment of the call")


def _is_moment(text: str) -> bool:
    try:
        return bool(MOMENT.fullmatch(text) and datetime.fromisoformat(text))
    except ValueError:
        return False


def _fits_setting(manifest: Mapping[str, Any], name: str, value: Any) -> None:
    """A setting of a case is one of the manifest, with a value that a site could give it."""
    declared = next((it for it in manifest.get("settings", []) if it["name"] == name), None)
    if declared is None:
        raise Unfit(f"`at.settings` has `{name}`, which departmental.json does not declare")
    kind = declared["kind"]
    if kind == "choice":
        fits = value in declared.get("options", [])
    elif kind == "boolean":
        fits = isinstance(value, bool)
    else:
        fits = isinstance(value, int if kind == "integer" else str) and not isinstance(value, bool)
    if not fits:
        raise Unfit(f"`at.settings.{name}` is {write_json(value)}, which is no {kind} that departmental.json allows")
