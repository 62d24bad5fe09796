"""Whom the site of a call cares for, in a written chart: of whom rows about a site are made.

Invariant: as in the host, a patient is cared for where their organisation or an encounter that was says so, and what is
labelled as restricted, or is of a patient who is, is in no list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SITE = "https://fhir.nhs.uk/Id/ods-organization-code"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
RESTRICTED = ("R", "V")
NEVER_WERE = ("cancelled", "entered-in-error")
"""Encounters of these statuses never were."""

Resources = Sequence[dict[str, Any]]


def owner_of(it: Mapping[str, Any]) -> str | None:
    """Whose a resource is, as a reference."""
    about = it.get("subject") or it.get("patient") or it.get("for") or {}
    return about.get("reference") or (_reference(it) if it["resourceType"] == "Patient" else None)


def of_site(resources: Resources, site: str) -> list[dict[str, Any]]:
    """The resources of the patients whom the site cares for."""

    def has_code(it: Any) -> bool:
        return isinstance(it, dict) and it.get("system") == SITE and it.get("value") == site

    def identifiers(it: Mapping[str, Any]) -> list[Any]:
        found = it.get("identifier")
        return found if isinstance(found, list) else []

    codes = {_reference(it) for it in resources if any(has_code(one) for one in identifiers(it))}

    def is_site(it: Mapping[str, Any] | None) -> bool:
        return it is not None and (has_code(it.get("identifier")) or it.get("reference") in codes)

    cared_for = set()
    for it in resources:
        if it["resourceType"] == "Patient" and is_site(it.get("managingOrganization")):
            cared_for.add(_reference(it))
        elif it["resourceType"] == "Encounter" and is_site(it.get("serviceProvider")) and it.get("status") not in NEVER_WERE:
            cared_for.add(owner_of(it))
    cared_for -= {_reference(it) for it in resources if it["resourceType"] == "Patient" and _is_restricted(it)}
    return [it for it in resources if not _is_restricted(it) and owner_of(it) is not None and owner_of(it) in cared_for]


def own_of(resources: Resources, site: str) -> list[dict[str, Any]]:
    """What is the site's own: about nobody, and labelled with it."""
    return [it for it in resources if owner_of(it) is None and _labelled(it, "tag", SITE, (site,))]


def _reference(it: Mapping[str, Any]) -> str:
    return f"{it['resourceType']}/{it['id']}"


def _is_restricted(it: Mapping[str, Any]) -> bool:
    return _labelled(it, "security", CONFIDENTIALITY, RESTRICTED)


def _labelled(it: Mapping[str, Any], member: str, system: str, codes: Sequence[str]) -> bool:
    labels = it.get("meta", {}).get(member, [])
    return any(label.get("system") == system and label.get("code") in codes for label in labels)
