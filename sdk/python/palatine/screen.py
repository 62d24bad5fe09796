"""Builders for every kind of node of screen/1 and every object inside one. Written by sdk/builders.py; types: screen.pyi.

Invariant: what a builder takes, the schema takes; anything else is refused where it is given.
"""

from palatine.builder import (
    FACT, LINK, Node, PARAMETERS, Parent, Piece, TRUTH, WAY, WORDS, each, either, having, integer, may, text, unique,
    word,
)
from palatine.node import Condition, Fact, Part, Screen, Tabs
from palatine.rules import ABSENT, DECIMAL, ID, INTERPRETATION, LINE, PORTION, REFERENCE, STATUS, TEXT, TONE, WHEN

__all__ = [
    "ActionButton", "ActorRef", "Alert", "Allergy", "AllergyList", "Allowed", "Amount", "Answered", "AttestSign",
    "Axis", "Band", "BandedChart", "BandedRow", "BandedTotal", "BodyMap", "Card", "CheckAnswers", "Choice",
    "ClinicalValue", "Coded", "CodedConcept", "Column", "Columns", "Condition", "Curve", "CurveChart", "DateTime",
    "Details", "EmptyState", "Fact", "Flowsheet", "Form", "GridCell", "GridRow", "Group", "Happened", "Heading",
    "InputChecks", "InputChoice", "InputCoded", "InputDate", "InputDose", "InputNhsNumber", "InputNumber",
    "InputText", "Inset", "LabourChart", "Lane", "LaneGroup", "Link", "List", "Mark", "Measured", "MedicationLine",
    "Notification", "Observed", "ObservedBand", "Paragraph", "Part", "PatientRef", "Place", "Point", "Previous",
    "Print", "Range", "Reading", "ResultGrid", "Score", "ScoreBand", "ScorePart", "Screen", "Section", "Seen",
    "Sparkline", "Step", "SummaryList", "SummaryRow", "Table", "TableColumn", "TableRow", "Tabs", "Tag",
    "TaskSteps", "Threshold", "Timeline", "Trend", "Waiting", "WarningCallout", "Worklist",
]


class Section(Parent, kind="section", needs={}):
    """A part of the screen, with or without a heading; the host sets the heading's level."""

    heading = may(LINE)
    note = may(LINE)


class Columns(Parent, kind="columns", needs={}, below=(1, 3)):
    """One to three children side by side where there is room, else one below the other."""


class Card(Parent, kind="card", needs={}):
    """A node of kind `card`."""

    heading = may(LINE)
    note = may(LINE)
    tone = may(TONE)


class Details(Parent, kind="details", needs={"summary": LINE}):
    """Closed until it is opened by the reader."""


class SummaryRow(Piece, needs={"label": LINE, "value": FACT}):
    """A part of a node: SummaryRow."""

    note = may(LINE)


class SummaryList(Node, kind="summary-list", needs={"rows": each(SummaryRow, 1, 200)}):
    """A node of kind `summary-list`."""


class Heading(Node, kind="heading", needs={"text": LINE}):
    """A node of kind `heading`."""


class Paragraph(Node, kind="paragraph", needs={"words": WORDS}):
    """A node of kind `paragraph`."""


class List(Node, kind="list", needs={"items": each(WORDS, 1, 500)}):
    """A node of kind `list`."""

    ordered = may(TRUTH)


class Inset(Parent, kind="inset", needs={"words": WORDS}):
    """A node of kind `inset`."""


class WarningCallout(Parent, kind="warning-callout", needs={"title": LINE, "words": WORDS}):
    """A node of kind `warning-callout`."""


class Tag(Node, kind="tag", needs={"text": LINE}):
    """A node of kind `tag`."""

    tone = may(TONE)


class Alert(
    Parent,
    kind="alert",
    needs={"level": word(["mandatory", "prohibited", "warning", "information"]), "title": LINE, "words": WORDS},
):
    """Shape, word and text say the level; colour only repeats it."""


class Notification(Node, kind="notification", needs={"title": LINE, "words": WORDS}):
    """What has just happened, after a form."""

    tone = may(word(["information", "success"]))


class EmptyState(Node, kind="empty-state", needs={"title": LINE, "words": WORDS}):
    """There is nothing to show, and why: `text` says what was looked for and over which time."""


class Range(Piece, needs={}):
    """Reference range; either end may be open. `text` alone when the laboratory gave words."""

    low = may(DECIMAL)
    high = may(DECIMAL)
    unit = may(text(0, 60))
    population = may(text(0, 120))
    text = may(LINE)


class Previous(Piece, needs={"value": FACT}):
    """A part of a node: Previous."""

    when = may(WHEN)


