"""Builders for every kind of node of screen/1 and every object inside one. Written by sdk/builders.py.

Invariant: what a builder takes, the schema takes; anything else is refused where it is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from palatine.node import Condition, Fact, Node, Parent, Part, Piece, Screen, Tabs, Words, check

__all__ = [
    "ActionButton",
    "ActorRef",
    "Alert",
    "Allergy",
    "AllergyList",
    "Allowed",
    "Amount",
    "Answered",
    "AttestSign",
    "Axis",
    "Band",
    "BandedChart",
    "BandedRow",
    "BandedTotal",
    "BodyMap",
    "Card",
    "CheckAnswers",
    "Choice",
    "ClinicalValue",
    "Coded",
    "CodedConcept",
    "Column",
    "Columns",
    "Condition",
    "Curve",
    "CurveChart",
    "DateTime",
    "Details",
    "EmptyState",
    "Fact",
    "Flowsheet",
    "Form",
    "GridCell",
    "GridRow",
    "Group",
    "Happened",
    "Heading",
    "InputChecks",
    "InputChoice",
    "InputCoded",
    "InputDate",
    "InputDose",
    "InputNhsNumber",
    "InputNumber",
    "InputText",
    "Inset",
    "LabourChart",
    "Lane",
    "LaneGroup",
    "Link",
    "List",
    "Mark",
    "Measured",
    "MedicationLine",
    "Notification",
    "Observed",
    "ObservedBand",
    "Paragraph",
    "Part",
    "PatientRef",
    "Place",
    "Point",
    "Previous",
    "Print",
    "Range",
    "Reading",
    "ResultGrid",
    "Score",
    "ScoreBand",
    "ScorePart",
    "Screen",
    "Section",
    "Seen",
    "Sparkline",
    "Step",
    "SummaryList",
    "SummaryRow",
    "Table",
    "TableColumn",
    "TableRow",
    "Tabs",
    "Tag",
    "TaskSteps",
    "Threshold",
    "Timeline",
    "Trend",
    "Waiting",
    "WarningCallout",
    "Worklist",
]


class Section(Parent):
    """A part of the screen, with or without a heading; the host sets the heading's level."""

    def __init__(self) -> None:
        super().__init__("section")

    def heading(self, heading: str) -> Self:
        return self._put("heading", _LINE, heading)

    def note(self, note: str) -> Self:
        """Small words beside the heading."""
        return self._put("note", _LINE, note)


class Columns(Parent):
    """One to three children side by side where there is room, else one below the other."""

    def __init__(self) -> None:
        super().__init__("columns")


class Card(Parent):
    """A node of kind `card`."""

    def __init__(self) -> None:
        super().__init__("card")

    def heading(self, heading: str) -> Self:
        return self._put("heading", _LINE, heading)

    def note(self, note: str) -> Self:
        return self._put("note", _LINE, note)

    def tone(self, tone: str) -> Self:
        return self._put("tone", _TONE, tone)


class Details(Parent):
    """Closed until it is opened by the reader."""

    def __init__(self, summary: str) -> None:
        super().__init__("details")
        self._put("summary", _LINE, summary)


class SummaryRow(Piece):
    """A part of a node: SummaryRow."""

    def __init__(self, label: str, value: Fact | str) -> None:
        super().__init__("SummaryRow")
        self._put("label", _LINE, label)
        self._put("value", check.fact, value)

    def note(self, note: str) -> Self:
        return self._put("note", _LINE, note)


class SummaryList(Node):
    """A node of kind `summary-list`."""

    def __init__(self, rows: Sequence[SummaryRow]) -> None:
        super().__init__("summary-list")
        self._put("rows", _SUMMARY_LIST_ROWS, rows)


class Heading(Node):
    """A node of kind `heading`."""

    def __init__(self, text: str) -> None:
        super().__init__("heading")
        self._put("text", _LINE, text)


class Paragraph(Node):
    """A node of kind `paragraph`."""

    def __init__(self, words: Words) -> None:
        super().__init__("paragraph")
        self._put("words", check.words, words)


class List(Node):
    """A node of kind `list`."""

    def __init__(self, items: Sequence[Words]) -> None:
        super().__init__("list")
        self._put("items", _LIST_ITEMS, items)

    def ordered(self, ordered: bool = True) -> Self:
        return self._put("ordered", check.truth, ordered)


class Inset(Parent):
    """A node of kind `inset`."""

    def __init__(self, words: Words) -> None:
        super().__init__("inset")
        self._put("words", check.words, words)


class WarningCallout(Parent):
    """A node of kind `warning-callout`."""

    def __init__(self, title: str, words: Words) -> None:
        super().__init__("warning-callout")
        self._put("title", _LINE, title)
        self._put("words", check.words, words)


class Tag(Node):
    """A node of kind `tag`."""

    def __init__(self, text: str) -> None:
        super().__init__("tag")
        self._put("text", _LINE, text)

    def tone(self, tone: str) -> Self:
        return self._put("tone", _TONE, tone)


class Alert(Parent):
    """Shape, word and text say the level; colour only repeats it."""

    def __init__(self, level: str, title: str, words: Words) -> None:
        super().__init__("alert")
        self._put("level", _ALERT_LEVEL_IS, level)
        self._put("title", _LINE, title)
        self._put("words", check.words, words)


class Notification(Node):
    """What has just happened, after a form."""

    def __init__(self, title: str, words: Words) -> None:
        super().__init__("notification")
        self._put("title", _LINE, title)
        self._put("words", check.words, words)

    def tone(self, tone: str) -> Self:
        return self._put("tone", _NOTIFICATION_TONE_IS, tone)


class EmptyState(Node):
    """There is nothing to show, and why: `text` says what was looked for and over which time."""

    def __init__(self, title: str, words: Words) -> None:
        super().__init__("empty-state")
        self._put("title", _LINE, title)
        self._put("words", check.words, words)


class Range(Piece):
    """Reference range; either end may be open. `text` alone when the laboratory gave words."""

    def __init__(self) -> None:
        super().__init__("Range")

    def low(self, low: str) -> Self:
        return self._put("low", _DECIMAL, low)

    def high(self, high: str) -> Self:
        return self._put("high", _DECIMAL, high)

    def unit(self, unit: str) -> Self:
        return self._put("unit", _RANGE_UNIT_IS, unit)

    def population(self, population: str) -> Self:
        """For whom it holds: women 18 and over."""
        return self._put("population", _RANGE_POPULATION_IS, population)

    def text(self, text: str) -> Self:
        return self._put("text", _LINE, text)


class Previous(Piece):
    """A part of a node: Previous."""

    def __init__(self, value: Fact | str) -> None:
        super().__init__("Previous")
        self._put("value", check.fact, value)

    def when(self, when: str) -> Self:
        return self._put("when", _WHEN, when)


