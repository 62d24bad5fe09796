"""What a departmental is handed for one call: the context, the chart, the packs, the journal.

Nothing else is reachable, and every answer is the same for the whole call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from palatine.document import read_json, write_json
from palatine.failure import Failure
from palatine.rows import Rows, ViewQuery


@dataclass(frozen=True)
class Page:
    """One page of a search."""

    resources: list[dict[str, Any]]
    next: str | None
    """The query of the page that follows."""


class Context:
    """Where, for whom, by whom and when."""

    def __init__(self, host: Any) -> None:
        self._host = host

    def site(self) -> str:
        """ODS code of the site, for example `RXR`."""
        return self._host.site()

    def patient(self) -> str | None:
        """The one patient of the call; None in a call about a site."""
        return self._host.patient()

    def encounter(self) -> str | None:
        """The encounter in which the screen was opened."""
        return self._host.encounter()

    def role(self) -> str:
        """Role of the person who asked; `reaction` when a change of the record is reacted to."""
        return self._host.role()

    def now(self) -> str:
        """The moment of the call, RFC 3339 in UTC. There is no other clock."""
        return self._host.now()

    def settings(self) -> dict[str, Any]:
        """The manifest's settings, each with the value in force at the site."""
        return _document("the settings", self._host.settings())


class Chart:
    """The record as it stood when the call began, through the grants."""

    def __init__(self, host: Any) -> None:
        self._host = host

    def read(self, reference: str) -> dict[str, Any]:
        """One FHIR R4 resource by reference, for example `Observation/42`."""
        return _document("a resource", self._host.read(reference))

    def search(self, query: str) -> Page:
        """One page of a FHIR search. The host adds the patient of the call."""
        bundle = _document("a search", self._host.search(query))
        if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
            raise Failure.fault("the answer to a search is not a Bundle")
        following = (it.get("url") for it in bundle.get("link", []) if it.get("relation") == "next")
        resources = [it["resource"] for it in bundle.get("entry", []) if "resource" in it]
        return Page(resources, next(following, None))

    def search_all(self, query: str, resources_max: int) -> list[dict[str, Any]]:
        """All pages of a search; refuses when there are more: never a part as if it were the whole."""
        found: list[dict[str, Any]] = []
        following: str | None = query
        while following is not None:
            page = self.search(following)
            found += page.resources
            if len(found) > resources_max:
                raise Failure("limit", f"more than {resources_max} resources match `{query}`; narrow the search")
            following = page.next
        return found

    def rows(self, view: str, query: ViewQuery | None = None) -> Rows:
        """Rows of a view of the manifest, about the patient of the call or, without one, about those of the site."""
        return Rows(_document("rows", self._host.rows(view, write_json(query or ViewQuery()))))


class Packs:
    """Thresholds and code lists in force."""

    def __init__(self, host: Any) -> None:
        self._host = host

    def get(self, name: str) -> dict[str, Any]:
        """The document of the pack of that name."""
        return _document(f"the pack {name}", self._host.get(name))


class Journal:
    """Notes for whoever keeps the departmental running; never patient data."""

    def __init__(self, host: Any) -> None:
        self._host = host

    def error(self, message: str) -> None:
        """Something did not work."""
        self._host.note("error", message)

    def warning(self, message: str) -> None:
        """Something is not as it should be."""
        self._host.note("warning", message)

    def information(self, message: str) -> None:
        """Worth knowing."""
        self._host.note("information", message)

    def debug(self, message: str) -> None:
        """For whoever looks for a fault."""
        self._host.note("debug", message)


class Call:
    """One call. `host` answers as the contract does: texts, and a raised Failure."""

    def __init__(self, host: Any) -> None:
        self.context = Context(host.context)
        self.chart = Chart(host.chart)
        self.packs = Packs(host.packs)
        self.journal = Journal(host.journal)

    def patient(self) -> str:
        """The patient of the call, for example `Patient/9f2c`. Refuses a call that is not about one patient."""
        patient = self.context.patient()
        if patient is None:
            raise Failure.invalid("this call needs a patient and has none")
        return patient

    def setting(self, name: str) -> Any:
        """A setting of the manifest by name, with the value in force at the site."""
        settings = self.context.settings()
        if name not in settings:
            raise Failure.fault(f"the manifest declares no setting `{name}`; add it to `settings`")
        return settings[name]


def _document(what: str, text: str) -> Any:
    try:
        return read_json(text)
    except ValueError:
        raise Failure.fault(f"{what} from the host cannot be read as JSON") from None
