"""Writes what follows from the contract for Python: screen.py with its types, rules.py."""

import json
import textwrap

from builders.javascript import named_rules
from builders.schema import DEFS, constant, filled, snake, upper

NAMES = {"bool": "TRUTH", "fact": "FACT", "words": "WORDS", "condition": "CONDITION", "link": "LINK", "way": "WAY", "parameters": "PARAMETERS"}
MORE = "parameters: Mapping[str, str] | None = None"
BY_HAND = ["Condition", "Fact", "Part", "Screen", "Tabs"]


def screen(classes):
    """screen.py: each class by what it needs and what it may have."""
    used = set()
    body = [line for it in classes.values() for line in class_of(it, used)]
    rules = sorted(it for it in used if it in {upper(name) for name in DEFS} and it not in NAMES.values())
    parts = sorted(used.difference(rules))
    return "\n".join([
        '"""Builders for every kind of node of screen/1 and every object inside one. Written by sdk/builders.py; types: screen.pyi.',
        "",
        "Invariant: what a builder takes, the schema takes; anything else is refused where it is given.",
        '"""',
        "",
        *imported("palatine.builder", parts),
        f"from palatine.node import {', '.join(BY_HAND)}",
        *imported("palatine.rules", rules),
        "",
        "__all__ = [",
        *textwrap.wrap(", ".join(json.dumps(it) for it in sorted([*classes, *BY_HAND])) + ",", 116, initial_indent="    ", subsequent_indent="    "),
        "]",
        *body,
        "",
    ])


def imported(module, names):
    return filled(f"from {module} import (", names, ")", 0, 4) if len(f"from {module} import {', '.join(names)}") > 120 else \
        [f"from {module} import {', '.join(names)}"]


def class_of(it, used):
    used.add(it.base)
    entries = [f"{json.dumps(one.name)}: {rule_of(one.takes, used)}" for one in it.needs]
    needs = "{" + ", ".join(entries) + "}"
    given = [it.base, *([f"kind={json.dumps(it.kind)}"] if it.kind else []), f"needs={needs}"]
    if it.one_of:
        given.append(f"one_of={tuple(it.one_of)!r}".replace("'", '"'))
    if it.when:
        given.append(f"when={tuple(it.when)!r}".replace("'", '"'))
    if it.fixed:
        given.append(f"fixed={it.fixed!r}".replace("'", '"'))
    if it.below and it.below != (0, DEFS["children"]["maxItems"]):
        given.append(f"below={it.below!r}")
    one = f"class {it.name}({', '.join(given)}):"
    head = [one] if len(one) <= 120 else [f"class {it.name}(", *(f"    {one}," for one in given), "):"]
    lines = ["", "", *head, *docstring(it.doc, 4)]
    members = []
    for word, some in (("either", it.either), ("may", it.may)):
        used.update([word] if some else [])
        for one in some:
            renamed = f", {json.dumps(one.name)}" if snake(one.called) != one.name else ""
            members.append(f"    {snake(one.called)} = {word}({rule_of(one.takes, used)}{renamed})")
    return [*lines, *([""] if members else []), *members]


def rule_of(takes, used):
    """The rule of a member, as screen.py writes it."""
    kind, *bounds = takes
    if kind == "class":
        if len(bounds) == 1:
            return bounds[0]
        used.add("having")
        return f"having({bounds[0]}, {json.dumps(bounds[1:])})"
    if kind == "list":
        of, least, most, is_unique = bounds
        used.update(["each", "unique"] if is_unique else ["each"])
        rule = f"each({rule_of(of, used)}, {', '.join(str(it) for it in (least, most) if it is not None)})"
        return f"unique({rule})" if is_unique else rule
    known = NAMES.get(kind) or (constant(takes) and upper(constant(takes)))
    if known:
        used.add(known)
        return known
    used.add(kind)
    return f"{kind}({', '.join(arguments(takes))})"


def arguments(takes):
    """Those of `text`, `word` or `integer`, without what is so anyway."""
    kind, *bounds = takes
    if kind == "word":
        return [json.dumps(list(bounds[0])), *(["nullable=True"] if bounds[1] else [])]
    pattern = bounds[2] if kind == "text" else None
    if pattern is not None:
        return [str(bounds[0]), str(bounds[1]), f'r"{pattern}"']
    return [str(it) for it in bounds[:2] if it is not None]


def rules():
    """rules.py: the texts and words of the schema, each by its name."""
    lines = []
    for name, takes in named_rules():
        start = f"{upper(name)} = {takes[0]}("
        is_text = takes[0] == "text"
        end = ")" if is_text else "], nullable=True)" if takes[2] else "])"
        lines += filled(start if is_text else start + "[", arguments(takes) if is_text else [json.dumps(it) for it in takes[1]], end, 0, 4)
    return "\n".join(['"""Texts and words of screen/1, each by its name in the schema. Written by sdk/builders.py."""', "",
                      "from palatine.check import text, word", "", *lines, ""])


def types(classes):
    """screen.pyi: the same for editors, with what each means."""
    lines = ['"""Types of screen.py. Written by sdk/builders.py."""', "", "from collections.abc import Mapping, Sequence",
             "from typing import Self", "", f"from palatine.node import {', '.join([*BY_HAND, 'Node', 'Parent', 'Piece', 'Words'])}"]
    for it in classes.values():
        lines += ["", f"class {it.name}({it.base}):", *docstring(it.doc, 4)]
        needed = "".join(f", {snake(one.called)}: {type_of(one.takes)}" for one in it.needs)
        lines.append(f"    def __init__(self{needed}) -> None: ...")
        for one in it.either:
            lines += ["    @classmethod", f"    def {snake(one.called)}(cls{needed}, {snake(one.called)}: {type_of(one.takes)}) -> {it.name}: ..."]
        for one in it.may:
            start = f"    def {snake(one.called)}(self, {asked(one)}) -> Self:"
            lines += [start, *docstring(one.doc, 8)] if one.doc else [f"{start} ..."]
    return "\n".join([*lines, ""])


def asked(it):
    name = snake(it.called)
    ways = {"link": f"screen: str, {MORE}", "way": f"text: str, screen: str, {MORE}", "bool": f"{name}: bool = True"}
    return ways.get(it.takes[0]) or f"{name}: {type_of(it.takes)}"


def type_of(takes):
    kind = takes[0]
    if kind == "list":
        return f"Sequence[{type_of(takes[1])}]"
    if kind == "word":
        return "str | None" if takes[2] else "str"
    return {"text": "str", "bool": "bool", "integer": "int", "fact": "Fact | str", "words": "Words",
            "condition": "Condition", "parameters": "Mapping[str, str]"}.get(kind) or takes[1]


def docstring(text, indent):
    one = f'{" " * indent}"""{text}"""'
    if len(one) <= 120:
        return [one]
    lines = textwrap.wrap(text, 118 - indent)
    return [f'{" " * indent}"""{lines[0]}', *[" " * indent + line for line in lines[1:]], f'{" " * indent}"""']
