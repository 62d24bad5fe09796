#!/usr/bin/env python3
"""Writes the parts of the JavaScript and the Python kit that follow from the contract.

From `wit/schemas/screen-1.json`: a builder for every kind of node and every object inside one. From
`wit/departmental.wit`: the types of what crosses. `python3 sdk/builders.py` writes the files, `--check` says which of them
is behind, with exit code 1.

Invariant: what is in the schema and has no name here stops this program, so a kit never lacks a kind.
"""

import json
import pathlib
import re
import sys
import textwrap

SDK = pathlib.Path(__file__).resolve().parent
SCHEMA = json.loads((SDK.parent / "wit/schemas/screen-1.json").read_text(encoding="utf-8"))
WIT = (SDK.parent / "wit/departmental.wit").read_text(encoding="utf-8")
DEFS = SCHEMA["$defs"]

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

    def __init__(self, name, kind, doc, needs, options, parent, one_of):
        self.name, self.kind, self.doc = name, kind, doc
        self.needs, self.options, self.parent, self.one_of = needs, options, parent, one_of


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
        parent = properties.pop("children", None) is not None
        words = base == "inline"
        self.add(name, kind, schema, properties, [it for it in required if it != "children"], parent, words)

    def add(self, name, kind, schema, properties, required, parent=False, words=False):
        # A constant is no question: `attest-sign` is always required.
        constants = {it for it, rule in properties.items() if "const" in rule}
        order = ORDER.get(name, [it for it in required if it not in constants])
        needs = [Member(it, properties[it].get("description"), self.takes(name, it, properties[it])) for it in order]
        if words:
            needs.append(Member("words", None, ("words",)))
        left = [it for it in properties if it not in order and it not in constants]
        options = [Member(it, properties[it].get("description"), self.takes(name, it, properties[it])) for it in left]
        one_of = [branch["required"][0] for branch in schema.get("oneOf", [])]
        built = Built(name, kind, schema.get("description"), needs, options, parent, one_of)
        built.constants = {it: properties[it]["const"] for it in constants if it in required}
        before = self.classes.get(name)
        if before and [it.name for it in before.needs + before.options] != [it.name for it in needs + options]:
            stop(f"two objects are called {name} and differ; give one another name in PLACE_NAMES")
        self.classes[name] = built

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
            return ("list", self.takes(owner, member, rule["items"]), rule.get("minItems", 0), rule.get("maxItems"))
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
            return ("class", name)
        return self.takes(owner, member, {**rule, **{key: it for key, it in more.items() if key in ("maxLength", "minItems", "maxItems")}})


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


# ---- JavaScript --------------------------------------------------------------------------------------------------------