class ClinicalValue(Node, kind="clinical-value", needs={"label": LINE, "value": FACT}):
    """A node of kind `clinical-value`."""

    interpretation = may(INTERPRETATION)
    range = may(Range)
    status = may(STATUS)
    when = may(WHEN)
    source = may(LINE)
    resource = may(REFERENCE)
    previous = may(Previous)


class DateTime(Node, kind="datetime", needs={"value": WHEN}):
    """A node of kind `datetime`."""

    label = may(LINE)


class Coded(Piece, needs={"display": LINE}):
    """A part of a node: Coded."""

    system = may(LINE)
    code = may(LINE)


class CodedConcept(Node, kind="coded-concept", needs={"coded": Coded}):
    """A node of kind `coded-concept`."""

    label = may(LINE)


class PatientRef(Node, kind="patient-ref", needs={"reference": REFERENCE}):
    """The host draws the small patient banner."""


class ActorRef(Node, kind="actor-ref", needs={"reference": REFERENCE}):
    """A node of kind `actor-ref`."""

    label = may(LINE)


class Amount(Piece, needs={"value": PORTION, "unit": text(1, 60)}):
    """An amount of medicine, or from `value` to `to`. The host writes micrograms, nanograms and units in words."""

    to = may(PORTION)


class MedicationLine(Node, kind="medication-line", needs={"drug": LINE}):
    """One medicine, whole and in the order drug, brand, strength, form, dose, rate, duration, route, frequency. The host
    writes the drug bold in small letters and the brand in capitals, and says where dose, route or frequency is not
    recorded.
    """

    brand = may(LINE)
    strength = may(Amount)
    form = may(LINE)
    dose = may(Amount)
    rate = may(Amount)
    duration = may(LINE)
    route = may(LINE)
    frequency = may(LINE)
    indication = may(LINE)
    status = may(word(["active", "planned", "on-hold", "stopped", "completed", "not-taken", "entered-in-error", "unknown"], nullable=True))
    since = may(WHEN)
    note = may(LINE)
    resource = may(REFERENCE)


class Allergy(Piece, needs={"substance": Coded}):
    """A part of a node: Allergy."""

    reactions = may(each(LINE, 0, 20))
    severity = may(word(["mild", "moderate", "severe"], nullable=True))
    unconfirmed = may(TRUTH)
    intolerance = may(TRUTH)
    recorded = may(WHEN)
    resource = may(REFERENCE)


class AllergyList(
    Node,
    kind="allergy-list",
    needs={"label": word(["known-allergies", "no-known-allergies", "allergies-not-recorded", "allergies-unavailable"])},
    when=("items", "label", "known-allergies"),
):
    """One of four labels, and the allergies exactly when there are some. `no-known-allergies` is somebody's answer;
    `allergies-not-recorded` is nobody having asked; `allergies-unavailable` is that they could not be read.
    """

    items = may(each(Allergy, 0, 100))
    note = may(LINE)


class ScoreBand(Piece, needs={"id": ID, "label": LINE}):
    """A part of a node: ScoreBand."""

    from_ = may(DECIMAL, "from")
    to = may(DECIMAL)
    tone = may(TONE)


class ScorePart(Piece, needs={"label": LINE}, one_of=("points", "absent")):
    """A part of a node: ScorePart."""

    value = may(FACT)
    points = may(DECIMAL)
    absent = may(ABSENT)
    most = may(DECIMAL)


class Score(Node, kind="score", needs={"title": LINE}, one_of=("value", "absent")):
    """A number, the whole scale of its bands with the present one marked, and its parts. Exactly one of `value` and
    `absent`. The host refuses a value outside the band it is said to be in, and with `adds_up` one that is not the
    sum of its parts. Where a part is missing the host says so, and with `most` what the score could be.
    """

    value = may(DECIMAL)
    absent = may(ABSENT)
    band = may(ID)
    bands = may(each(ScoreBand, 0, 12))
    components = may(each(ScorePart, 0, 60))
    adds_up = may(TRUTH)
    when = may(WHEN)
    rule = may(LINE)


class TableColumn(Piece, needs={"id": ID, "heading": LINE}):
    """A part of a node: TableColumn."""

    align = may(word(["start", "end"]))


class TableRow(Piece, needs={"cells": each(FACT, 0)}):
    """A part of a node: TableRow."""

    tone = may(TONE)


class Table(
    Node,
    kind="table",
    needs={"caption": LINE, "columns": each(TableColumn, 1, 20), "rows": each(TableRow, 0, 1000)},
):
    """A node of kind `table`."""

    empty = may(LINE)