class ClinicalValue(Node):
    """A node of kind `clinical-value`."""

    def __init__(self, label: str, value: Fact | str) -> None:
        super().__init__("clinical-value")
        self._put("label", _LINE, label)
        self._put("value", check.fact, value)

    def interpretation(self, interpretation: str | None) -> Self:
        return self._put("interpretation", _INTERPRETATION, interpretation)

    def range(self, range: Range) -> Self:
        return self._put("range", _A_RANGE, range)

    def status(self, status: str | None) -> Self:
        return self._put("status", _STATUS, status)

    def when(self, when: str) -> Self:
        return self._put("when", _WHEN, when)

    def source(self, source: str) -> Self:
        """Who or what it came from, in words."""
        return self._put("source", _LINE, source)

    def resource(self, resource: str) -> Self:
        return self._put("resource", _REFERENCE, resource)

    def previous(self, previous: Previous) -> Self:
        return self._put("previous", _A_PREVIOUS, previous)


class DateTime(Node):
    """A node of kind `datetime`."""

    def __init__(self, value: str) -> None:
        super().__init__("datetime")
        self._put("value", _WHEN, value)

    def label(self, label: str) -> Self:
        return self._put("label", _LINE, label)


class Coded(Piece):
    """A part of a node: Coded."""

    def __init__(self, display: str) -> None:
        super().__init__("Coded")
        self._put("display", _LINE, display)

    def system(self, system: str) -> Self:
        return self._put("system", _LINE, system)

    def code(self, code: str) -> Self:
        return self._put("code", _LINE, code)


class CodedConcept(Node):
    """A node of kind `coded-concept`."""

    def __init__(self, coded: Coded) -> None:
        super().__init__("coded-concept")
        self._put("coded", _A_CODED, coded)

    def label(self, label: str) -> Self:
        return self._put("label", _LINE, label)


class PatientRef(Node):
    """The host draws the small patient banner."""

    def __init__(self, reference: str) -> None:
        super().__init__("patient-ref")
        self._put("reference", _REFERENCE, reference)


class ActorRef(Node):
    """A node of kind `actor-ref`."""

    def __init__(self, reference: str) -> None:
        super().__init__("actor-ref")
        self._put("reference", _REFERENCE, reference)

    def label(self, label: str) -> Self:
        return self._put("label", _LINE, label)


class Amount(Piece):
    """An amount of medicine, or from `value` to `to`. The host writes micrograms, nanograms and units in words."""

    def __init__(self, value: str, unit: str) -> None:
        super().__init__("Amount")
        self._put("value", _PORTION, value)
        self._put("unit", _AMOUNT_UNIT_IS, unit)

    def to(self, to: str) -> Self:
        """Above `value`."""
        return self._put("to", _PORTION, to)


class MedicationLine(Node):
    """One medicine, whole and in the order drug, brand, strength, form, dose, rate, duration, route, frequency. The host
    writes the drug bold in small letters and the brand in capitals, and says where dose, route or frequency is not
    recorded.
    """

    def __init__(self, drug: str) -> None:
        super().__init__("medication-line")
        self._put("drug", _LINE, drug)

    def brand(self, brand: str) -> Self:
        return self._put("brand", _LINE, brand)

    def strength(self, strength: Amount) -> Self:
        return self._put("strength", _A_AMOUNT, strength)

    def form(self, form: str) -> Self:
        return self._put("form", _LINE, form)

    def dose(self, dose: Amount) -> Self:
        return self._put("dose", _A_AMOUNT, dose)

    def rate(self, rate: Amount) -> Self:
        return self._put("rate", _A_AMOUNT, rate)

    def duration(self, duration: str) -> Self:
        return self._put("duration", _LINE, duration)

    def route(self, route: str) -> Self:
        return self._put("route", _LINE, route)

    def frequency(self, frequency: str) -> Self:
        return self._put("frequency", _LINE, frequency)

    def indication(self, indication: str) -> Self:
        return self._put("indication", _LINE, indication)

    def status(self, status: str | None) -> Self:
        """All but `active` are shown."""
        return self._put("status", _MEDICATION_LINE_STATUS_IS, status)

    def since(self, since: str) -> Self:
        return self._put("since", _WHEN, since)

    def note(self, note: str) -> Self:
        return self._put("note", _LINE, note)

    def resource(self, resource: str) -> Self:
        return self._put("resource", _REFERENCE, resource)


class Allergy(Piece):
    """A part of a node: Allergy."""

    def __init__(self, substance: Coded) -> None:
        super().__init__("Allergy")
        self._put("substance", _A_CODED, substance)

    def reactions(self, reactions: Sequence[str]) -> Self:
        return self._put("reactions", _ALLERGY_REACTIONS, reactions)

    def severity(self, severity: str | None) -> Self:
        return self._put("severity", _ALLERGY_SEVERITY_IS, severity)

    def unconfirmed(self, unconfirmed: bool = True) -> Self:
        return self._put("unconfirmed", check.truth, unconfirmed)

    def intolerance(self, intolerance: bool = True) -> Self:
        return self._put("intolerance", check.truth, intolerance)

    def recorded(self, recorded: str) -> Self:
        return self._put("recorded", _WHEN, recorded)

    def resource(self, resource: str) -> Self:
        return self._put("resource", _REFERENCE, resource)


class AllergyList(Node):
    """One of four labels, and the allergies exactly when there are some. `no-known-allergies` is somebody's answer;
    `allergies-not-recorded` is nobody having asked; `allergies-unavailable` is that they could not be read.
    """

    def __init__(self, label: str) -> None:
        super().__init__("allergy-list")
        self._put("label", _ALLERGY_LIST_LABEL_IS, label)

    def items(self, items: Sequence[Allergy]) -> Self:
        return self._put("items", _ALLERGY_LIST_ITEMS, items)

    def note(self, note: str) -> Self:
        return self._put("note", _LINE, note)


class ScoreBand(Piece):
    """A part of a node: ScoreBand."""

    def __init__(self, id: str, label: str) -> None:
        super().__init__("ScoreBand")
        self._put("id", _ID, id)
        self._put("label", _LINE, label)

    def from_(self, from_: str) -> Self:
        return self._put("from", _DECIMAL, from_)

    def to(self, to: str) -> Self:
        return self._put("to", _DECIMAL, to)

    def tone(self, tone: str) -> Self:
        return self._put("tone", _TONE, tone)


class ScorePart(Piece):
    """A part of a node: ScorePart."""

    def __init__(self, label: str) -> None:
        super().__init__("ScorePart")
        self._put("label", _LINE, label)
        self._one_of(["points", "absent"])

    def value(self, value: Fact | str) -> Self:
        """What was found."""
        return self._put("value", check.fact, value)

    def points(self, points: str) -> Self:
        return self._put("points", _DECIMAL, points)

    def absent(self, absent: str) -> Self:
        return self._put("absent", _ABSENT, absent)

    def most(self, most: str) -> Self:
        """The most that a missing part could give."""
        return self._put("most", _DECIMAL, most)


