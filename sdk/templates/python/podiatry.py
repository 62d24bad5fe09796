"""Podiatry: what the host calls.

Invariant: what was typed wrongly is a finding on its field; nothing is filed without a side and a date.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from about import about
from examination import SEARCH, SIDES, Examination, newest, observation, without_side
from palatine import Call, Departmental, Failure, Finding, Form, Outcome, Parameters, Proposal, Screen
from palatine import screen as draw
from risk import foot_risk

ANSWERS = {"yes": True, "no": False, "not-examined": None}


class Podiatry(Departmental):
    """The newest examination of each foot, its risk, and a form for another."""

    def open(self, call: Call, screen: str, parameters: Parameters) -> Screen:
        if screen == "help":
            return about(call)
        if screen not in ("feet", "card"):
            raise Failure.not_provided(f"there is no screen `{screen}`")
        call.patient()
        pack = call.packs.get("foot-risk")
        observations = call.chart.search_all(SEARCH, 1000)
        if screen == "card":
            rows = [_risk(f"{name}, risk", newest(observations, side), pack) for side, name in SIDES.items()]
            return Screen(draw.SummaryList(rows))
        root = draw.Section().heading(call.setting("clinic"))
        if pack["unverified"]:
            root.child(draw.WarningCallout("Not verified", f"{pack['rule']}: the table was not compared with the guideline."))
        if lost := without_side(observations):
            words = f"{lost} of the examinations do not say of which foot they are, and are not shown."
            root.child(draw.WarningCallout("Side not known", words))
        for side, name in SIDES.items():
            root.child(_foot(name, newest(observations, side), pack))
        return Screen(root.child(_entry(pack)))

    def submit(self, call: Call, screen: str, action: str, form: Form) -> Outcome:
        if action != "file":
            raise Failure.not_provided(f"there is no action `{action}`")
        pack = call.packs.get("foot-risk")
        problems: list[Finding] = []
        side = form.text("side")
        if side not in SIDES:
            problems.append(Finding.on("side", "Say which foot was examined."))
        day = _day(call, form, problems)
        found: dict[str, bool | None] = {}
        for it in pack["findings"]:
            answer = form.text(it["id"])
            if answer not in ANSWERS:
                problems.append(Finding.on(it["id"], "Say yes, no, or that it was not examined."))
            else:
                found[it["id"]] = ANSWERS[answer]
        if problems:
            return Outcome.findings(problems)
        labels = {it["id"]: it["label"] for it in pack["findings"]}
        filed = observation(call.patient(), side, day, found, labels)
        return Outcome.commit(Proposal(f"Files an examination of the {side} foot.").create(filed)).and_then("feet")


departmental = Podiatry()


def _foot(name: str, examination: Examination | None, pack: dict[str, Any]) -> draw.Card:
    card = draw.Card().heading(name)
    if examination is None:
        return card.child(draw.Paragraph([draw.Part.plain("Risk: "), draw.Part.strong(draw.Fact.absent("not-recorded"))]))
    labels = {it["id"]: it["label"] for it in pack["findings"]}
    when = draw.Fact.absent("not-recorded") if examination.date is None else draw.Fact.date(examination.date)
    rows = [_risk("Risk", examination, pack), draw.SummaryRow("Examined", when)]
    if examination.status != "final":
        rows.append(draw.SummaryRow("Status", draw.Fact.tag(examination.status, "warning")))
    for finding, label in labels.items():
        there = examination.findings.get(finding)
        rows.append(draw.SummaryRow(label, draw.Fact.absent("not-recorded") if there is None else draw.Fact.yes_or_no(there)))
    return card.child(draw.SummaryList(rows))


def _risk(label: str, examination: Examination | None, pack: dict[str, Any]) -> draw.SummaryRow:
    if examination is None:
        return draw.SummaryRow(label, draw.Fact.absent("not-recorded"))
    labels = {it["id"]: it["label"] for it in pack["findings"]}
    categories = {it["id"]: it for it in pack["categories"]}
    risk = foot_risk(examination.findings, pack)
    if risk.category is None:
        unknown = ", ".join(_inside(labels[it]) for it in risk.unknown)
        least = _inside(categories[risk.at_least]["label"])
        shown = draw.Fact.text(f"cannot be calculated: not examined: {unknown}. At least: {least}")
    else:
        shown = draw.Fact.tag(categories[risk.category]["label"], categories[risk.category]["tone"])
    return draw.SummaryRow(label, shown).note(f"{pack['rule']}{', not verified' if pack['unverified'] else ''}")


def _inside(label: str) -> str:
    """A label inside a sentence."""
    return label[:1].lower() + label[1:]


def _entry(pack: dict[str, Any]) -> draw.Form:
    sides = [draw.Choice(side, name) for side, name in SIDES.items()]
    answers = [draw.Choice("yes", "Yes"), draw.Choice("no", "No"), draw.Choice("not-examined", "Not examined")]
    form = draw.Form("file").title("File an examination")
    form.child(draw.InputChoice("side", "Foot", sides).required())
    form.child(draw.InputDate("date", "Examined on").required())
    for it in pack["findings"]:
        form.child(draw.InputChoice(it["id"], it["label"], answers).required())
    return form.child(draw.ActionButton("File"))


def _day(call: Call, form: Form, problems: list[Finding]) -> str:
    text = form.text("date") or ""
    # The day of the person may be an hour ahead of the call's, which is in UTC.
    latest = (datetime.fromisoformat(call.context.now()) + timedelta(hours=1)).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        problems.append(Finding.on("date", "Give the day on which it was examined."))
        return text
    if day > latest:
        problems.append(Finding.on("date", "That day is yet to come. Give the day on which it was examined."))
    return day.isoformat()
