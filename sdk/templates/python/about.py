"""The help: what the departmental does, what it does not, what of it is unverified, and whom to ask.

Invariant: about nobody and without a form; what is unverified is as the pack says it.
"""

from __future__ import annotations

from palatine import Call, Screen
from palatine.screen import Heading, Inset, List, Paragraph, Section


def about(call: Call) -> Screen:
    """Draws the help."""
    pack = call.packs.get("foot-risk")
    section = Section().child(Heading("What it does"))
    section.child(List([
        "It shows the newest examination of each foot, and the risk of a diabetic foot problem by what was found.",
        "It files an examination of one foot, with what was not examined as that.",
    ]))
    section.child(Heading("What it does not do"))
    section.child(List([
        "It gives no risk while something that was not examined could change it. What is missing is said, and the least that the risk is.",
        "It is not for people without diabetes, nor for children under 12. It does not know who they are.",
        "It shows no examination that does not say of which foot it is. How many there are of those is said.",
        "It does not refer anybody.",
    ]))
    section.child(Heading("What it rests on")).child(Paragraph(pack["rule"]))
    if pack["unverified"]:
        names = "; ".join(pack["unverified"])
        section.child(Inset(f"Unverified, compared with its source by nobody answerable yet: {names}."))
    words = "Ask the team that looks after the record at your trust. They reach the supplier, and can stop this departmental at any time."
    return Screen(section.child(Heading("Whom to ask")).child(Paragraph(words)))