class Score(Node):
    """A number, the whole scale of its bands with the present one marked, and its parts. Exactly one of `value` and
    `absent`. The host refuses a value outside the band it is said to be in, and with `adds_up` one that is not the
    sum of its parts. Where a part is missing the host says so, and with `most` what the score could be.
    """

    def __init__(self, title: str) -> None:
        super().__init__("score")
        self._put("title", _LINE, title)
        self._one_of(["value", "absent"])

    def value(self, value: str) -> Self:
        return self._put("value", _DECIMAL, value)

    def absent(self, absent: str) -> Self:
        return self._put("absent", _ABSENT, absent)

    def band(self, band: str) -> Self:
        """Of the present band. A rule may put a low sum into a high band: then that band has no `from`."""
        return self._put("band", _ID, band)

    def bands(self, bands: Sequence[ScoreBand]) -> Self:
        """Lowest first."""
        return self._put("bands", _SCORE_BANDS, bands)

    def components(self, components: Sequence[ScorePart]) -> Self:
        return self._put("components", _SCORE_COMPONENTS, components)

    def adds_up(self, adds_up: bool = True) -> Self:
        """The value is the sum of the points."""
        return self._put("adds_up", check.truth, adds_up)

    def when(self, when: str) -> Self:
        return self._put("when", _WHEN, when)

    def rule(self, rule: str) -> Self:
        """By whose rule: its name and edition."""
        return self._put("rule", _LINE, rule)


class TableColumn(Piece):
    """A part of a node: TableColumn."""

    def __init__(self, id: str, heading: str) -> None:
        super().__init__("TableColumn")
        self._put("id", _ID, id)
        self._put("heading", _LINE, heading)

    def align(self, align: str) -> Self:
        return self._put("align", _TABLE_COLUMN_ALIGN_IS, align)


class TableRow(Piece):
    """A part of a node: TableRow."""

    def __init__(self, cells: Sequence[Fact | str]) -> None:
        super().__init__("TableRow")
        self._put("cells", _TABLE_ROW_CELLS, cells)

    def tone(self, tone: str) -> Self:
        return self._put("tone", _TONE, tone)


class Table(Node):
    """A node of kind `table`."""

    def __init__(self, caption: str, columns: Sequence[TableColumn], rows: Sequence[TableRow]) -> None:
        super().__init__("table")
        self._put("caption", _LINE, caption)
        self._put("columns", _TABLE_COLUMNS, columns)
        self._put("rows", _TABLE_ROWS, rows)

    def empty(self, empty: str) -> Self:
        """What is said when there is no row."""
        return self._put("empty", _LINE, empty)


class Column(Piece):
    """A part of a node: Column."""

    def __init__(self, id: str, when: str) -> None:
        super().__init__("Column")
        self._put("id", _ID, id)
        self._put("when", _WHEN, when)

    def place(self, place: str) -> Self:
        """Where the specimen was taken: C3, GP, A&E."""
        return self._put("place", _COLUMN_PLACE_IS, place)

    def note(self, note: str) -> Self:
        return self._put("note", _LINE, note)

    def unacknowledged(self, unacknowledged: bool = True) -> Self:
        """Not yet acknowledged by anybody."""
        return self._put("new", check.truth, unacknowledged)


class GridCell(Piece):
    """A value or the reason why there is none: exactly one of `value` and `absent`."""

    def __init__(self, column: str) -> None:
        super().__init__("GridCell")
        self._put("column", _ID, column)
        self._one_of(["value", "absent"])

    @classmethod
    def value(cls, column: str, value: str) -> GridCell:
        """As reported: 171, <0.5, Stage 2, Haemolysed."""
        return cls(column)._put("value", _GRID_CELL_VALUE_IS, value)

    @classmethod
    def absent(cls, column: str, absent: str) -> GridCell:
        """Why there is no value."""
        return cls(column)._put("absent", _ABSENT, absent)

    def interpretation(self, interpretation: str | None) -> Self:
        return self._put("interpretation", _INTERPRETATION, interpretation)

    def status(self, status: str | None) -> Self:
        return self._put("status", _STATUS, status)

    def note(self, note: str) -> Self:
        return self._put("note", _LINE, note)

    def resource(self, resource: str) -> Self:
        return self._put("resource", _REFERENCE, resource)


class GridRow(Piece):
    """A part of a node: GridRow."""

    def __init__(self, label: str, cells: Sequence[GridCell]) -> None:
        super().__init__("GridRow")
        self._put("label", _LINE, label)
        self._put("cells", _GRID_ROW_CELLS, cells)

    def link(self, screen: str, parameters: Mapping[str, str] | None = None) -> Self:
        return self._put("link", check.link, {"screen": screen, "parameters": dict(parameters or {})})

    def range(self, range: Range) -> Self:
        return self._put("range", _A_RANGE, range)

    def unit(self, unit: str) -> Self:
        """Unit of every cell of the row; a result in another unit is another row."""
        return self._put("unit", _GRID_ROW_UNIT_IS, unit)

    def trend(self, trend: bool = True) -> Self:
        """Draw a sparkline of the row's numbers."""
        return self._put("trend", check.truth, trend)

    def strong(self, strong: bool = True) -> Self:
        """The row to look at first."""
        return self._put("strong", check.truth, strong)


class Group(Piece):
    """A part of a node: Group."""

    def __init__(self, title: str, rows: Sequence[GridRow]) -> None:
        super().__init__("Group")
        self._put("title", _LINE, title)
        self._put("rows", _GROUP_ROWS, rows)


class ResultGrid(Node):
    """Cumulative results: tests down, specimens across, the newest on the right. A cell is always drawn, with a value or
    with the reason why there is none; a column for which a row has no cell reads as not-requested.
    """

    def __init__(self, caption: str, columns: Sequence[Column], groups: Sequence[Group]) -> None:
        super().__init__("result-grid")
        self._put("caption", _LINE, caption)
        self._put("columns", _RESULT_GRID_COLUMNS, columns)
        self._put("groups", _RESULT_GRID_GROUPS, groups)

    def earlier(self, text: str, screen: str, parameters: Mapping[str, str] | None = None) -> Self:
        """Where earlier columns are, in words that say how many."""
        return self._put("earlier", check.way, {"text": text, "screen": screen, "parameters": dict(parameters or {})})


class Flowsheet(Node):
    """Observations over time: what was observed down, times across, the newest on the right. A column for which a row
    has no cell reads as not-recorded.
    """

    def __init__(self, caption: str, columns: Sequence[Column], groups: Sequence[Group]) -> None:
        super().__init__("flowsheet")
        self._put("caption", _LINE, caption)
        self._put("columns", _FLOWSHEET_COLUMNS, columns)
        self._put("groups", _FLOWSHEET_GROUPS, groups)

    def earlier(self, text: str, screen: str, parameters: Mapping[str, str] | None = None) -> Self:
        return self._put("earlier", check.way, {"text": text, "screen": screen, "parameters": dict(parameters or {})})


class Happened(Piece):
    """A part of a node: Happened."""

    def __init__(self, when: str, title: str) -> None:
        super().__init__("Happened")
        self._put("when", _WHEN, when)
        self._put("title", _LINE, title)

    def label(self, label: str) -> Self:
        """What sort of event it is."""
        return self._put("label", _LINE, label)

    def text(self, text: str) -> Self:
        return self._put("text", _TEXT, text)

    def by(self, by: str) -> Self:
        return self._put("by", _REFERENCE, by)

    def tone(self, tone: str) -> Self:
        return self._put("tone", _TONE, tone)

    def link(self, screen: str, parameters: Mapping[str, str] | None = None) -> Self:
        return self._put("link", check.link, {"screen": screen, "parameters": dict(parameters or {})})

    def resource(self, resource: str) -> Self:
        return self._put("resource", _REFERENCE, resource)