class JavaScript:
    """Writes screen.js and its types."""

    def __init__(self, classes):
        self.classes, self.checks = classes, {}

    def check(self, owner, member, takes):
        """The name of the check of a member; what it is goes to the end of the file."""
        kind = takes[0]
        if kind in ("bool", "fact", "words", "condition", "link", "way", "parameters"):
            return f"check.{ {'bool': 'truth'}.get(kind, kind) }"
        if kind == "class":
            return self.keep(f"A_{upper(takes[1])}", f"check.of(() => {takes[1]})")
        if kind == "list":
            of = self.check(owner, member, takes[1])
            return self.keep(f"{upper(owner)}_{upper(member)}", f"check.list({of}, {takes[2]}, {number(takes[3])})")
        known = constant(takes)
        name = upper(known) if known else f"{upper(owner)}_{upper(member)}_IS"
        if kind == "text":
            pattern = "null" if takes[3] is None else f"/{takes[3].replace('/', chr(92) + '/')}/"
            return self.keep(name, f"check.text({takes[1]}, {number(takes[2])}, {pattern})")
        if kind == "word":
            return self.keep(name, f"check.word({json.dumps(list(takes[1]))}, {json.dumps(takes[2])})")
        return self.keep(name, f"check.integer({takes[1]}, {number(takes[2])})")

    def keep(self, name, expression):
        if self.checks.setdefault(name, expression) != expression:
            stop(f"two checks of JavaScript are called {name}")
        return name

    def puts(self, built, member, value):
        return f"put({json.dumps(member.name)}, {self.check(built.name, member.name, member.takes)}, {value})"

    def class_of(self, built):
        lines = [f"/** {built.doc or words_of(built)} */", f"export class {built.name} extends {self.base(built)} {{"]
        names = [camel(it.called) for it in built.needs]
        if built.one_of == ["value", "absent"] and built.name == "GridCell":
            lines += self.either(built)
        else:
            lines += [f"  constructor({', '.join(names)}) {{", f"    super({json.dumps(built.kind or built.name)});"]
            lines += [f"    this.{self.puts(built, it, name)};" for it, name in zip(built.needs, names)]
            lines += [f"    this.members.{it} = {json.dumps(value)};" for it, value in built.constants.items()]
            if built.one_of:
                lines.append(f"    this.oneOf({json.dumps(built.one_of)});")
            lines.append("  }")
        for it in built.options:
            if built.name == "GridCell" and it.name in built.one_of:
                continue
            name = camel(it.called)
            lines.append("")
            if it.doc:
                lines.append(f"  /** {it.doc} */")
            if it.takes[0] in ("link", "way"):
                words = "text, screen" if it.takes[0] == "way" else "screen"
                value = "{ text, screen, parameters }" if it.takes[0] == "way" else "{ screen, parameters }"
                lines.append(f"  {name}({words}, parameters = {{}}) {{\n    return this.{self.puts(built, it, value)};\n  }}")
            else:
                default = " = true" if it.takes == ("bool",) else ""
                lines.append(f"  {name}({name}{default}) {{\n    return this.{self.puts(built, it, name)};\n  }}")
        lines.append("}\n")
        return "\n".join(lines)

    def either(self, built):
        lines = ["  constructor(column) {", f"    super({json.dumps(built.name)});",
                 f"    this.{self.puts(built, built.needs[0], 'column')};", f"    this.oneOf({json.dumps(built.one_of)});", "  }"]
        for it in built.options:
            if it.name in built.one_of:
                name = camel(it.called)
                lines += ["", f"  /** {it.doc or 'Why there is no value.'} */", f"  static {name}(column, {name}) {{",
                          f"    return new {built.name}(column).{self.puts(built, it, name)};", "  }"]
        return lines

    def base(self, built):
        return "Parent" if built.parent else "Node" if built.kind else "Piece"

    def written(self):
        body = "\n".join(self.class_of(it) for it in self.classes.values())
        checks = "\n".join(f"const {name} = {expression};" for name, expression in self.checks.items())
        return "\n".join([
            "// Builders for every kind of node of screen/1 and every object inside one. Written by sdk/builders.py.",
            "//",
            "// Invariant: what a builder takes, the schema takes; anything else is refused where it is given.",
            "",
            "import { Node, Parent, Piece, check } from './node.js';",
            "",
            "export { Condition, Fact, Part, Screen, Tabs } from './node.js';",
            "",
            body,
            "// What the members may be.",
            checks,
            "",
        ])

    def type_of(self, takes):
        kind = takes[0]
        if kind == "list":
            of = self.type_of(takes[1])
            return f"({of})[]" if "|" in of else f"{of}[]"
        if kind == "word":
            known = constant(takes)
            words = " | ".join(json.dumps(it) for it in takes[1]) + (" | null" if takes[2] else "")
            return pascal(known) if known else words
        return {"text": "string", "bool": "boolean", "integer": "number", "fact": "Fact | string", "words": "Words",
                "condition": "Condition", "parameters": "Record<string, string>"}.get(kind) or takes[1]

    def types(self):
        lines = ["// Types of screen.js. Written by sdk/builders.py.", "",
                 "import { Condition, Fact, Node, Parent, Piece, Words } from './node.js';", "",
                 "export { Condition, Fact, Node, Part, Screen, Tabs, Words } from './node.js';", ""]
        for name, rule in DEFS.items():
            if "enum" in rule:
                words = " | ".join(json.dumps(it) for it in rule["enum"])
                lines += [f"/** {rule['description']} */" if "description" in rule else "", f"export type {pascal(name)} = {words};", ""]
        for built in self.classes.values():
            lines += [f"/** {built.doc or words_of(built)} */", f"export class {built.name} extends {self.base(built)} {{"]
            if built.name == "GridCell":
                lines += ["  private constructor(column: string);"]
                lines += [f"  static {camel(it.called)}(column: string, {camel(it.called)}: {self.type_of(it.takes)}): GridCell;"
                          for it in built.options if it.name in built.one_of]
            else:
                arguments = ", ".join(f"{camel(it.called)}: {self.type_of(it.takes)}" for it in built.needs)
                lines.append(f"  constructor({arguments});")
            for it in built.options:
                if built.name == "GridCell" and it.name in built.one_of:
                    continue
                if it.doc:
                    lines.append(f"  /** {it.doc} */")
                name = camel(it.called)
                if it.takes[0] in ("link", "way"):
                    words = "text: string, screen: string" if it.takes[0] == "way" else "screen: string"
                    lines.append(f"  {name}({words}, parameters?: Record<string, string>): this;")
                else:
                    asked = "?" if it.takes == ("bool",) else ""
                    lines.append(f"  {name}({name}{asked}: {self.type_of(it.takes)}): this;")
            lines += ["}", ""]
        return "\n".join(lines)


