"""Writes what follows from the contract for JavaScript: screen.js with its types, rules.js, contract.d.ts."""

import json

from builders.schema import DEFS, WIT, camel, constant, filled, pascal, stop, upper

NAMES = {"bool": "TRUTH", "fact": "FACT", "words": "WORDS", "condition": "CONDITION", "link": "LINK", "way": "WAY", "parameters": "PARAMETERS"}
MORE = "parameters?: Record<string, string>"


def screen(classes):
    """screen.js: each class by what it needs and what it may have."""
    used = set()
    body = [line for it in classes.values() for line in class_of(it, used)]
    rules = sorted(it for it in used if it in {upper(name) for name in DEFS} and it not in NAMES.values())
    parts = sorted(used.difference(rules) | {"node", "parent", "piece"}, key=str.lower)
    return "\n".join([
        "// Builders for every kind of node of screen/1 and every object inside one. Written by sdk/builders.py.",
        "//",
        "// Invariant: what a builder takes, the schema takes; anything else is refused where it is given.",
        "",
        *filled("import { ", parts, " } from './builder.js';", 0),
        *filled("import { ", rules, " } from './rules.js';", 0),
        "",
        "export { Condition, Fact, Part, Screen, Tabs } from './node.js';",
        *body,
        "",
    ])


def class_of(it, used):
    made = {"Parent": "parent", "Node": "node", "Piece": "piece"}[it.base]
    entries = [member(one, used) for one in it.needs]
    parts = [("needs", entries)] if entries else []
    if it.either:
        parts.append(("either", [member(one, used) for one in it.either]))
    if it.may:
        parts.append(("may", [member(one, used) for one in it.may]))
    plain = []
    if it.one_of and not it.either:
        plain.append(f"oneOf: {words(it.one_of)}")
    if it.when:
        plain.append(f"when: {words(it.when)}")
    if it.fixed:
        plain.append("fixed: { " + ", ".join(f"{name}: {json.dumps(value)}" for name, value in it.fixed.items()) + " }")
    if it.below and it.below != (0, DEFS["children"]["maxItems"]):
        plain.append(f"below: [{it.below[0]}, {it.below[1]}]")
    kind = [f"'{it.kind}'"] if it.kind else []
    inner = [f"{name}: {{ {', '.join(some)} }}" for name, some in parts] + plain
    one = f"export class {it.name} extends {made}({', '.join(kind + (['{ ' + ', '.join(inner) + ' }'] if inner else []))}) {{}}"
    head = ["", f"/** {it.doc} */"]
    if len(one) <= 120:
        return [*head, one]
    lines = [f"export class {it.name} extends {made}({', '.join([*kind, '{'])}"]
    for name, some in parts:
        lines += [line + ("," if at + 1 == len(every) else "") for every in [filled(f"{name}: {{ ", some, " }", 2)] for at, line in enumerate(every)]
    return [*head, *lines, *[f"  {some}," for some in plain], "}) {}"]


def member(it, used):
    rule = rule_of(it.takes, used)
    if it.called != it.name:
        used.add("called")
        rule = f"called('{camel(it.called)}', {rule})"
    return f"{it.name}: {rule}"


def rule_of(takes, used):
    """The rule of a member, as screen.js writes it."""
    kind, *bounds = takes
    if kind == "class":
        if len(bounds) == 1:
            return bounds[0]
        used.add("having")
        return f"having({bounds[0]}, {words(bounds[1:])})"
    if kind == "list":
        of, least, most, unique = bounds
        used.add("list")
        rule = f"list({rule_of(of, used)}, {', '.join(str(it) for it in (least, most) if it is not None)})"
        if unique:
            used.add("unique")
        return f"unique({rule})" if unique else rule
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
        return [words(bounds[0]), *(["true"] if bounds[1] else [])]
    given = ["Infinity" if it is None else str(it) for it in bounds[:2]]
    pattern = bounds[2] if kind == "text" else None
    if pattern is not None:
        return [*given, f"/{pattern.replace('/', chr(92) + '/')}/"]
    return given[:1] if given[1] == "Infinity" else given


def words(some):
    return "[" + ", ".join(f"'{it}'" for it in some) + "]"