class Timeline(Node):
    """What happened when. Given oldest first; drawn with the newest on top."""

    def __init__(self, caption: str, items: Sequence[Happened]) -> None:
        super().__init__("timeline")
        self._put("caption", _LINE, caption)
        self._put("items", _TIMELINE_ITEMS, items)

    def empty(self, empty: str) -> Self:
        return self._put("empty", _LINE, empty)


class Waiting(Piece):
    """A part of a node: Waiting."""

    def __init__(self, patient: str, cells: Sequence[Fact | str]) -> None:
        super().__init__("Waiting")
        self._put("patient", _REFERENCE, patient)
        self._put("cells", _WAITING_CELLS, cells)

    def priority(self, priority: str | None) -> Self:
        return self._put("priority", _WAITING_PRIORITY_IS, priority)

    def due(self, due: str) -> Self:
        return self._put("due", _WHEN, due)

    def link(self, text: str, screen: str, parameters: Mapping[str, str] | None = None) -> Self:
        return self._put("link", check.way, {"text": text, "screen": screen, "parameters": dict(parameters or {})})


class Worklist(Node):
    """Several patients who wait for somebody. The host writes who each of them is and marks names that could be
    confused. It is not drawn on the page of one patient.
    """

    def __init__(self, caption: str, order: str, columns: Sequence[TableColumn], rows: Sequence[Waiting], empty: str) -> None:
        super().__init__("worklist")
        self._put("caption", _LINE, caption)
        self._put("order", _LINE, order)
        self._put("columns", _WORKLIST_COLUMNS, columns)
        self._put("rows", _WORKLIST_ROWS, rows)
        self._put("empty", _LINE, empty)

    def more(self, text: str, screen: str, parameters: Mapping[str, str] | None = None) -> Self:
        """The next rows."""
        return self._put("more", check.way, {"text": text, "screen": screen, "parameters": dict(parameters or {})})


class Point(Piece):
    """A part of a node: Point."""

    def __init__(self, when: str, value: str) -> None:
        super().__init__("Point")
        self._put("when", _WHEN, when)
        self._put("value", _DECIMAL, value)

    def comparator(self, comparator: str) -> Self:
        return self._put("comparator", _POINT_COMPARATOR_IS, comparator)

    def interpretation(self, interpretation: str | None) -> Self:
        return self._put("interpretation", _INTERPRETATION, interpretation)

    def resource(self, resource: str) -> Self:
        return self._put("resource", _REFERENCE, resource)


class Sparkline(Node):
    """A small line of one test's numbers with the newest written beside it; the same numbers are in a table."""

    def __init__(self, label: str, unit: str, points: Sequence[Point]) -> None:
        super().__init__("sparkline")
        self._put("label", _LINE, label)
        self._put("unit", _SPARKLINE_UNIT_IS, unit)
        self._put("points", _SPARKLINE_POINTS, points)

    def range(self, range: Range) -> Self:
        return self._put("range", _A_RANGE, range)


class Band(Piece):
    """The reference range, as a pale labelled band; either end may be open."""

    def __init__(self, label: str) -> None:
        super().__init__("Band")
        self._put("label", _LINE, label)

    def low(self, low: str) -> Self:
        return self._put("low", _DECIMAL, low)

    def high(self, high: str) -> Self:
        return self._put("high", _DECIMAL, high)


class Threshold(Piece):
    """A part of a node: Threshold."""

    def __init__(self, value: str, label: str) -> None:
        super().__init__("Threshold")
        self._put("value", _DECIMAL, value)
        self._put("label", _LINE, label)


class Trend(Node):
    """Points joined by straight lines, one unit; the host draws it and puts the same numbers in a table beside it."""

    def __init__(self, title: str, unit: str, points: Sequence[Point]) -> None:
        super().__init__("trend")
        self._put("title", _LINE, title)
        self._put("unit", _TREND_UNIT_IS, unit)
        self._put("points", _TREND_POINTS, points)

    def description(self, description: str) -> Self:
        """What the line shows, for somebody who does not see it."""
        return self._put("description", _LINE, description)

    def band(self, band: Band) -> Self:
        """The reference range, as a pale labelled band; either end may be open."""
        return self._put("band", _A_BAND, band)

    def thresholds(self, thresholds: Sequence[Threshold]) -> Self:
        return self._put("thresholds", _TREND_THRESHOLDS, thresholds)


class ObservedBand(Piece):
    """A part of a node: ObservedBand."""

    def __init__(self, label: str, points: int) -> None:
        super().__init__("ObservedBand")
        self._put("label", _OBSERVED_BAND_LABEL_IS, label)
        self._put("points", _OBSERVED_BAND_POINTS_IS, points)

    def from_(self, from_: str) -> Self:
        return self._put("from", _DECIMAL, from_)

    def word(self, word: str) -> Self:
        return self._put("word", _LINE, word)


class Observed(Piece):
    """A part of a node: Observed."""

    def __init__(self, column: str) -> None:
        super().__init__("Observed")
        self._put("column", _ID, column)
        self._one_of(["value", "word", "absent"])

    def value(self, value: str) -> Self:
        return self._put("value", _OBSERVED_VALUE_IS, value)

    def word(self, word: str) -> Self:
        return self._put("word", _OBSERVED_WORD_IS, word)

    def absent(self, absent: str) -> Self:
        return self._put("absent", _ABSENT, absent)


class BandedRow(Piece):
    """A part of a node: BandedRow."""

    def __init__(self, label: str, bands: Sequence[ObservedBand], cells: Sequence[Observed]) -> None:
        super().__init__("BandedRow")
        self._put("label", _BANDED_ROW_LABEL_IS, label)
        self._put("bands", _BANDED_ROW_BANDS, bands)
        self._put("cells", _BANDED_ROW_CELLS, cells)

    def unit(self, unit: str) -> Self:
        return self._put("unit", _BANDED_ROW_UNIT_IS, unit)


class BandedTotal(Piece):
    """A part of a node: BandedTotal."""

    def __init__(self, label: str, cells: Sequence[Observed]) -> None:
        super().__init__("BandedTotal")
        self._put("label", _BANDED_TOTAL_LABEL_IS, label)
        self._put("cells", _BANDED_TOTAL_CELLS, cells)

    def adds_up(self, adds_up: bool = True) -> Self:
        return self._put("adds_up", check.truth, adds_up)


class BandedChart(Node):
    """Observations in bands that score, as an early warning score's chart: parameters down, times across, the newest on
    the right. The host finds the band of each number, writes its points, and refuses a total with `adds_up` that is
    not the sum of its column's points, or whose column lacks an observation.
    """

    def __init__(self, title: str, rule: str, columns: Sequence[Column], rows: Sequence[BandedRow]) -> None:
        super().__init__("banded-observation-chart")
        self._put("title", _LINE, title)
        self._put("rule", _LINE, rule)
        self._put("columns", _BANDED_CHART_COLUMNS, columns)
        self._put("rows", _BANDED_CHART_ROWS, rows)

    def total(self, total: BandedTotal) -> Self:
        return self._put("total", _A_BANDED_TOTAL, total)