class Column(Piece, needs={"id": ID, "when": WHEN}):
    """A part of a node: Column."""

    place = may(text(0, 60))
    note = may(LINE)
    unacknowledged = may(TRUTH, "new")


class GridCell(Piece, needs={"column": ID}, one_of=("value", "absent")):
    """A value or the reason why there is none: exactly one of `value` and `absent`."""

    value = either(text(1, 200))
    absent = either(ABSENT)
    interpretation = may(INTERPRETATION)
    status = may(STATUS)
    note = may(LINE)
    resource = may(REFERENCE)


class GridRow(Piece, needs={"label": LINE, "cells": each(GridCell, 0, 60)}):
    """A part of a node: GridRow."""

    link = may(LINK)
    range = may(Range)
    unit = may(text(0, 60))
    trend = may(TRUTH)
    strong = may(TRUTH)


class Group(Piece, needs={"title": LINE, "rows": each(GridRow, 0, 200)}):
    """A part of a node: Group."""


class ResultGrid(
    Node,
    kind="result-grid",
    needs={"caption": LINE, "columns": each(Column, 0, 60), "groups": each(Group, 0, 60)},
):
    """Cumulative results: tests down, specimens across, the newest on the right. A cell is always drawn, with a value or
    with the reason why there is none; a column for which a row has no cell reads as not-requested.
    """

    earlier = may(WAY)


class Flowsheet(
    Node,
    kind="flowsheet",
    needs={"caption": LINE, "columns": each(Column, 0, 60), "groups": each(Group, 0, 60)},
):
    """Observations over time: what was observed down, times across, the newest on the right. A column for which a row
    has no cell reads as not-recorded.
    """

    earlier = may(WAY)


class Happened(Piece, needs={"when": WHEN, "title": LINE}):
    """A part of a node: Happened."""

    label = may(LINE)
    text = may(TEXT)
    by = may(REFERENCE)
    tone = may(TONE)
    link = may(LINK)
    resource = may(REFERENCE)


class Timeline(Node, kind="timeline", needs={"caption": LINE, "items": each(Happened, 0, 500)}):
    """What happened when. Given oldest first; drawn with the newest on top."""

    empty = may(LINE)


class Waiting(Piece, needs={"patient": REFERENCE, "cells": each(FACT, 0)}):
    """A part of a node: Waiting."""

    priority = may(word(["emergency", "urgent", "soon", "routine"], nullable=True))
    due = may(WHEN)
    link = may(WAY)


class Worklist(
    Node,
    kind="worklist",
    needs={"caption": LINE, "order": LINE, "columns": each(TableColumn, 0, 10), "rows": each(Waiting, 0, 200), "empty": LINE},
):
    """Several patients who wait for somebody. The host writes who each of them is and marks names that could be
    confused. It is not drawn on the page of one patient.
    """

    more = may(WAY)


class Point(Piece, needs={"when": WHEN, "value": DECIMAL}):
    """A part of a node: Point."""

    comparator = may(word(["<", "<=", ">", ">="]))
    interpretation = may(INTERPRETATION)
    resource = may(REFERENCE)


class Sparkline(Node, kind="sparkline", needs={"label": LINE, "unit": text(0, 60), "points": each(Point, 0, 200)}):
    """A small line of one test's numbers with the newest written beside it; the same numbers are in a table."""

    range = may(Range)


class Band(Piece, needs={"label": LINE}):
    """The reference range, as a pale labelled band; either end may be open."""

    low = may(DECIMAL)
    high = may(DECIMAL)


class Threshold(Piece, needs={"value": DECIMAL, "label": LINE}):
    """A part of a node: Threshold."""


class Trend(Node, kind="trend", needs={"title": LINE, "unit": text(0, 60), "points": each(Point, 0, 1000)}):
    """Points joined by straight lines, one unit; the host draws it and puts the same numbers in a table beside it."""

    description = may(LINE)
    band = may(Band)
    thresholds = may(each(Threshold, 0, 10))


class ObservedBand(Piece, needs={"label": text(1, 14), "points": integer(0, 255)}):
    """A part of a node: ObservedBand."""

    from_ = may(DECIMAL, "from")
    word = may(LINE)


