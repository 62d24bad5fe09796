"""What the schema of screens says, read into the classes of the builders.

Invariant: what is in the schema and has no name here stops the program, so a kit never lacks a kind.
"""

import json
import pathlib
import re
import sys

SDK = pathlib.Path(__file__).resolve().parent.parent
WIT = (SDK.parent / "wit/departmental.wit").read_text(encoding="utf-8")


def schema(name):
    """One of the schemas of the contract's documents."""
    return json.loads((SDK.parent / f"wit/schemas/{name}-1.json").read_text(encoding="utf-8"))


SCREEN = schema("screen")
DEFS = SCREEN["$defs"]
WIDTH = 120

# Kinds whose class is not called as the kind is.
KIND_NAMES = {
    "action": "ActionButton",
    "datetime": "DateTime",
    "banded-observation-chart": "BandedChart",
    "reference-curve-chart": "CurveChart",
}
# Kinds that are written by hand, in node.js and node.py.
BY_HAND = {"tabs"}
# Named objects of the schema.
DEF_NAMES = {
    "quantity": "Quantity", "range": "Range", "coded": "Coded", "option": "Choice", "amount": "Amount", "way": "Way",
    "axis": "Axis", "grid-column": "Column", "grid-group": "Group", "grid-row": "GridRow", "grid-cell": "GridCell",
    "point": "Point", "lane": "Lane",
}
# Objects that the schema describes where they are used.
PLACE_NAMES = {
    "SummaryList.rows": "SummaryRow", "Table.columns": "TableColumn", "Worklist.columns": "TableColumn",
    "Table.rows": "TableRow", "Timeline.items": "Happened", "Worklist.rows": "Waiting", "Score.bands": "ScoreBand",
    "Score.components": "ScorePart", "ClinicalValue.previous": "Previous", "AllergyList.items": "Allergy",
    "Trend.band": "Band", "Trend.thresholds": "Threshold", "BandedChart.rows": "BandedRow",
    "BandedRow.bands": "ObservedBand", "BandedChart.total": "BandedTotal", "BandedRow.cells": "Observed",
    "BandedTotal.cells": "Observed", "CurveChart.curves": "Curve", "Curve.points": "Place",
    "CurveChart.points": "Measured", "LabourChart.groups": "LaneGroup", "Lane.allowed": "Allowed",
    "Lane.readings": "Reading", "BodyMap.marks": "Mark", "Form.seen": "Seen", "TaskSteps.steps": "Step",
    "CheckAnswers.rows": "Answered",
}
# Classes whose arguments come in another order than in the schema, as in the Rust kit.
ORDER = {"BandedChart": ["title", "rule", "columns", "rows"]}
# Members that are called otherwise than in the document, as in the Rust kit.
MEMBER_NAMES = {"new": "unacknowledged"}
# Words that Python keeps for itself.
PYTHON_KEPT = {"from", "is", "not", "in", "global", "class"}
# Members that the parts written by hand know; a new one stops this program.
KNOWN_MEMBERS = {
    "value": ["text", "number", "boolean", "date", "quantity", "coded", "patient", "actor", "tag", "link", "absent"],
    "condition": ["all", "any", "not", "answered", "is", "at-least", "below"],
    "part": ["value", "strong"],
    "inline": ["text", "parts"],
    "link-target": ["screen", "parameters"],
    "asks": ["field", "value"],
    "node": ["kind", "fallback", "show_if"],
    "tabs": ["labels", "children"],
}


def stop(what):
    sys.exit(f"sdk/builders.py: {what}")


class Built:
    """A class to be written: a kind of node, or an object inside one."""

    def __init__(self, name, kind, schema, needs, options):
        self.name, self.kind, self.schema, self.needs, self.options = name, kind, schema, needs, options
        self.doc = schema.get("description") or (f"A node of kind `{kind}`." if kind else f"A part of a node: {name}.")
        self.one_of = [branch["required"][0] for branch in schema.get("oneOf", [])]
        # Of a cell there is a function for each of what it is one of, so that it cannot be left without.
        self.either = [it for it in options if name == "GridCell" and it.name in self.one_of]
        self.may = [it for it in options if it not in self.either]
        self.when = when_of(name, schema)
        # How many nodes there may be below, where there may be any.
        self.below, self.fixed = None, {}

    @property
    def base(self):
        """The class that it is made of."""
        return "Parent" if self.below else "Node" if self.kind else "Piece"


class Member:
    """A member of a class: its name in the document, what it means, what it may be."""

    def __init__(self, name, doc, takes):
        self.name, self.doc, self.takes = name, doc, takes
        self.called = MEMBER_NAMES.get(name, name)