class Axis(Piece):
    """A part of a node: Axis."""

    def __init__(self, label: str, unit: str, low: str, high: str) -> None:
        super().__init__("Axis")
        self._put("label", _LINE, label)
        self._put("unit", _AXIS_UNIT_IS, unit)
        self._put("low", _DECIMAL, low)
        self._put("high", _DECIMAL, high)


class Place(Piece):
    """A part of a node: Place."""

    def __init__(self, x: str, y: str) -> None:
        super().__init__("Place")
        self._put("x", _DECIMAL, x)
        self._put("y", _DECIMAL, y)


class Curve(Piece):
    """A part of a node: Curve."""

    def __init__(self, label: str, points: Sequence[Place]) -> None:
        super().__init__("Curve")
        self._put("label", _CURVE_LABEL_IS, label)
        self._put("points", _CURVE_POINTS, points)

    def line(self, line: str) -> Self:
        return self._put("line", _CURVE_LINE_IS, line)


class Measured(Piece):
    """A part of a node: Measured."""

    def __init__(self, x: str, y: str) -> None:
        super().__init__("Measured")
        self._put("x", _DECIMAL, x)
        self._put("y", _DECIMAL, y)

    def when(self, when: str) -> Self:
        return self._put("when", _WHEN, when)

    def note(self, note: str) -> Self:
        """12th centile."""
        return self._put("note", _LINE, note)


class CurveChart(Node):
    """Measurements along reference curves, as of growth: one unit on each axis. Curves lie inside the axes; for a
    measurement outside them the host widens the axis and says so.
    """

    def __init__(self, title: str, standard: str, x: Axis, y: Axis, curves: Sequence[Curve], points: Sequence[Measured]) -> None:
        super().__init__("reference-curve-chart")
        self._put("title", _LINE, title)
        self._put("standard", _LINE, standard)
        self._put("x", _A_AXIS, x)
        self._put("y", _A_AXIS, y)
        self._put("curves", _CURVE_CHART_CURVES, curves)
        self._put("points", _CURVE_CHART_POINTS, points)


class Reading(Piece):
    """A part of a node: Reading."""

    def __init__(self, when: str) -> None:
        super().__init__("Reading")
        self._put("when", _WHEN, when)

    def value(self, value: str) -> Self:
        return self._put("value", _READING_VALUE_IS, value)

    def lower(self, lower: str) -> Self:
        return self._put("lower", _READING_LOWER_IS, lower)

    def word(self, word: str) -> Self:
        return self._put("word", _READING_WORD_IS, word)

    def absent(self, absent: str) -> Self:
        return self._put("absent", _ABSENT, absent)

    def alert(self, alert: bool = True) -> Self:
        return self._put("alert", check.truth, alert)


class Allowed(Piece):
    """A part of a node: Allowed."""

    def __init__(self, at: str, minutes: int) -> None:
        super().__init__("Allowed")
        self._put("at", _DECIMAL, at)
        self._put("minutes", _ALLOWED_MINUTES_IS, minutes)


class Lane(Piece):
    """A part of a node: Lane."""

    def __init__(self, label: str, draw: str, readings: Sequence[Reading]) -> None:
        super().__init__("Lane")
        self._put("label", _LANE_LABEL_IS, label)
        self._put("draw", _LANE_DRAW_IS, draw)
        self._put("readings", _LANE_READINGS, readings)

    def unit(self, unit: str) -> Self:
        return self._put("unit", _LANE_UNIT_IS, unit)

    def low(self, low: str) -> Self:
        """Ends of the scale, for all but words; the host widens them for a reading outside."""
        return self._put("low", _DECIMAL, low)

    def high(self, high: str) -> Self:
        return self._put("high", _DECIMAL, high)

    def alert_from(self, alert_from: str) -> Self:
        """From here up a value alerts."""
        return self._put("alert_from", _DECIMAL, alert_from)

    def alert_under(self, alert_under: str) -> Self:
        return self._put("alert_under", _DECIMAL, alert_under)

    def allowed(self, allowed: Sequence[Allowed]) -> Self:
        """How long it may stay at a number."""
        return self._put("allowed", _LANE_ALLOWED, allowed)


class LaneGroup(Piece):
    """A part of a node: LaneGroup."""

    def __init__(self, title: str, lanes: Sequence[Lane]) -> None:
        super().__init__("LaneGroup")
        self._put("title", _LINE, title)
        self._put("lanes", _LANE_GROUP_LANES, lanes)


class LabourChart(Node):
    """A labour on one axis of time of at most 24 hours: lanes of lines, blocks, spans and words, alerts as triangles and
    words, the time after `now` grey and empty.
    """

    def __init__(self, title: str, from_: str, to: str, rules: str, groups: Sequence[LaneGroup]) -> None:
        super().__init__("labour-chart")
        self._put("title", _LINE, title)
        self._put("from", _WHEN, from_)
        self._put("to", _WHEN, to)
        self._put("rules", _LINE, rules)
        self._put("groups", _LABOUR_CHART_GROUPS, groups)

    def now(self, now: str) -> Self:
        return self._put("now", _WHEN, now)


class Mark(Piece):
    """A part of a node: Mark."""

    def __init__(self, finding: str, shape: str, x: str, y: str) -> None:
        super().__init__("Mark")
        self._put("finding", _LINE, finding)
        self._put("shape", _MARK_SHAPE_IS, shape)
        self._put("x", _DECIMAL, x)
        self._put("y", _DECIMAL, y)

    def note(self, note: str) -> Self:
        return self._put("note", _LINE, note)


class BodyMap(Node):
    """What was found, marked on one of the host's drawings; the host counts the legend from the marks and says in words
    where each lies. Exactly one of `marks` and `absent`. Coordinates: y runs up; for `eye-…` in radii of the cornea
    from its middle, x towards the nose (across 2.2, up 1.4); for `fundus-…` in diameters of the disc from the fovea,
    x towards the nose (5.2 all round); for `abdomen` in halves of its width and height from the umbilicus, x towards
    the patient's left (1 each way).
    """

    def __init__(self, image: str) -> None:
        super().__init__("body-map")
        self._put("image", _BODY_MAP_IMAGE_IS, image)
        self._one_of(["marks", "absent"])

    def note(self, note: str) -> Self:
        return self._put("note", _LINE, note)

    def marks(self, marks: Sequence[Mark]) -> Self:
        return self._put("marks", _BODY_MAP_MARKS, marks)

    def absent(self, absent: str) -> Self:
        """Why it was not examined."""
        return self._put("absent", _ABSENT, absent)

    def not_seen(self, not_seen: Sequence[str]) -> Self:
        """What was looked for and not seen."""
        return self._put("not_seen", _BODY_MAP_NOT_SEEN, not_seen)


class Seen(Piece):
    """A part of a node: Seen."""

    def __init__(self, resource: str, version: str) -> None:
        super().__init__("Seen")
        self._put("resource", _REFERENCE, resource)
        self._put("version", _SEEN_VERSION_IS, version)