def number(value):
    return "Infinity" if value is None else str(value)


def words_of(built):
    if built.kind:
        return f"A node of kind `{built.kind}`."
    return {"Quantity": "A number with its unit, as it was reported."}.get(built.name, f"A part of a node: {built.name}.")


# ---- Python ------------------------------------------------------------------------------------------------------------


class Python:
    """Writes screen.py."""

    def __init__(self, classes):
        self.classes, self.checks = classes, {}

    def check(self, owner, member, takes):
        kind = takes[0]
        if kind in ("bool", "fact", "words", "condition", "link", "way", "parameters"):
            return f"check.{ {'bool': 'truth'}.get(kind, kind) }"
        if kind == "class":
            return self.keep(f"_A_{upper(takes[1])}", f"check.of({takes[1]})")
        if kind == "list":
            of = self.check(owner, member, takes[1])
            return self.keep(self.name(owner, member), f"check.each({of}, {takes[2]}, {takes[3]})")
        known = constant(takes)
        name = f"_{upper(known)}" if known else self.name(owner, member) + "_IS"
        if kind == "text":
            pattern = "None" if takes[3] is None else f"r\"{takes[3]}\""
            return self.keep(name, f"check.text({takes[1]}, {takes[2]}, {pattern})")
        if kind == "word":
            return self.keep(name, f"check.word({json.dumps(list(takes[1]))}, {takes[2]})")
        return self.keep(name, f"check.integer({takes[1]}, {takes[2]})")

    def name(self, owner, member):
        return f"_{upper(owner)}_{upper(member)}"

    def keep(self, name, expression):
        if self.checks.setdefault(name, expression) != expression:
            stop(f"two checks of Python are called {name}")
        return name

    def type_of(self, takes):
        kind = takes[0]
        if kind == "list":
            return f"Sequence[{self.type_of(takes[1])}]"
        if kind == "word":
            return "str | None" if takes[2] else "str"
        return {"text": "str", "bool": "bool", "integer": "int", "fact": "Fact | str", "words": "Words",
                "condition": "Condition", "parameters": "Mapping[str, str]"}.get(kind) or takes[1]

    def puts(self, built, member, value):
        return f"self._put({json.dumps(member.name)}, {self.check(built.name, member.name, member.takes)}, {value})"

    def class_of(self, built):
        base = "Parent" if built.parent else "Node" if built.kind else "Piece"
        lines = ["", "", f"class {built.name}({base}):", *docstring(built.doc or words_of(built), 4), ""]
        cell = built.name == "GridCell"
        arguments = "".join(f", {snake(it.called)}: {self.type_of(it.takes)}" for it in built.needs)
        lines += [f"    def __init__(self{arguments}) -> None:", f"        super().__init__({json.dumps(built.kind or built.name)})"]
        lines += [f"        {self.puts(built, it, snake(it.called))}" for it in built.needs]
        lines += [f"        self._members[{json.dumps(it)}] = {value!r}" for it, value in built.constants.items()]
        if built.one_of:
            lines.append(f"        self._one_of({json.dumps(built.one_of)})")
        for it in built.options:
            name = snake(it.called)
            lines.append("")
            if cell and it.name in built.one_of:
                lines += ["    @classmethod", f"    def {name}(cls, column: str, {name}: {self.type_of(it.takes)}) -> {built.name}:",
                          *docstring(it.doc or "Why there is no value.", 8),
                          f"        return cls(column)._put({json.dumps(it.name)}, {self.check(built.name, it.name, it.takes)}, {name})"]
                continue
            if it.takes[0] in ("link", "way"):
                words = "text: str, screen: str" if it.takes[0] == "way" else "screen: str"
                value = '{"text": text, "screen": screen, "parameters": dict(parameters or {})}' if it.takes[0] == "way" else \
                    '{"screen": screen, "parameters": dict(parameters or {})}'
                lines.append(f"    def {name}(self, {words}, parameters: Mapping[str, str] | None = None) -> Self:")
                lines += docstring(it.doc, 8) if it.doc else []
                lines.append(f"        return {self.puts(built, it, value)}")
                continue
            default = " = True" if it.takes == ("bool",) else ""
            lines.append(f"    def {name}(self, {name}: {self.type_of(it.takes)}{default}) -> Self:")
            lines += docstring(it.doc, 8) if it.doc else []
            lines.append(f"        return {self.puts(built, it, name)}")
        return "\n".join(lines)

    def written(self):
        body = "".join(self.class_of(it) + "\n" for it in self.classes.values())
        checks = "\n".join(f"{name} = {expression}" for name, expression in self.checks.items())
        return "\n".join([
            '"""Builders for every kind of node of screen/1 and every object inside one. Written by sdk/builders.py.',
            "",
            "Invariant: what a builder takes, the schema takes; anything else is refused where it is given.",
            '"""',
            "",
            "from __future__ import annotations",
            "",
            "from collections.abc import Mapping, Sequence",
            "from typing import Self",
            "",
            "from palatine.node import Condition, Fact, Node, Parent, Part, Piece, Screen, Tabs, Words, check",
            "",
            f"__all__ = {json.dumps(sorted([*self.classes, 'Condition', 'Fact', 'Part', 'Screen', 'Tabs']))}".replace(", ", ",\n    ").replace("[", "[\n    ").replace("]", ",\n]"),
            body.rstrip("\n"),
            "",
            "",
            "# What the members may be.",
            checks,
            "",
        ])