class Reader:
    """Reads the schema into classes; `classes` holds them by name, in the schema's order."""

    def __init__(self):
        self.classes = {}

    def read(self):
        for name, known in KNOWN_MEMBERS.items():
            found = list(DEFS[name]["properties"])
            if found != known:
                stop(f"$defs/{name} has {found}, and the parts written by hand know {known}; mend them and KNOWN_MEMBERS")
        kinds = [branch["if"]["properties"]["kind"]["const"] for branch in DEFS["node"]["allOf"]]
        for kind in kinds:
            if kind not in BY_HAND:
                self.kind(kind)
        return self.classes

    def kind(self, kind):
        schema = dict(DEFS[kind])
        base = schema.pop("$ref", "").removeprefix("#/$defs/")
        properties = dict(schema.get("properties", {}))
        required = list(schema.get("required", []))
        if base == "input":
            properties = {**DEFS["input"]["properties"], **properties}
            required = [*DEFS["input"]["required"], *required]
        elif base not in ("", "inline"):
            stop(f"{kind} rests on {base}, which this program does not know")
        name = KIND_NAMES.get(kind, pascal(kind))
        children = properties.pop("children", None)
        self.add(name, kind, schema, properties, [it for it in required if it != "children"], base == "inline")
        if children is not None:
            most = DEFS["children"]["maxItems"]
            self.classes[name].below = (children.get("minItems", 0), children.get("maxItems", most))

    def add(self, name, kind, schema, properties, required, words=False):
        # A constant is no question: `attest-sign` is always required.
        constants = {it for it, rule in properties.items() if "const" in rule}
        order = ORDER.get(name, [it for it in required if it not in constants])
        needs = [Member(it, properties[it].get("description"), self.takes(name, it, properties[it])) for it in order]
        if words:
            needs.append(Member("words", None, ("words",)))
        left = [it for it in properties if it not in order and it not in constants]
        options = [Member(it, properties[it].get("description"), self.takes(name, it, properties[it])) for it in left]
        built = Built(name, kind, schema, needs, options)
        built.fixed = {it: properties[it]["const"] for it in constants if it in required}
        before = self.classes.get(name)
        if before is None:
            self.classes[name] = built
        elif [it.name for it in before.needs + before.options] != [it.name for it in needs + options]:
            stop(f"two objects are called {name} and differ; give one another name in PLACE_NAMES")

    def takes(self, owner, member, rule):
        """What a member may be, as a tuple that both writers know."""
        target = rule.get("$ref", "").removeprefix("#/$defs/")
        if target:
            return self.named(owner, member, target, {key: it for key, it in rule.items() if key != "$ref"})
        if "enum" in rule:
            return ("word", tuple(it for it in rule["enum"] if it is not None), None in rule["enum"])
        of = rule.get("type")
        if of == "string":
            return ("text", rule.get("minLength", 0), rule.get("maxLength"), rule.get("pattern"))
        if of == "boolean":
            return ("bool",)
        if of == "integer":
            return ("integer", rule["minimum"], rule.get("maximum"))
        if of == "array":
            bounds = (rule.get("minItems", 0), rule.get("maxItems"), rule.get("uniqueItems", False))
            return ("list", self.takes(owner, member, rule["items"]), *bounds)
        if of == "object":
            name = PLACE_NAMES.get(f"{owner}.{member}") or stop(f"the object at {owner}.{member} has no name; add it to PLACE_NAMES")
            self.add(name, None, rule, rule["properties"], rule.get("required", []))
            return ("class", name)
        return stop(f"{owner}.{member} is of a sort that this program does not know: {rule}")

    def named(self, owner, member, target, more):
        special = {"value": "fact", "inline": "words", "condition": "condition", "link-target": "link", "way": "way",
                   "parameters": "parameters"}
        if target in special and not (target == "way" and owner == "Way"):
            return (special[target],)
        rule = DEFS[target]
        if target in DEF_NAMES:
            name = DEF_NAMES[target]
            if name not in self.classes:
                self.add(name, None, rule, rule["properties"], rule.get("required", []))
            return ("class", name, *more.get("required", []))
        return self.takes(owner, member, {**rule, **{key: it for key, it in more.items() if key in ("maxLength", "minItems", "maxItems")}})


def when_of(name, schema):
    """A member that there is exactly when another has a value: the member, the other, the value."""
    if "if" not in schema:
        return None
    ((other, rule),) = schema["if"]["properties"].items()
    (member,) = schema["then"]["required"]
    expected = {
        "if": {"properties": {other: {"const": rule["const"]}}},
        "then": {"required": [member], "properties": {member: {"minItems": 1}}},
        "else": {"properties": {member: {"maxItems": 0}}},
    }
    if {it: schema[it] for it in expected} != expected:
        stop(f"{name} has a condition that this program does not know")
    return member, other, rule["const"]


def filled(start, entries, end, indent, step=2):
    """Entries between commas, on one line or on as many as they take."""
    one = f"{' ' * indent}{start}{', '.join(entries)}{end}"
    if len(one) <= WIDTH:
        return [one]
    lines, line = [], ""
    for it in entries:
        if line and indent + step + len(line) + len(it) + 2 > WIDTH:
            lines.append(line)
            line = ""
        line += f"{' ' if line else ''}{it},"
    return [f"{' ' * indent}{start.rstrip()}", *(" " * (indent + step) + it for it in [*lines, line]), f"{' ' * indent}{end.lstrip()}"]


def pascal(name):
    return "".join(part.capitalize() for part in re.split("[-_]", name))


def camel(name):
    first, *rest = re.split("[-_]", name)
    return first + "".join(part.capitalize() for part in rest)


def snake(name):
    name = name.replace("-", "_")
    return f"{name}_" if name in PYTHON_KEPT else name


def upper(name):
    return re.sub("(?<!^)(?=[A-Z])", "_", name).replace("-", "_").upper()


def constant(takes):
    """A name for what a text or a word may be, so that each is written once."""
    for name, rule in DEFS.items():
        if "enum" in rule and takes == ("word", tuple(it for it in rule["enum"] if it is not None), None in rule["enum"]):
            return name
        if rule.get("type") == "string" and takes == ("text", rule.get("minLength", 0), rule.get("maxLength"), rule.get("pattern")):
            return name
    return None