class Form(Parent):
    """Inputs and at least one `action` below it. The host adds the idempotency key and the time. Submitted to the
    version of the departmental that drew it, as form/1.
    """

    def __init__(self, action: str) -> None:
        super().__init__("form")
        self._put("action", _ID, action)

    def title(self, title: str) -> Self:
        return self._put("title", _LINE, title)

    def carries(self, carries: Mapping[str, str]) -> Self:
        """Handed back with the form unchanged; the host guards it against change by the browser."""
        return self._put("carries", check.parameters, carries)

    def seen(self, seen: Sequence[Seen]) -> Self:
        """Versions that this screen shows and the form is about; handed back with the form."""
        return self._put("seen", _FORM_SEEN, seen)


class InputText(Node):
    """A node of kind `input-text`."""

    def __init__(self, field: str, label: str) -> None:
        super().__init__("input-text")
        self._put("field", _ID, field)
        self._put("label", _LINE, label)

    def hint(self, hint: str) -> Self:
        return self._put("hint", _LINE, hint)

    def required(self, required: bool = True) -> Self:
        """Left out: not required, and the label says (optional)."""
        return self._put("required", check.truth, required)

    def error(self, error: str) -> Self:
        """What is wrong with what was typed, and how to mend it."""
        return self._put("error", _LINE, error)

    def value(self, value: str) -> Self:
        return self._put("value", _TEXT, value)

    def lines(self, lines: int) -> Self:
        """More than one draws an area."""
        return self._put("lines", _INPUT_TEXT_LINES_IS, lines)

    def length_max(self, length_max: int) -> Self:
        return self._put("length_max", _INPUT_TEXT_LENGTH_MAX_IS, length_max)


class InputNumber(Node):
    """A node of kind `input-number`."""

    def __init__(self, field: str, label: str) -> None:
        super().__init__("input-number")
        self._put("field", _ID, field)
        self._put("label", _LINE, label)

    def hint(self, hint: str) -> Self:
        return self._put("hint", _LINE, hint)

    def required(self, required: bool = True) -> Self:
        """Left out: not required, and the label says (optional)."""
        return self._put("required", check.truth, required)

    def error(self, error: str) -> Self:
        """What is wrong with what was typed, and how to mend it."""
        return self._put("error", _LINE, error)

    def value(self, value: str) -> Self:
        return self._put("value", _DECIMAL, value)

    def unit(self, unit: str) -> Self:
        return self._put("unit", _INPUT_NUMBER_UNIT_IS, unit)

    def min(self, min: str) -> Self:
        return self._put("min", _DECIMAL, min)

    def max(self, max: str) -> Self:
        return self._put("max", _DECIMAL, max)


class InputDate(Node):
    """A node of kind `input-date`."""

    def __init__(self, field: str, label: str) -> None:
        super().__init__("input-date")
        self._put("field", _ID, field)
        self._put("label", _LINE, label)

    def hint(self, hint: str) -> Self:
        return self._put("hint", _LINE, hint)

    def required(self, required: bool = True) -> Self:
        """Left out: not required, and the label says (optional)."""
        return self._put("required", check.truth, required)

    def error(self, error: str) -> Self:
        """What is wrong with what was typed, and how to mend it."""
        return self._put("error", _LINE, error)

    def value(self, value: str) -> Self:
        return self._put("value", _WHEN, value)

    def time(self, time: bool = True) -> Self:
        """Ask for the time of day too."""
        return self._put("time", check.truth, time)


class Choice(Piece):
    """A part of a node: Choice."""

    def __init__(self, value: str, label: str) -> None:
        super().__init__("Choice")
        self._put("value", _CHOICE_VALUE_IS, value)
        self._put("label", _LINE, label)

    def hint(self, hint: str) -> Self:
        return self._put("hint", _LINE, hint)


class InputChoice(Node):
    """One of several; nothing is chosen in advance unless `value` says so."""

    def __init__(self, field: str, label: str, options: Sequence[Choice]) -> None:
        super().__init__("input-choice")
        self._put("field", _ID, field)
        self._put("label", _LINE, label)
        self._put("options", _INPUT_CHOICE_OPTIONS, options)

    def hint(self, hint: str) -> Self:
        return self._put("hint", _LINE, hint)

    def required(self, required: bool = True) -> Self:
        """Left out: not required, and the label says (optional)."""
        return self._put("required", check.truth, required)

    def error(self, error: str) -> Self:
        """What is wrong with what was typed, and how to mend it."""
        return self._put("error", _LINE, error)

    def value(self, value: str) -> Self:
        return self._put("value", _INPUT_CHOICE_VALUE_IS, value)


class InputChecks(Node):
    """Any number of several."""

    def __init__(self, field: str, label: str, options: Sequence[Choice]) -> None:
        super().__init__("input-checks")
        self._put("field", _ID, field)
        self._put("label", _LINE, label)
        self._put("options", _INPUT_CHECKS_OPTIONS, options)

    def hint(self, hint: str) -> Self:
        return self._put("hint", _LINE, hint)

    def required(self, required: bool = True) -> Self:
        """Left out: not required, and the label says (optional)."""
        return self._put("required", check.truth, required)

    def error(self, error: str) -> Self:
        """What is wrong with what was typed, and how to mend it."""
        return self._put("error", _LINE, error)

    def value(self, value: Sequence[str]) -> Self:
        return self._put("value", _INPUT_CHECKS_VALUE, value)


class InputNhsNumber(Node):
    """An NHS number. The host checks its last digit and gives ten digits without spaces."""

    def __init__(self, field: str, label: str) -> None:
        super().__init__("input-nhs-number")
        self._put("field", _ID, field)
        self._put("label", _LINE, label)

    def hint(self, hint: str) -> Self:
        return self._put("hint", _LINE, hint)

    def required(self, required: bool = True) -> Self:
        """Left out: not required, and the label says (optional)."""
        return self._put("required", check.truth, required)

    def error(self, error: str) -> Self:
        """What is wrong with what was typed, and how to mend it."""
        return self._put("error", _LINE, error)

    def value(self, value: str) -> Self:
        return self._put("value", _LINE, value)


class InputDose(Node):
    """An amount of medicine with one of the units. The host refuses what can be misread (5.0, .5, 1,000) and gives a
    list of two: amount and unit.
    """

    def __init__(self, field: str, label: str, units: Sequence[str]) -> None:
        super().__init__("input-dose")
        self._put("field", _ID, field)
        self._put("label", _LINE, label)
        self._put("units", _INPUT_DOSE_UNITS, units)

    def hint(self, hint: str) -> Self:
        return self._put("hint", _LINE, hint)

    def required(self, required: bool = True) -> Self:
        """Left out: not required, and the label says (optional)."""
        return self._put("required", check.truth, required)

    def error(self, error: str) -> Self:
        """What is wrong with what was typed, and how to mend it."""
        return self._put("error", _LINE, error)

    def amount(self, amount: str) -> Self:
        return self._put("amount", _PORTION, amount)

    def unit(self, unit: str) -> Self:
        """One of `units`."""
        return self._put("unit", _LINE, unit)