class Observed(Piece, needs={"column": ID}, one_of=("value", "word", "absent")):
    """A part of a node: Observed."""

    value = may(text(0, 10, r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"))
    word = may(text(1, 10))
    absent = may(ABSENT)


class BandedRow(
    Piece,
    needs={"label": text(1, 20), "bands": each(ObservedBand, 1, 12), "cells": each(Observed, 0, 30)},
):
    """A part of a node: BandedRow."""

    unit = may(text(0, 20))


class BandedTotal(Piece, needs={"label": text(1, 20), "cells": each(Observed, 0, 30)}):
    """A part of a node: BandedTotal."""

    adds_up = may(TRUTH)


class BandedChart(
    Node,
    kind="banded-observation-chart",
    needs={"title": LINE, "rule": LINE, "columns": each(Column, 0, 30), "rows": each(BandedRow, 1, 20)},
):
    """Observations in bands that score, as an early warning score's chart: parameters down, times across, the newest on
    the right. The host finds the band of each number, writes its points, and refuses a total with `adds_up` that is
    not the sum of its column's points, or whose column lacks an observation.
    """

    total = may(BandedTotal)


class Axis(Piece, needs={"label": LINE, "unit": text(0, 60), "low": DECIMAL, "high": DECIMAL}):
    """A part of a node: Axis."""


class Place(Piece, needs={"x": DECIMAL, "y": DECIMAL}):
    """A part of a node: Place."""


class Curve(Piece, needs={"label": text(1, 16), "points": each(Place, 2, 200)}):
    """A part of a node: Curve."""

    line = may(word(["thin", "dashed", "thick"]))


class Measured(Piece, needs={"x": DECIMAL, "y": DECIMAL}):
    """A part of a node: Measured."""

    when = may(WHEN)
    note = may(LINE)


class CurveChart(
    Node,
    kind="reference-curve-chart",
    needs={"title": LINE, "standard": LINE, "x": Axis, "y": Axis, "curves": each(Curve, 1, 11), "points": each(Measured, 0, 200)},
):
    """Measurements along reference curves, as of growth: one unit on each axis. Curves lie inside the axes; for a
    measurement outside them the host widens the axis and says so.
    """


class Reading(Piece, needs={"when": WHEN}):
    """A part of a node: Reading."""

    value = may(text(0, 10, r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"))
    lower = may(text(0, 10, r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"))
    word = may(text(1, 40))
    absent = may(ABSENT)
    alert = may(TRUTH)


class Allowed(Piece, needs={"at": DECIMAL, "minutes": integer(0, 65535)}):
    """A part of a node: Allowed."""


class Lane(
    Piece,
    needs={"label": text(1, 24), "draw": word(["line", "blocks", "span", "words"]), "readings": each(Reading, 0, 300)},
):
    """A part of a node: Lane."""

    unit = may(text(0, 24))
    low = may(DECIMAL)
    high = may(DECIMAL)
    alert_from = may(DECIMAL)
    alert_under = may(DECIMAL)
    allowed = may(each(Allowed, 0, 20))


class LaneGroup(Piece, needs={"title": LINE, "lanes": each(Lane, 1, 20)}):
    """A part of a node: LaneGroup."""


class LabourChart(
    Node,
    kind="labour-chart",
    needs={"title": LINE, "from": WHEN, "to": WHEN, "rules": LINE, "groups": each(LaneGroup, 1, 10)},
):
    """A labour on one axis of time of at most 24 hours: lanes of lines, blocks, spans and words, alerts as triangles and
    words, the time after `now` grey and empty.
    """

    now = may(WHEN)


class Mark(
    Piece,
    needs={"finding": LINE, "shape": word(["dot", "blot", "cloud", "diamond", "ring", "cross", "square"]), "x": DECIMAL, "y": DECIMAL},
):
    """A part of a node: Mark."""

    note = may(LINE)


class BodyMap(
    Node,
    kind="body-map",
    needs={"image": word(["eye-right", "eye-left", "fundus-right", "fundus-left", "abdomen"])},
    one_of=("marks", "absent"),
):
    """What was found, marked on one of the host's drawings; the host counts the legend from the marks and says in words
    where each lies. Exactly one of `marks` and `absent`. Coordinates: y runs up; for `eye-…` in radii of the cornea
    from its middle, x towards the nose (across 2.2, up 1.4); for `fundus-…` in diameters of the disc from the fovea,
    x towards the nose (5.2 all round); for `abdomen` in halves of its width and height from the umbilicus, x towards
    the patient's left (1 each way).
    """

    note = may(LINE)
    marks = may(each(Mark, 0, 300))
    absent = may(ABSENT)
    not_seen = may(each(LINE, 0, 40))


class Seen(Piece, needs={"resource": REFERENCE, "version": text(0, 64)}):
    """A part of a node: Seen."""


class Form(Parent, kind="form", needs={"action": ID}):
    """Inputs and at least one `action` below it. The host adds the idempotency key and the time. Submitted to the
    version of the departmental that drew it, as form/1.
    """

    title = may(LINE)
    carries = may(PARAMETERS)
    seen = may(each(Seen, 0, 200))


class InputText(Node, kind="input-text", needs={"field": ID, "label": LINE}):
    """A node of kind `input-text`."""

    hint = may(LINE)
    required = may(TRUTH)
    error = may(LINE)
    value = may(TEXT)
    lines = may(integer(1, 20))
    length_max = may(integer(1, 20000))


class InputNumber(Node, kind="input-number", needs={"field": ID, "label": LINE}):
    """A node of kind `input-number`."""

    hint = may(LINE)
    required = may(TRUTH)
    error = may(LINE)
    value = may(DECIMAL)
    unit = may(text(0, 60))
    min = may(DECIMAL)
    max = may(DECIMAL)


class InputDate(Node, kind="input-date", needs={"field": ID, "label": LINE}):
    """A node of kind `input-date`."""

    hint = may(LINE)
    required = may(TRUTH)
    error = may(LINE)
    value = may(WHEN)
    time = may(TRUTH)


class Choice(Piece, needs={"value": text(1, 200), "label": LINE}):
    """A part of a node: Choice."""

    hint = may(LINE)


class InputChoice(Node, kind="input-choice", needs={"field": ID, "label": LINE, "options": each(Choice, 1, 100)}):
    """One of several; nothing is chosen in advance unless `value` says so."""

    hint = may(LINE)
    required = may(TRUTH)
    error = may(LINE)
    value = may(text(0))


class InputChecks(Node, kind="input-checks", needs={"field": ID, "label": LINE, "options": each(Choice, 1, 100)}):
    """Any number of several."""

    hint = may(LINE)
    required = may(TRUTH)
    error = may(LINE)
    value = may(each(text(0), 0))


class InputNhsNumber(Node, kind="input-nhs-number", needs={"field": ID, "label": LINE}):
    """An NHS number. The host checks its last digit and gives ten digits without spaces."""

    hint = may(LINE)
    required = may(TRUTH)
    error = may(LINE)
    value = may(LINE)


class InputDose(Node, kind="input-dose", needs={"field": ID, "label": LINE, "units": unique(each(LINE, 1, 20))}):
    """An amount of medicine with one of the units. The host refuses what can be misread (5.0, .5, 1,000) and gives a
    list of two: amount and unit.
    """

    hint = may(LINE)
    required = may(TRUTH)
    error = may(LINE)
    amount = may(PORTION)
    unit = may(LINE)


class InputCoded(Node, kind="input-coded", needs={"field": ID, "label": LINE, "value_set": LINE}):
    """One concept of a value set, found by words in the host's terminology and chosen among at most 20. The host gives a
    list of three, system, code and the terminology's words, of a concept that it has found in the set when the form
    is sent.
    """

    hint = may(LINE)
    required = may(TRUTH)
    error = may(LINE)
    value = may(having(Coded, ["system", "code"]))


class AttestSign(
    Node,
    kind="attest-sign",
    needs={"field": ID, "label": LINE, "statement": LINE},
    fixed={"required": True},
):
    """A statement that whoever signs confirms. The host writes about whom it is and under which name it is signed; it
    gives `yes`.
    """

    hint = may(LINE)
    error = may(LINE)


class Step(
    Piece,
    needs={"label": LINE, "state": word(["to-do", "current", "done", "overdue", "cannot-start", "not-needed"])},
):
    """A part of a node: Step."""

    note = may(LINE)
    due = may(WHEN)
    link = may(LINK)


class TaskSteps(Node, kind="task-steps", needs={"caption": LINE, "steps": each(Step, 1, 100)}):
    """The steps of a task and how far each is."""


class Answered(Piece, needs={"label": LINE, "value": FACT}):
    """A part of a node: Answered."""

    change = may(LINK)


class CheckAnswers(Node, kind="check-answers", needs={"rows": each(Answered, 1, 200)}):
    """What was answered, to be checked before it is sent, each with where it is changed."""


class ActionButton(Node, kind="action", needs={"label": LINE}):
    """A button inside a form."""

    action = may(ID)
    secondary = may(TRUTH)
    confirm = may(LINE)


class Link(Node, kind="link", needs={"text": LINE, "screen": ID}):
    """A node of kind `link`."""

    parameters = may(PARAMETERS)


class Print(Parent, kind="print", needs={"title": LINE}):
    """A sheet of paper: a letter, a list to carry. On the screen it is framed; of a page that has any sheet nothing else
    is printed, each sheet begins a page, and every page of it says about whom it is. In no form and in no other
    sheet, and with no form in it.
    """

    note = may(LINE)
