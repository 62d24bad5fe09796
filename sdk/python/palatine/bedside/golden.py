"""Golden cases: whole calls over a written chart with their whole answers, one in a file of `cases/golden/`.

`departmental test` runs the same files in the sandbox, over a real record.
Invariant: every case is asked twice and is an answer or a failure in full; a file that cannot be read is told by its name
and never passed over.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from palatine.bedside.case import CALLS, Unfit, names, read, role_of
from palatine.bedside.differ import differences
from palatine.departmental import Departmental
from palatine.document import read_json, write_json

if TYPE_CHECKING:
    from palatine.bedside import Bedside

CASES_MAX = 1000
NEW = "has neither `answer` nor `failure`; run with UPDATE=1, and read what it writes"


def run(folder: Path, departmental: Departmental, bedside: Callable[[], Bedside]) -> int:
    """Runs every case of a folder; answers how many there are."""
    manifest = read_json((folder / "departmental.json").read_text(encoding="utf-8"))
    files = names(folder)
    if not 1 <= len(files) <= CASES_MAX:
        raise AssertionError(f"cases/golden holds {len(files)} cases; write 1 to {CASES_MAX}, each a file of its own")
    said = []
    for name in files:
        try:
            document, chart = read(folder, name, manifest)
            what = _holds(folder / "cases/golden" / name, departmental, bedside, document, chart)
        except Unfit as unfit:
            what = str(unfit)
        except Exception:
            # What nobody meant is told with where it happened.
            what = traceback.format_exc()
        if what:
            said.append(f"cases/golden/{name}: {what}")
    if said:
        raise AssertionError(f"{len(said)} golden cases do not hold\n\n" + "\n\n".join(said))
    return len(files)


def _holds(
    file: Path, departmental: Departmental, bedside: Callable[[], Bedside], document: dict[str, Any], chart: list[dict[str, Any]]
) -> str | None:
    """What is wrong with a case."""
    call = next(it for it in CALLS if it in document)
    now, again = (_stood(bedside(), document, chart).ask(departmental, call, document[call]) for _ in range(2))
    if write_json(now) != write_json(again):
        return f"{document['title']}\n  the same call was answered in two ways; an answer may rest on nothing but the call"
    then = {it: document[it] for it in ("answer", "failure") if it in document}
    found = differences(then, now) if then else [NEW]
    if not found:
        return None
    if os.environ.get("UPDATE") == "1":
        asked = {name: it for name, it in document.items() if name not in then}
        file.write_text(write_json({**asked, **now}, 2) + "\n", encoding="utf-8")
        return None
    return "\n  ".join([document["title"], *found])


def _stood(bedside: Bedside, document: Mapping[str, Any], chart: list[dict[str, Any]]) -> Bedside:
    bedside.with_(*chart)
    for name, value in {**document["at"], "role": role_of(document)}.items():
        if name != "settings":
            getattr(bedside, name)(value)
    for name, value in document["at"].get("settings", {}).items():
        bedside.setting(name, value)
    return bedside