class InputCoded(Node):
    """One concept of a value set, found by words in the host's terminology and chosen among at most 20. The host gives a
    list of three, system, code and the terminology's words, of a concept that it has found in the set when the form
    is sent.
    """

    def __init__(self, field: str, label: str, value_set: str) -> None:
        super().__init__("input-coded")
        self._put("field", _ID, field)
        self._put("label", _LINE, label)
        self._put("value_set", _LINE, value_set)

    def hint(self, hint: str) -> Self:
        return self._put("hint", _LINE, hint)

    def required(self, required: bool = True) -> Self:
        """Left out: not required, and the label says (optional)."""
        return self._put("required", check.truth, required)

    def error(self, error: str) -> Self:
        """What is wrong with what was typed, and how to mend it."""
        return self._put("error", _LINE, error)

    def value(self, value: Coded) -> Self:
        """Chosen in advance."""
        return self._put("value", _A_CODED, value)


class AttestSign(Node):
    """A statement that whoever signs confirms. The host writes about whom it is and under which name it is signed; it
    gives `yes`.
    """

    def __init__(self, field: str, label: str, statement: str) -> None:
        super().__init__("attest-sign")
        self._put("field", _ID, field)
        self._put("label", _LINE, label)
        self._put("statement", _LINE, statement)
        self._members["required"] = True

    def hint(self, hint: str) -> Self:
        return self._put("hint", _LINE, hint)

    def error(self, error: str) -> Self:
        """What is wrong with what was typed, and how to mend it."""
        return self._put("error", _LINE, error)


class Step(Piece):
    """A part of a node: Step."""

    def __init__(self, label: str, state: str) -> None:
        super().__init__("Step")
        self._put("label", _LINE, label)
        self._put("state", _STEP_STATE_IS, state)

    def note(self, note: str) -> Self:
        return self._put("note", _LINE, note)

    def due(self, due: str) -> Self:
        return self._put("due", _WHEN, due)

    def link(self, screen: str, parameters: Mapping[str, str] | None = None) -> Self:
        """Not drawn for a step that cannot start."""
        return self._put("link", check.link, {"screen": screen, "parameters": dict(parameters or {})})


class TaskSteps(Node):
    """The steps of a task and how far each is."""

    def __init__(self, caption: str, steps: Sequence[Step]) -> None:
        super().__init__("task-steps")
        self._put("caption", _LINE, caption)
        self._put("steps", _TASK_STEPS_STEPS, steps)


class Answered(Piece):
    """A part of a node: Answered."""

    def __init__(self, label: str, value: Fact | str) -> None:
        super().__init__("Answered")
        self._put("label", _LINE, label)
        self._put("value", check.fact, value)

    def change(self, screen: str, parameters: Mapping[str, str] | None = None) -> Self:
        return self._put("change", check.link, {"screen": screen, "parameters": dict(parameters or {})})


class CheckAnswers(Node):
    """What was answered, to be checked before it is sent, each with where it is changed."""

    def __init__(self, rows: Sequence[Answered]) -> None:
        super().__init__("check-answers")
        self._put("rows", _CHECK_ANSWERS_ROWS, rows)


class ActionButton(Node):
    """A button inside a form."""

    def __init__(self, label: str) -> None:
        super().__init__("action")
        self._put("label", _LINE, label)

    def action(self, action: str) -> Self:
        """Given to `submit` instead of the form's own, where a form has several buttons."""
        return self._put("action", _ID, action)

    def secondary(self, secondary: bool = True) -> Self:
        return self._put("secondary", check.truth, secondary)

    def confirm(self, confirm: str) -> Self:
        """A sentence to be confirmed first. No other button of the form says the same action then."""
        return self._put("confirm", _LINE, confirm)


class Link(Node):
    """A node of kind `link`."""

    def __init__(self, text: str, screen: str) -> None:
        super().__init__("link")
        self._put("text", _LINE, text)
        self._put("screen", _ID, screen)

    def parameters(self, parameters: Mapping[str, str]) -> Self:
        return self._put("parameters", check.parameters, parameters)


class Print(Parent):
    """A sheet of paper: a letter, a list to carry. On the screen it is framed; of a page that has any sheet nothing else
    is printed, each sheet begins a page, and every page of it says about whom it is. In no form and in no other
    sheet, and with no form in it.
    """

    def __init__(self, title: str) -> None:
        super().__init__("print")
        self._put("title", _LINE, title)

    def note(self, note: str) -> Self:
        """Small words beside the title."""
        return self._put("note", _LINE, note)


