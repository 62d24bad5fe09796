"""Golden cases: a small chart, one call and the whole answer, in `cases/golden/NAME.json` of a departmental.

`departmental test` runs the same files in the sandbox, over a real record.
Invariant: a case has one call and one answer or failure; `UPDATE=1` writes those of the answers that differ, and nothing
else writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from palatine.bedside.differ import differences
from palatine.departmental import Departmental
from palatine.document import read_json, write_json

if TYPE_CHECKING:
    from palatine.bedside import Bedside

BYTES_MAX = 4 * 1024 * 1024
"""All the files together, as a component may carry them."""
MEMBERS = ("golden", "title", "chart", "at", "answer", "failure")
AT = ("site", "patient", "encounter", "role", "now", "settings")
CALLS = {
    "open": ("screen", "parameters?"),
    "submit": ("screen", "action", "form"),
    "react": ("event", "t", "action", "resource"),
    "advise": ("hook", "input"),
    "convert": ("format", "message"),
}
"""What each call is made with: all of these, and of `?` those that there are."""


class Unfit(Exception):
    """A file that is no golden case: which, what is wrong with it, and how to mend it."""

    def __init__(self, file: Path, what: str) -> None:
        super().__init__(f"{file}: {what}")


@dataclass(frozen=True)
class Case:
    """One case, with the resources of its chart."""

    file: Path
    document: dict[str, Any]
    chart: list[dict[str, Any]]

    @property
    def call(self) -> str:
        """Which call it makes."""
        return next(name for name in CALLS if name in self.document)


def run(folder: Path, departmental: Departmental, bedside: Callable[[], Bedside]) -> int:
    """Runs every case of a folder; answers how many there are."""
    cases = _read(folder / "cases/golden")
    said = [words for it in cases if (words := _run(it, departmental, bedside()))]
    if said:
        help_ = "UPDATE=1 writes what is answered now, and the diff is to be read"
        raise AssertionError(f"{len(said)} of {len(cases)} golden cases are answered otherwise; {help_}\n" + "\n".join(said))
    return len(cases)


def _run(case: Case, departmental: Departmental, bedside: Bedside) -> str | None:
    try:
        _stand(bedside, case)
        now = bedside.ask(departmental, case.call, case.document[case.call])
    except Exception as wrong:
        wrong.add_note(f"in {case.file}")
        raise
    then = {name: case.document[name] for name in ("answer", "failure") if name in case.document}
    found = differences(then, now)
    if not found:
        return None
    if os.environ.get("UPDATE"):
        asked = {name: it for name, it in case.document.items() if name not in then}
        case.file.write_text(write_json({**asked, **now}, 2) + "\n", encoding="utf-8")
        return None
    return "\n  ".join([f"{case.file}: {case.document['title']}", *found])


def _stand(bedside: Bedside, case: Case) -> None:
    bedside.with_(*case.chart)
    for name, value in case.document["at"].items():
        if name != "settings":
            getattr(bedside, name)(value)
    for name, value in case.document["at"].get("settings", {}).items():
        bedside.setting(name, value)


def _read(folder: Path) -> list[Case]:
    """The cases of a folder in the order of their names."""
    files = sorted(file for file in folder.glob("*.json") if file.name != "budget.json")
    if not files:
        raise Unfit(folder, "holds no golden case; write one file for each, NAME.json")
    reader, cases = _Reader(), []
    for file in files:
        document = reader.json(file)
        _check(file, document)
        chart: list[dict[str, Any]] = []
        for it in document["chart"]:
            chart += reader.chart(file, folder / it) if isinstance(it, str) else [it]
        cases.append(Case(file, document, chart))
    return cases


class _Reader:
    """Reads files, each once, within the bound of all together."""

    def __init__(self) -> None:
        self._bytes = 0
        self._charts: dict[Path, list[dict[str, Any]]] = {}

    def json(self, file: Path) -> Any:
        self._bytes += file.stat().st_size
        if self._bytes > BYTES_MAX:
            raise Unfit(file, f"with it the golden cases have more than {BYTES_MAX} bytes; share charts, or ask for smaller screens")
        try:
            return read_json(file.read_text(encoding="utf-8"))
        except ValueError as wrong:
            raise Unfit(file, f"is not JSON: {wrong}") from None

    def chart(self, of: Path, file: Path) -> list[dict[str, Any]]:
        if file not in self._charts:
            resources = self.json(file) if file.is_file() else None
            if not isinstance(resources, list) or not all(isinstance(it, dict) for it in resources):
                raise Unfit(of, f"its chart names {file}, which is {'no list of resources' if file.is_file() else 'not there'}")
            self._charts[file] = resources
        return self._charts[file]


def _check(file: Path, document: Any) -> None:
    if not isinstance(document, dict) or document.get("golden") != 1:
        raise Unfit(file, 'is no golden case; it begins with "golden": 1')
    for name in document:
        if name not in MEMBERS and name not in CALLS:
            raise Unfit(file, f"has the member `{name}`, which golden/1 does not know; it has {', '.join([*MEMBERS, *CALLS])}")
    title, chart, at = (document.get(name) for name in ("title", "chart", "at"))
    if not isinstance(title, str) or not title.strip():
        raise Unfit(file, "has no `title`; say in a sentence what it shows")
    if not isinstance(chart, list) or not all(isinstance(it, str | dict) for it in chart):
        raise Unfit(file, "has no `chart`; write a list of resources, and of names of files that hold such a list")
    if not isinstance(at, dict) or not isinstance(at.get("now"), str):
        raise Unfit(file, f"has in `at` no `now`; write `now`, and where they matter {', '.join(AT)}")
    for name, value in at.items():
        if name not in AT or not isinstance(value, dict if name == "settings" else str):
            raise Unfit(file, f"has in `at` a wrong `{name}`; write `now`, and where they matter {', '.join(AT)}")
    _check_call(file, document)


def _check_call(file: Path, document: Mapping[str, Any]) -> None:
    calls = [name for name in CALLS if name in document]
    if len(calls) != 1:
        raise Unfit(file, f"has {' and '.join(calls) or 'no call'}; write exactly one of {', '.join(CALLS)}")
    given, members = document[calls[0]], CALLS[calls[0]]
    if not isinstance(given, dict):
        raise Unfit(file, f"has in `{calls[0]}` no object; it takes {', '.join(members)}")
    missing = [it for it in members if not it.endswith("?") and it not in given]
    more = [it for it in given if it not in members and f"{it}?" not in members]
    if missing or more:
        what = f"no `{missing[0]}`" if missing else f"`{more[0]}`, which it does not take"
        raise Unfit(file, f"has in `{calls[0]}` {what}; it takes {', '.join(members)}")
    if "answer" in document and "failure" in document:
        raise Unfit(file, "has an `answer` and a `failure`; a call has one of them")
