"""A bench for plain tests: a written chart, the manifest's own grants, settings and packs, and no sandbox.

Invariant: it answers as the host would, and says so where it cannot: a search parameter that it does not know is a
failure, never everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from palatine.bedside import golden as cases
from palatine.bedside.look import look
from palatine.bedside.search import page
from palatine.call import Call
from palatine.departmental import Answers, Departmental
from palatine.document import read_json, write_json
from palatine.failure import Failure
from palatine.rows import ViewQuery


class Bedside:
    """Where a departmental is tried."""

    def __init__(self, folder: str | Path) -> None:
        """For the departmental of a folder: its manifest with the defaults of its settings, its packs; site RXR, a
        doctor, nobody's chart, 2026-11-22 at noon."""
        folder = Path(folder)
        self._manifest = _read_file(folder / "departmental.json")
        if sum(it["place"] == "help" for it in self._manifest.get("screens", [])) > 1:
            what = "departmental.json declares several screens with the place `help`; keep one, and link from it to others"
            raise Failure.invalid(what)
        self._packs = {
            it["name"]: it.get("document") or _read_file(folder / it["file"]) for it in self._manifest.get("packs", [])
        }
        self._settings = {it["name"]: it["default"] for it in self._manifest.get("settings", [])}
        self._resources: list[dict[str, Any]] = []
        self._rows: list[tuple[str, str, dict[str, Any]]] = []
        self._facts: dict[str, str | None] = {
            "site": "RXR", "patient": None, "encounter": None, "role": "doctor", "now": "2026-11-22T12:00:00Z",
        }
        self._notes: list[tuple[str, str]] = []

    def with_(self, *resources: dict[str, Any]) -> Self:
        """With these resources in the chart. Without a `meta.versionId` each is at version 1."""
        for it in resources:
            if not isinstance(it.get("resourceType"), str) or not isinstance(it.get("id"), str):
                raise Failure.invalid("a resource of the chart needs `resourceType` and `id`")
            self._resources.append({**it, "meta": {"versionId": "1", **it.get("meta", {})}})
        return self

    def rows(
        self, view: str, query: ViewQuery, columns: Sequence[str], values: Sequence[Sequence[Any]], next_page: str | None = None
    ) -> Self:
        """With these rows as the answer to what is asked of a view: its columns, and a cell for each in every row."""
        self._viewed(view)
        if any(len(row) != len(columns) for row in values):
            raise Failure.invalid("every row is a list with a cell for each column")
        more: dict[str, Any] = {"more": False} if next_page is None else {"more": True, "next": next_page}
        document = {"rows": 1, "columns": list(columns), "values": [list(row) for row in values], **more}
        self._rows.append((view, write_json(query), document))
        return self

    def patient(self, reference: str) -> Self:
        """At this patient's bedside, for example `Patient/9f2c`."""
        return self._fact("patient", reference)

    def encounter(self, reference: str) -> Self:
        """In this encounter."""
        return self._fact("encounter", reference)

    def site(self, ods_code: str) -> Self:
        """At this site, an ODS code."""
        return self._fact("site", ods_code)

    def role(self, role: str) -> Self:
        """Asked by somebody in this role."""
        return self._fact("role", role)

    def now(self, now: str) -> Self:
        """At this moment, RFC 3339 in UTC."""
        return self._fact("now", now)

    def setting(self, name: str, value: Any) -> Self:
        """With this value of a setting instead of its default."""
        if name not in self._settings:
            raise Failure.invalid(f"departmental.json declares no setting `{name}`; add it to `settings`")
        self._settings[name] = value
        return self

    def pack(self, name: str, document: dict[str, Any]) -> Self:
        """With this document instead of a pack's own."""
        self._packs[name] = document
        return self

    def notes(self) -> list[tuple[str, str]]:
        """The notes that were made so far: level and message."""
        return list(self._notes)

    def call(self, part: Callable[[Call], Any]) -> Any:
        """Hands the call to a function, for tests of a part."""
        return part(Call(self._host()))

    def open(self, it: Departmental, screen: str, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Opens a screen: screen/1, looked at as the host does."""
        return self._answered(it, "open", {"screen": screen, "parameters": dict(parameters or {})})

    def submit(self, it: Departmental, screen: str, action: str, form: dict[str, Any]) -> dict[str, Any]:
        """Submits a form: outcome/1, every change of its proposal inside what the manifest asks for."""
        return self._answered(it, "submit", {"screen": screen, "action": action, "form": form})

    def react(self, it: Departmental, action: str, resource: dict[str, Any], t: int = 1) -> dict[str, Any]:
        """Reacts to a change: proposal/1."""
        return self._answered(it, "react", {"event": 1, "t": t, "action": action, "resource": resource})

    def advise(self, it: Departmental, hook: str) -> dict[str, Any]:
        """Asks for advice at a hook: advice/1."""
        return self._answered(it, "advise", {"hook": hook, "input": {"hook": 1, "name": hook}})

    def convert(self, it: Departmental, format: str, message: bytes | str) -> dict[str, Any]:
        """Reads a message: proposal/1."""
        return self._answered(it, "convert", {"format": format, "message": message})

    def ask(self, it: Departmental, call: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Makes a call as a golden case writes it: its `answer`, or the `failure` where the departmental says that it has
        none. An answer that the host would refuse is raised."""
        try:
            return {"answer": self._answered(it, call, given)}
        except _Told as told:
            return {"failure": {"code": told.code, "detail": told.detail}}

    def _answered(self, it: Departmental, call: str, given: Mapping[str, Any]) -> Any:
        if "screen" in given and self._declared(given["screen"])["place"] == "help" and self._facts["patient"] is not None:
            what = f"`{given['screen']}` has the place `help`, which is opened about nobody; leave out the patient"
            raise Failure.invalid(what)
        answer = self._called(it, call, given)
        if call == "open":
            self._drawable(given["screen"], answer)
        if call == "submit":
            if "next" in answer:
                self._declared(answer["next"]["screen"])
            if "screen" in answer:
                self._drawable(given["screen"], answer["screen"])
        self._allowed(answer.get("proposal", {}) if call == "submit" else answer)
        return answer

    def _called(self, it: Departmental, call: str, given: Mapping[str, Any]) -> Any:
        answers = Answers(it, self._host())
        try:
            match call:
                case "open":
                    text = answers.open(given["screen"], write_json(given.get("parameters", {})))
                case "submit":
                    text = answers.submit(given["screen"], given["action"], write_json(given["form"]))
                case "react":
                    text = answers.react(write_json(given))
                case "advise":
                    text = answers.advise(given["hook"], write_json(given["input"]))
                case "convert":
                    sent = given["message"]
                    text = answers.convert(given["format"], sent.encode() if isinstance(sent, str) else sent)
                case _:
                    raise ValueError(f"there is no call {call}")
        except Failure as failure:
            # In a test the error itself is wanted, not what the host would be told of it.
            if failure.__cause__ is not None:
                raise failure.__cause__ from None
            raise _Told(failure.code, failure.detail) from failure
        return read_json(text)

    def _fact(self, name: str, value: str) -> Self:
        self._facts[name] = value
        return self

    def _host(self) -> SimpleNamespace:
        return SimpleNamespace(
            context=SimpleNamespace(
                settings=lambda: write_json(self._settings),
                **{name: (lambda value=value: value) for name, value in self._facts.items()},
            ),
            chart=SimpleNamespace(
                read=lambda reference: write_json(self._read(reference)),
                search=lambda query: write_json(self._search(query)),
                rows=lambda view, asked: write_json(self._written(view, asked)),
            ),
            packs=SimpleNamespace(get=lambda name: write_json(self._pack(name))),
            journal=SimpleNamespace(note=lambda level, message: self._notes.append((level, message))),
        )

    def _read(self, reference: str) -> dict[str, Any]:
        if "/" not in reference:
            raise Failure.invalid(f"`{reference}` is no reference; write Type/id")
        self._may_read(reference.split("/")[0])
        for it in self._resources:
            if _reference_of(it) == reference and self._in_chart(it):
                return it
        raise Failure.not_found(f"there is no {reference} in this chart")

    def _search(self, query: str) -> dict[str, Any]:
        self._may_read(query.split("?")[0])
        return page(query, [it for it in self._resources if self._in_chart(it)])

    def _written(self, view: str, asked: str) -> dict[str, Any]:
        is_of_site = self._viewed(view).get("scope") == "site"
        if is_of_site == (self._facts["patient"] is not None):
            what = "a view of scope `site` is asked for in a call without a patient, and any other in a call about one"
            raise Failure("not-granted", what)
        for of, query, document in self._rows:
            if (of, query) == (view, asked):
                return document
        raise Failure.fault(f"the test wrote no rows of `{view}` for {asked}; add them with `Bedside.rows`")

    def _pack(self, name: str) -> dict[str, Any]:
        if name not in self._packs:
            raise Failure.not_found(f"departmental.json declares no pack `{name}`; add it to `packs`")
        return self._packs[name]

    def _screens(self) -> list[str]:
        return [it["id"] for it in self._manifest.get("screens", [])]

    def _declared(self, screen: str) -> dict[str, Any]:
        for it in self._manifest.get("screens", []):
            if it["id"] == screen:
                return it
        raise Failure.not_provided(f"departmental.json declares no screen `{screen}`; add it to `screens`")

    def _drawable(self, screen: str, drawn: dict[str, Any]) -> None:
        look(drawn, self._screens())
        place = self._declared(screen)["place"]
        if place in ("help", "summary") and any(it["kind"] == "form" for it in drawn["nodes"]):
            how = "put the form on a screen of its own and link to it"
            raise Failure.fault(f"`{screen}` has the place `{place}` and holds a form; {how}")

    def _viewed(self, view: str) -> dict[str, Any]:
        for it in self._manifest.get("views", []):
            if it["id"] == view:
                return it
        raise Failure("not-granted", f"departmental.json declares no view `{view}`; add it to `views` with a reason")

    def _allowed(self, proposal: Mapping[str, Any]) -> None:
        for change in proposal.get("changes", []):
            action, of = change["action"], change["resource"].get("resourceType")
            if not any(it["type"] == of and action in it["actions"] for it in self._manifest.get("writes", [])):
                what = f"the proposal would {action} a {of}, which departmental.json does not ask for; add it to `writes`"
                raise Failure.fault(what)

    def _may_read(self, of: str) -> None:
        if not any(it["type"] == of for it in self._manifest.get("reads", [])):
            what = f"departmental.json does not ask to read {of}; add it to `reads` with a reason"
            raise Failure("not-granted", what)

    def _in_chart(self, resource: Mapping[str, Any]) -> bool:
        """Whether a resource belongs to the patient of the call, or to nobody."""
        about = resource.get("subject") or resource.get("patient") or resource.get("for") or {}
        own = _reference_of(resource) if resource["resourceType"] == "Patient" else None
        owner = about.get("reference") or own
        return self._facts["patient"] is None or owner is None or owner == self._facts["patient"]


class _Told(Failure):
    """A failure that the departmental itself answers, and none that the bedside finds."""


def golden(folder: str | Path, it: Departmental) -> int:
    """Runs every golden case of the departmental in a folder; answers how many there are. Raises an AssertionError when one
    is answered otherwise, with the first places in which it differs, then and now."""
    return cases.run(Path(folder), it, lambda: Bedside(folder))


def form(fields: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A filled-in form as `submit` takes it, fields by name."""
    return {"form": 1, "fields": dict(fields), **more}


def _reference_of(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _read_file(file: Path) -> Any:
    try:
        return read_json(file.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as wrong:
        raise Failure.invalid(f"{file}: {wrong}") from wrong
