"""The risk of a foot by a table of findings.

Invariant: a finding that is not known is never taken for one that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Risk:
    """A category of the pack, or why there is none."""

    category: str | None
    at_least: str
    unknown: tuple[str, ...]
    """Findings that are not known, where they leave the category open."""


def foot_risk(findings: Mapping[str, bool | None], pack: Mapping[str, Any]) -> Risk:
    """Risk of a diabetic foot problem.

    Returns: the category; or none, with the lowest that it can be and the findings that would settle it.
    Takes: of each finding of the pack whether it is there, None where nobody knows; the pack foot-risk.
    Refuses: nothing; what is missing leaves the category open unless it could not change it.
    Not for: people without diabetes; children under 12. The caller screens for these.
    Source: NICE NG19, recommendations 1.3.6 and 1.3.11. Not compared with the publication. Reviewed: nobody yet.
    """
    certain = _category(pack, lambda finding: findings.get(finding) is True)
    possible = _category(pack, lambda finding: findings.get(finding) is not False)
    if certain == possible:
        return Risk(certain, certain, ())
    unknown = tuple(it["id"] for it in pack["findings"] if findings.get(it["id"]) is None)
    return Risk(None, certain, unknown)


def _category(pack: Mapping[str, Any], holds: Any) -> str:
    """The first of the pack's categories of which one combination holds; the last holds always."""
    for category in pack["categories"]:
        if any(all(holds(finding) for finding in combination) for combination in category["any_of"]):
            return category["id"]
    raise ValueError("the last category of the pack must hold always")