def docstring(text, indent):
    one = f'{" " * indent}"""{text}"""'
    if len(one) <= 120:
        return [one]
    lines = textwrap.wrap(text, 118 - indent)
    return [f'{" " * indent}"""{lines[0]}', *[" " * indent + line for line in lines[1:]], f'{" " * indent}"""']


def rules_javascript():
    """rules.js: the texts and words of the schema, for the parts written by hand."""
    lines = ["// Texts and words of screen/1, each by its name in the schema. Written by sdk/builders.py.", "",
             "import { text, word } from './check.js';", ""]
    for name, rule in DEFS.items():
        if "enum" in rule:
            words = json.dumps([it for it in rule["enum"] if it is not None])
            lines.append(f"export const {upper(name)} = word({words}, {json.dumps(None in rule['enum'])});")
        elif rule.get("type") == "string":
            pattern = f"/{rule['pattern'].replace('/', chr(92) + '/')}/" if "pattern" in rule else "null"
            lines.append(f"export const {upper(name)} = text({rule.get('minLength', 0)}, {number(rule.get('maxLength'))}, {pattern});")
    comparators = DEFS["quantity"]["properties"]["comparator"]["enum"]
    unit = DEFS["quantity"]["properties"]["unit"]["maxLength"]
    lines += [f"export const COMPARATOR = word({json.dumps(comparators)}, false);", f"export const UNIT = text(0, {unit}, null);", ""]
    return "\n".join(lines)


