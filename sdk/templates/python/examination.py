"""The examination of one foot, to and from an Observation of the record.

Invariant: the side is always said; a finding is there, not there, or not examined, and these differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SYSTEM = "urn:palatine:template:podiatry"
SEARCH = f"Observation?code={SYSTEM}|foot-examination&_sort=-date&_count=100"
SIDES = {"right": "Right foot", "left": "Left foot"}
NOT_SHOWN = ("entered-in-error", "cancelled")


@dataclass(frozen=True)
class Examination:
    """What was found on one foot."""

    date: str | None
    status: str
    findings: Mapping[str, bool | None]


def observation(patient: str, side: str, date: str, findings: Mapping[str, bool | None], labels: Mapping[str, str]) -> dict[str, Any]:
    """As an Observation of this patient."""
    component = []
    for finding, there in findings.items():
        value = {"valueBoolean": there} if there is not None else {"dataAbsentReason": _coded("not-examined", "Not examined")}
        component.append({"code": _coded(finding, labels[finding]), **value})
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": _coded("foot-examination", "Examination of a foot"),
        "subject": {"reference": patient},
        "effectiveDateTime": date,
        "bodySite": _coded(side, SIDES[side]),
        "component": component,
    }


def newest(observations: Sequence[Mapping[str, Any]], side: str) -> Examination | None:
    """The newest examination of a side that holds. The observations are the newest first."""
    for it in observations:
        if _code(it.get("bodySite")) == side and it.get("status") not in NOT_SHOWN:
            findings = {_code(part.get("code")): part.get("valueBoolean") for part in it.get("component", [])}
            return Examination(it.get("effectiveDateTime"), it.get("status", "unknown"), findings)
    return None


def without_side(observations: Sequence[Mapping[str, Any]]) -> int:
    """How many do not say of which foot they are, and so are of none."""
    return sum(_code(it.get("bodySite")) not in SIDES and it.get("status") not in NOT_SHOWN for it in observations)


def _coded(code: str, text: str) -> dict[str, Any]:
    return {"coding": [{"system": SYSTEM, "code": code}], "text": text}


def _code(concept: Mapping[str, Any] | None) -> str | None:
    codings = (concept or {}).get("coding", [])
    return next((it.get("code") for it in codings if it.get("system") == SYSTEM), None)