# What the members may be.
_LINE = check.text(1, 300, None)
_TONE = check.word(["neutral", "information", "success", "warning", "critical"], False)
_A_SUMMARY_ROW = check.of(SummaryRow)
_SUMMARY_LIST_ROWS = check.each(_A_SUMMARY_ROW, 1, 200)
_LIST_ITEMS = check.each(check.words, 1, 500)
_ALERT_LEVEL_IS = check.word(["mandatory", "prohibited", "warning", "information"], False)
_NOTIFICATION_TONE_IS = check.word(["information", "success"], False)
_DECIMAL = check.text(0, None, r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$")
_RANGE_UNIT_IS = check.text(0, 60, None)
_RANGE_POPULATION_IS = check.text(0, 120, None)
_WHEN = check.text(0, None, r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))?)?)?$")
_INTERPRETATION = check.word(["normal", "low", "high", "critical-low", "critical-high", "abnormal"], True)
_A_RANGE = check.of(Range)
_STATUS = check.word(["registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"], True)
_REFERENCE = check.text(0, None, r"^[A-Z][A-Za-z]{0,63}/[A-Za-z0-9.-]{1,64}$")
_A_PREVIOUS = check.of(Previous)
_A_CODED = check.of(Coded)
_PORTION = check.text(0, None, r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?$")
_AMOUNT_UNIT_IS = check.text(1, 60, None)
_A_AMOUNT = check.of(Amount)
_MEDICATION_LINE_STATUS_IS = check.word(["active", "planned", "on-hold", "stopped", "completed", "not-taken", "entered-in-error", "unknown"], True)
_ALLERGY_REACTIONS = check.each(_LINE, 0, 20)
_ALLERGY_SEVERITY_IS = check.word(["mild", "moderate", "severe"], True)
_ALLERGY_LIST_LABEL_IS = check.word(["known-allergies", "no-known-allergies", "allergies-not-recorded", "allergies-unavailable"], False)
_A_ALLERGY = check.of(Allergy)
_ALLERGY_LIST_ITEMS = check.each(_A_ALLERGY, 0, 100)
_ID = check.text(0, None, r"^[a-z][a-z0-9-]{0,63}$")
_ABSENT = check.word(["not-recorded", "none-known", "unknown", "unavailable", "withheld", "not-requested", "not-reported", "not-applicable", "pending", "unsuitable"], False)
_A_SCORE_BAND = check.of(ScoreBand)
_SCORE_BANDS = check.each(_A_SCORE_BAND, 0, 12)
_A_SCORE_PART = check.of(ScorePart)
_SCORE_COMPONENTS = check.each(_A_SCORE_PART, 0, 60)
_TABLE_COLUMN_ALIGN_IS = check.word(["start", "end"], False)
_TABLE_ROW_CELLS = check.each(check.fact, 0, None)
_A_TABLE_COLUMN = check.of(TableColumn)
_TABLE_COLUMNS = check.each(_A_TABLE_COLUMN, 1, 20)
_A_TABLE_ROW = check.of(TableRow)
_TABLE_ROWS = check.each(_A_TABLE_ROW, 0, 1000)
_COLUMN_PLACE_IS = check.text(0, 60, None)
_GRID_CELL_VALUE_IS = check.text(1, 200, None)
_A_GRID_CELL = check.of(GridCell)
_GRID_ROW_CELLS = check.each(_A_GRID_CELL, 0, 60)
_GRID_ROW_UNIT_IS = check.text(0, 60, None)
_A_GRID_ROW = check.of(GridRow)
_GROUP_ROWS = check.each(_A_GRID_ROW, 0, 200)
_A_COLUMN = check.of(Column)
_RESULT_GRID_COLUMNS = check.each(_A_COLUMN, 0, 60)
_A_GROUP = check.of(Group)
_RESULT_GRID_GROUPS = check.each(_A_GROUP, 0, 60)
_FLOWSHEET_COLUMNS = check.each(_A_COLUMN, 0, 60)
_FLOWSHEET_GROUPS = check.each(_A_GROUP, 0, 60)
_TEXT = check.text(0, 20000, None)
_A_HAPPENED = check.of(Happened)
_TIMELINE_ITEMS = check.each(_A_HAPPENED, 0, 500)
_WAITING_CELLS = check.each(check.fact, 0, None)
_WAITING_PRIORITY_IS = check.word(["emergency", "urgent", "soon", "routine"], True)
_WORKLIST_COLUMNS = check.each(_A_TABLE_COLUMN, 0, 10)
_A_WAITING = check.of(Waiting)
_WORKLIST_ROWS = check.each(_A_WAITING, 0, 200)
_POINT_COMPARATOR_IS = check.word(["<", "<=", ">", ">="], False)
_SPARKLINE_UNIT_IS = check.text(0, 60, None)
_A_POINT = check.of(Point)
_SPARKLINE_POINTS = check.each(_A_POINT, 0, 200)
_TREND_UNIT_IS = check.text(0, 60, None)
_TREND_POINTS = check.each(_A_POINT, 0, 1000)
_A_BAND = check.of(Band)
_A_THRESHOLD = check.of(Threshold)
_TREND_THRESHOLDS = check.each(_A_THRESHOLD, 0, 10)
_OBSERVED_BAND_LABEL_IS = check.text(1, 14, None)
_OBSERVED_BAND_POINTS_IS = check.integer(0, 255)
_OBSERVED_VALUE_IS = check.text(0, 10, r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$")
_OBSERVED_WORD_IS = check.text(1, 10, None)
_BANDED_ROW_LABEL_IS = check.text(1, 20, None)
_A_OBSERVED_BAND = check.of(ObservedBand)
_BANDED_ROW_BANDS = check.each(_A_OBSERVED_BAND, 1, 12)
_A_OBSERVED = check.of(Observed)
_BANDED_ROW_CELLS = check.each(_A_OBSERVED, 0, 30)
_BANDED_ROW_UNIT_IS = check.text(0, 20, None)
_BANDED_TOTAL_LABEL_IS = check.text(1, 20, None)
_BANDED_TOTAL_CELLS = check.each(_A_OBSERVED, 0, 30)
_BANDED_CHART_COLUMNS = check.each(_A_COLUMN, 0, 30)
_A_BANDED_ROW = check.of(BandedRow)
_BANDED_CHART_ROWS = check.each(_A_BANDED_ROW, 1, 20)
_A_BANDED_TOTAL = check.of(BandedTotal)
_AXIS_UNIT_IS = check.text(0, 60, None)
_CURVE_LABEL_IS = check.text(1, 16, None)
_A_PLACE = check.of(Place)
_CURVE_POINTS = check.each(_A_PLACE, 2, 200)
_CURVE_LINE_IS = check.word(["thin", "dashed", "thick"], False)
_A_AXIS = check.of(Axis)
_A_CURVE = check.of(Curve)
_CURVE_CHART_CURVES = check.each(_A_CURVE, 1, 11)
_A_MEASURED = check.of(Measured)
_CURVE_CHART_POINTS = check.each(_A_MEASURED, 0, 200)
_READING_VALUE_IS = check.text(0, 10, r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$")
_READING_LOWER_IS = check.text(0, 10, r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$")
_READING_WORD_IS = check.text(1, 40, None)
_ALLOWED_MINUTES_IS = check.integer(0, 65535)
_LANE_LABEL_IS = check.text(1, 24, None)
_LANE_DRAW_IS = check.word(["line", "blocks", "span", "words"], False)
_A_READING = check.of(Reading)
_LANE_READINGS = check.each(_A_READING, 0, 300)
_LANE_UNIT_IS = check.text(0, 24, None)
_A_ALLOWED = check.of(Allowed)
_LANE_ALLOWED = check.each(_A_ALLOWED, 0, 20)
_A_LANE = check.of(Lane)
_LANE_GROUP_LANES = check.each(_A_LANE, 1, 20)
_A_LANE_GROUP = check.of(LaneGroup)
_LABOUR_CHART_GROUPS = check.each(_A_LANE_GROUP, 1, 10)
_MARK_SHAPE_IS = check.word(["dot", "blot", "cloud", "diamond", "ring", "cross", "square"], False)
_BODY_MAP_IMAGE_IS = check.word(["eye-right", "eye-left", "fundus-right", "fundus-left", "abdomen"], False)
_A_MARK = check.of(Mark)
_BODY_MAP_MARKS = check.each(_A_MARK, 0, 300)
_BODY_MAP_NOT_SEEN = check.each(_LINE, 0, 40)
_SEEN_VERSION_IS = check.text(0, 64, None)
_A_SEEN = check.of(Seen)
_FORM_SEEN = check.each(_A_SEEN, 0, 200)
_INPUT_TEXT_LINES_IS = check.integer(1, 20)
_INPUT_TEXT_LENGTH_MAX_IS = check.integer(1, 20000)
_INPUT_NUMBER_UNIT_IS = check.text(0, 60, None)
_CHOICE_VALUE_IS = check.text(1, 200, None)
_A_CHOICE = check.of(Choice)
_INPUT_CHOICE_OPTIONS = check.each(_A_CHOICE, 1, 100)
_INPUT_CHOICE_VALUE_IS = check.text(0, None, None)
_INPUT_CHECKS_OPTIONS = check.each(_A_CHOICE, 1, 100)
_INPUT_CHECKS_VALUE_IS = check.text(0, None, None)
_INPUT_CHECKS_VALUE = check.each(_INPUT_CHECKS_VALUE_IS, 0, None)
_INPUT_DOSE_UNITS = check.each(_LINE, 1, 20)
_STEP_STATE_IS = check.word(["to-do", "current", "done", "overdue", "cannot-start", "not-needed"], False)
_A_STEP = check.of(Step)
_TASK_STEPS_STEPS = check.each(_A_STEP, 1, 100)
_A_ANSWERED = check.of(Answered)
_CHECK_ANSWERS_ROWS = check.each(_A_ANSWERED, 1, 200)