def rules():
    """rules.js: the texts and words of the schema, each by its name."""
    named = {name: takes for name, takes in named_rules()}
    lines = []
    for name, takes in named.items():
        start = f"export const {upper(name)} = {takes[0]}("
        lines += filled(start, arguments(takes), ");", 0) if takes[0] == "text" else filled(start + "[", [f"'{it}'" for it in takes[1]], "], true);" if takes[2] else "]);", 0)
    return "\n".join(["// Texts and words of screen/1, each by its name in the schema. Written by sdk/builders.py.", "",
                      "import { text, word } from './check.js';", "", *lines, ""])


def named_rules():
    """Named texts and words, and the two of a quantity, for the parts written by hand."""
    for name, rule in DEFS.items():
        if "enum" in rule:
            yield name, ("word", tuple(it for it in rule["enum"] if it is not None), None in rule["enum"])
        elif rule.get("type") == "string":
            yield name, ("text", rule.get("minLength", 0), rule.get("maxLength"), rule.get("pattern"))
    quantity = DEFS["quantity"]["properties"]
    yield "comparator", ("word", tuple(quantity["comparator"]["enum"]), False)
    yield "unit", ("text", 0, quantity["unit"]["maxLength"], None)


def types(classes):
    """screen.d.ts: the same for editors, with what each means."""
    lines = ["// Types of screen.js. Written by sdk/builders.py.", "",
             "import { Condition, Fact, Node, Parent, Piece, Words } from './node.js';", "",
             "export { Condition, Fact, Node, Part, Screen, Tabs, Words } from './node.js';", ""]
    for name, rule in DEFS.items():
        if "enum" in rule:
            some = " | ".join(json.dumps(it) for it in rule["enum"])
            lines += [f"/** {rule['description']} */", f"export type {pascal(name)} = {some};", ""]
    for it in classes.values():
        lines += [f"/** {it.doc} */", f"export class {it.name} extends {it.base} {{"]
        needed = ", ".join(f"{camel(one.called)}: {type_of(one.takes)}" for one in it.needs)
        lines.append(f"  {'private ' if it.either else ''}constructor({needed});")
        lines += [f"  static {camel(one.called)}({needed}, {camel(one.called)}: {type_of(one.takes)}): {it.name};" for one in it.either]
        for one in it.may:
            lines += [f"  /** {one.doc} */"] if one.doc else []
            lines.append(f"  {camel(one.called)}({given(one)}): this;")
        lines += ["}", ""]
    return "\n".join(lines)


def given(it):
    name = camel(it.called)
    asked = {"link": f"screen: string, {MORE}", "way": f"text: string, screen: string, {MORE}", "bool": f"{name}?: boolean"}
    return asked.get(it.takes[0]) or f"{name}: {type_of(it.takes)}"


def type_of(takes):
    kind = takes[0]
    if kind == "list":
        of = type_of(takes[1])
        return f"({of})[]" if "|" in of else f"{of}[]"
    if kind == "word":
        known = constant(takes)
        return pascal(known) if known else " | ".join(json.dumps(it) for it in takes[1]) + (" | null" if takes[2] else "")
    return {"text": "string", "bool": "boolean", "integer": "number", "fact": "Fact | string", "words": "Words",
            "condition": "Condition", "parameters": "Record<string, string>"}.get(kind) or takes[1]


CROSSES = {"string": "string", "document": "string", "option<string>": "string | null", "list<u8>": "Uint8Array",
           "result<document, failure>": "string", None: "void"}


def contract(interfaces, version):
    """contract.d.ts: what JavaScript may import, and what it exports, as the contract says."""
    lines = [f"// What crosses the contract {version}, as JavaScript sees it. Written by sdk/builders.py from wit/departmental.wit.",
             "// A failure is thrown: an import throws an object whose `payload` is a WireFailure.", "",
             "export interface WireFailure {", "  code: string;", "  detail: string;", "}", ""]
    for it in interfaces:
        if it.functions:
            lines.append(f"export interface {pascal(it.name)} {{")
            for one in it.functions:
                unknown = [of for _, of in one.takes if of not in CROSSES] + [it for it in [one.gives] if it not in CROSSES]
                if unknown:
                    stop(f"the contract uses {unknown}, which this program does not know")
                taken = ", ".join(f"{camel(name)}: {CROSSES[of]}" for name, of in one.takes)
                lines += [f"  /** {one.doc} */", f"  {camel(one.name)}({taken}): {CROSSES[one.gives]};"]
            lines += ["}", ""]
    return "\n".join(lines)