def rules_python():
    """rules.py: the same for Python."""
    lines = ['"""Texts and words of screen/1, each by its name in the schema. Written by sdk/builders.py."""', "",
             "from palatine.check import text, word", ""]
    for name, rule in DEFS.items():
        if "enum" in rule:
            words = json.dumps([it for it in rule["enum"] if it is not None])
            lines.append(f"{upper(name)} = word({words}, {None in rule['enum']})")
        elif rule.get("type") == "string":
            pattern = f"r\"{rule['pattern']}\"" if "pattern" in rule else "None"
            lines.append(f"{upper(name)} = text({rule.get('minLength', 0)}, {rule.get('maxLength')}, {pattern})")
    comparators = DEFS["quantity"]["properties"]["comparator"]["enum"]
    unit = DEFS["quantity"]["properties"]["unit"]["maxLength"]
    lines += [f"COMPARATOR = word({json.dumps(comparators)}, False)", f"UNIT = text(0, {unit}, None)", ""]
    return "\n".join(lines)


# ---- The contract's types -------------------------------------------------------------------------------------------------


def contract_types():
    """contract.d.ts: what JavaScript may import, and what it exports, as the contract says."""
    version = re.search(r"package palatine:departmental@([0-9.]+);", WIT).group(1)
    types = {"string": "string", "document": "string", "option<string>": "string | undefined", "list<u8>": "Uint8Array",
             "result<document, failure>": "string"}
    lines = [f"// What crosses the contract {version}, as JavaScript sees it. Written by sdk/builders.py from wit/departmental.wit.",
             "// A failure is thrown: an import throws an object whose `payload` is a WireFailure.", "",
             "export interface WireFailure {", "  code: string;", "  detail: string;", "}", ""]
    for found in re.finditer(r"^interface ([a-z-]+) \{\n(.*?)^\}", WIT, re.M | re.S):
        name, body = found.groups()
        if name == "types":
            continue
        lines.append(f"export interface {pascal(name)} {{")
        doc = []
        for line in body.splitlines():
            line = line.strip()
            if line.startswith("///"):
                doc.append(line[3:].strip())
            function = re.match(r"([a-z-]+): func\((.*?)\)(?: -> (.*))?;", line)
            if function:
                called, given, answer = function.groups()
                pairs = [pair.split(": ") for pair in given.split(", ") if pair]
                unknown = [of for _, of in pairs if of not in types] + [answer for answer in [answer] if answer and answer not in types]
                if unknown:
                    stop(f"the contract uses {unknown}, which this program does not know")
                arguments = ", ".join(f"{camel(one)}: {types[of]}" for one, of in pairs)
                lines.append("  /** " + " ".join(doc) + " */" if doc else "")
                lines.append(f"  {camel(called)}({arguments}): {types.get(answer, 'void')};")
                doc = []
        lines += ["}", ""]
    return "\n".join(line for line in lines if line != "" or True)


def main():
    classes = Reader().read()
    files = {
        "javascript/screen.js": (javascript := JavaScript(classes)).written(),
        "javascript/screen.d.ts": javascript.types(),
        "javascript/contract.d.ts": contract_types(),
        "javascript/rules.js": rules_javascript(),
        "python/palatine/rules.py": rules_python(),
        "python/palatine/screen.py": Python(classes).written(),
    }
    behind = []
    for name, text in files.items():
        file = SDK / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            behind.append(name)
            if "--check" not in sys.argv:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
    if behind and "--check" in sys.argv:
        stop("behind the schema or the contract: " + ", ".join(behind) + "; run python3 sdk/builders.py")
    print("written: " + (", ".join(behind) or "nothing, all is as it should be"))


main()
