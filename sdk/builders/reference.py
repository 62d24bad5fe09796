"""Writes reference.md: every function of the contract, every kind of node, every member of every document.

Invariant: every example follows its schema, or the program stops; the words are those of the contract and its schemas.
"""

import json

from builders.contract import FAILURE, VERSION
from builders.schema import BY_HAND, DEFS, KIND_NAMES, MEMBER_NAMES, SCREEN, SDK, camel, pascal, schema, snake, stop
from builders.validate import follows

GALLERY = SDK.parent / "host/gateway/src/gallery"
TEMPLATE = SDK / "templates/javascript"
# Items of a list, and characters of a text, that an example shows.
ITEMS_SHOWN = 2
LIMIT = 118


def written(classes, interfaces):
    """The whole of it."""
    parts = [HEAD.format(version=VERSION), *functions(interfaces), *nodes(classes), *documents()]
    return "\n".join(parts).rstrip("\n") + "\n"


HEAD = """# Reference

Written by `python3 sdk/builders.py` from `wit/departmental.wit` (version {version}) and `wit/schemas/`; the words are theirs.
How to begin is in [README.md](README.md).

- [Functions](#functions): what a departmental may call, and what it answers
- [Kinds of node](#kinds-of-node): what a screen is made of, `screen/1`
- [Documents](#documents): the manifest, what comes in, what goes out

In every table a member in **bold** has to be there. A member `rows[].label` is the `label` of each item of `rows`. In JavaScript
a member is called in camel case (`show_if`: `showIf`), in Python and Rust in snake case; a word that Python keeps for
itself has a line behind it (`from_`). Lists in the examples are cut to two items.
"""

# ---- Functions -----------------------------------------------------------------------------------------------------------

# How each is called in the kits: JavaScript and Python alike, but for the case of letters. Exports are functions that a
# departmental has, with the call as their first argument.
CALLED = {
    ("context", "settings"): "call.setting(name)`, `call.context.settings()",
    ("context", "patient"): "call.patient()`, which refuses a call without one, `call.context.patient()",
    ("chart", "search"): "call.chart.search(query)`, all pages: `call.chart.search_all(query, resources_max)",
    ("chart", "rows"): "call.chart.rows(view, ViewQuery)",
    ("journal", "note"): "call.journal.error(message)`, `warning`, `information`, `debug",
    ("screens", "open"): "open(call, screen, parameters)`, which answers a `Screen",
    ("screens", "submit"): "submit(call, screen, action, form)`, which answers an `Outcome",
    ("reactions", "react"): "react(call, event)`, which answers a `Proposal",
    ("advice", "advise"): "advise(call, hook)`, which answers `Advice",
    ("intake", "convert"): "convert(call, format, message)`, which answers a `Proposal",
}
EXAMPLES = {
    ("context", "site"): '"RXR"',
    ("context", "patient"): '"Patient/9f2c"',
    ("context", "encounter"): '"Encounter/71"',
    ("context", "role"): '"doctor"',
    ("context", "now"): '"2026-11-22T12:00:00Z"',
    ("context", "settings"): '{"clinic":"Hearing clinic"}',
    ("chart", "read"): 'read("Observation/42") → {"resourceType":"Observation","id":"42","meta":{"versionId":"1"},"status":"final",…}',
    ("chart", "search"): 'search("Observation?code=http://loinc.org|2160-0&_sort=-date&_count=50") → '
    '{"resourceType":"Bundle","type":"searchset",\n  "link":[{"relation":"next","url":"Observation?code=…&_offset=50"}],"entry":[{"resource":{…}}]}',
    ("chart", "rows"): "rows(\"results\", the view/1 below) → the rows/1 below",
    ("packs", "get"): 'get("hearing-levels") → {"rule":"Descriptors of the British Society of Audiology, 2018","step_db":5,…}',
    ("journal", "note"): 'note("warning", "the pack has no descriptor for a level below 0")',
    ("screens", "open"): 'open("card", "{}") → a screen/1',
    ("screens", "submit"): 'submit("audiogram", "file", the form/1 below) → the outcome/1 below',
    ("reactions", "react"): "react(the event/1 below) → a proposal/1",
    ("advice", "advise"): 'advise("patient-view", the hook/1 below) → the advice/1 below',
    ("intake", "convert"): 'convert("hl7v2:ORU^R30", the bytes of the message) → a proposal/1',
}
WAYS = {"import": "A departmental may call these.", "export": "A departmental answers these, each interface if it has it. The host asks for no other."}


def functions(interfaces):
    lines = ["## Functions", "", "A `document` is a text of JSON. A `failure` has a `code` for programs and a `detail` for people.", ""]
    lines += [FAILURE, ""]
    for way, words in WAYS.items():
        lines += [f"### {'Imports' if way == 'import' else 'Exports'}", "", words, ""]
        for interface in (it for it in interfaces if it.way == way):
            lines += [f"#### {interface.name}", "", interface.doc, ""]
            for one in interface.functions:
                key = (interface.name, one.name)
                taken = ", ".join(f"{name}: {of}" for name, of in one.takes)
                gives = f" -> {one.gives}" if one.gives else ""
                plain = f"call.{interface.name}.{one.name}({', '.join(name for name, _ in one.takes)})"
                example = EXAMPLES.get(key) or stop(f"{interface.name}.{one.name} has no example in builders/reference.py")
                lines += [f"**`{one.name}({taken}){gives}`**  ", f"In the kits: `{CALLED.get(key, plain)}`.  ", one.doc, "", "```", example, "```", ""]
    return lines


# ---- Nodes ---------------------------------------------------------------------------------------------------------------


def nodes(classes):
    kinds = [it["if"]["properties"]["kind"]["const"] for it in DEFS["node"]["allOf"]]
    lines = ["## Kinds of node", "", SCREEN["description"], "", *table(SCREEN, "screen/1", SCREEN), "",
             "### node", "", "What every node has, of whatever kind.", "", *table(DEFS["node"], "node", SCREEN), "",
             "Kinds: " + ", ".join(f"[{it}](#{it})" for it in kinds), ""]
    by_kind = {it.kind: it for it in classes.values() if it.kind}
    for kind in kinds:
        rule, built = DEFS[kind], by_kind.get(kind)
        lines += [f"### {kind}", ""]
        lines += [rule["description"], ""] if "description" in rule else []
        if built:
            lines += [f"Built by `{built.name}({', '.join(snake(it.called) for it in built.needs)})`{of_nodes(built)}.", ""]
        elif kind in BY_HAND:
            lines += [f"Built by `{pascal(kind)}(label, node)` and `panel(label, node)` for each further one.", ""]
        lines += [*table(resting(rule), kind, SCREEN), ""]
        lines += ["```json", example_of(kind), "```", ""]
    lines += ["### What members are made of", ""]
    for name, rule in DEFS.items():
        if name in kinds or name in ("node", "input"):
            continue
        lines += [f"#### {name}", ""]
        lines += [rule["description"], ""] if "description" in rule else []
        lines += [*table(rule, name, SCREEN), ""] if rule.get("type") == "object" or "properties" in rule else [capital(said(rule)) + ".", ""]
    return lines


def of_nodes(built):
    if not built.below:
        return ""
    least, most = built.below
    return f", with {least} to {most} nodes below it by `child(node)`" if least or most < 2000 else ", with nodes below it by `child(node)`"


def resting(rule):
    """A kind that rests on another, with that one's members."""
    base = rule.get("$ref")
    if base is None:
        return rule
    under = DEFS[base.removeprefix("#/$defs/")]
    merged = {**under, **rule, "properties": {**under["properties"], **rule.get("properties", {})}}
    merged["required"] = [*under.get("required", []), *rule.get("required", [])]
    return merged


def example_of(kind):
    """The node of that kind in the gallery that takes the fewest words; long lists cut."""
    document = json.loads((GALLERY / f"{kind}.json").read_text(encoding="utf-8"))
    if not follows(document, SCREEN, SCREEN):
        stop(f"the gallery's {kind}.json does not follow screen/1")
    found = [it for it in document["nodes"] if it["kind"] == kind] or stop(f"the gallery's {kind}.json shows no {kind}")
    return pretty(cut(min(found, key=lambda it: (len(it) < 3, len(json.dumps(it))))))


def cut(value):
    if isinstance(value, list):
        return [cut(it) for it in value[:ITEMS_SHOWN]]
    return {name: cut(it) for name, it in value.items()} if isinstance(value, dict) else value


def pretty(value, indent=0):
    """JSON on one line where it fits."""
    one = json.dumps(value, ensure_ascii=False)
    if len(one) + indent <= LIMIT or not isinstance(value, list | dict) or not value:
        return one
    space = " " * (indent + 2)
    if isinstance(value, list):
        inner = [pretty(it, indent + 2) for it in value]
        return "[\n" + ",\n".join(space + it for it in inner) + "\n" + " " * indent + "]"
    inner = [f"{json.dumps(name)}: {pretty(it, indent + 4 + len(name))}" if len(json.dumps(it, ensure_ascii=False)) + indent + len(name) + 6 <= LIMIT
             else f"{json.dumps(name)}: {pretty(it, indent + 2)}" for name, it in value.items()]
    return "{\n" + ",\n".join(space + it for it in inner) + "\n" + " " * indent + "}"


# ---- Tables --------------------------------------------------------------------------------------------------------------


def table(rule, name, root):
    """The members of an object."""
    rows = list(members(rule, root))
    if not rows:
        return [f"{name} has no members of its own."]
    lines = ["| Member | May be | Meaning |", "|---|---|---|"]
    lines += [f"| {'**' if needed else ''}`{member}`{'**' if needed else ''} | {may_be} | {meaning} |" for member, needed, may_be, meaning in rows]
    one_of = [it["required"][0] for it in rule.get("oneOf", []) if "required" in it]
    if one_of:
        lines += ["", f"Exactly one of {' and '.join(f'`{it}`' for it in one_of)}."]
    return lines


def members(rule, root, before=""):
    for name, it in rule.get("properties", {}).items():
        needed = name in rule.get("required", [])
        doc = it.get("description", "")
        if name in MEMBER_NAMES and not before.startswith("manifest"):
            doc = f"{doc} In the kits: `{camel(MEMBER_NAMES[name])}`.".strip()
        items = it.get("items", {}) if it.get("type") == "array" else it
        yield before + name, needed, cell(said(it)), cell(doc)
        inside = items if "properties" in items else None
        if inside:
            yield from members(inside, root, f"{before}{name}{'[]' if inside is not it else ''}.")
        for branch in items.get("oneOf", []):
            if "properties" in branch:
                yield from members(branch, root, f"{before}{name}[].")


def said(rule):
    """What a rule takes, in words."""
    if "$ref" in rule:
        name = rule["$ref"].rsplit("/", 1)[-1]
        link = f"[{name.removeprefix('urn:palatine:')}](#{name.removeprefix('urn:palatine:')})"
        bounds = [f"at most {rule['maxLength']} characters"] if "maxLength" in rule else []
        bounds += [f"{rule.get('minItems', 0)} to {rule['maxItems']}"] if "maxItems" in rule else []
        bounds += ["with " + " and ".join(f"`{it}`" for it in rule["required"])] if "required" in rule else []
        return ", ".join([link, *bounds])
    if "const" in rule:
        return f"`{json.dumps(rule['const'])}`"
    if "enum" in rule:
        return ", ".join(f"`{'null' if it is None else it}`" for it in rule["enum"])
    if "oneOf" in rule and "type" not in rule:
        return " or ".join(said(it) for it in rule["oneOf"] if "required" not in it or "type" in it) or "an object"
    if "allOf" in rule:
        return ", ".join(said(it) for it in rule["allOf"] if "$ref" in it)
    of = rule.get("type")
    if isinstance(of, list):
        return " or ".join(said({"type": it}) for it in of)
    return TYPES[of](rule) if of in TYPES else "anything"


def of_text(rule):
    least, most = rule.get("minLength", 0), rule.get("maxLength")
    count = f" of {least} to {most} characters" if most and least else f" of at most {most} characters" if most else ""
    return f"text{count}" + (f" like `{rule['pattern']}`" if "pattern" in rule else "")


def of_integer(rule):
    least, most = rule.get("minimum"), rule.get("maximum")
    return "whole number" + (f" from {least} to {most}" if most is not None else f" from {least}" if least is not None else "")


def of_list(rule):
    least, most = rule.get("minItems", 0), rule.get("maxItems")
    count = f" of {least} to {most}" if most and least else f" of at most {most}" if most else f" of at least {least}" if least else ""
    once = ", none of them twice" if rule.get("uniqueItems") else ""
    return f"list{count}: {said(rule.get('items', {}))}{once}"


def of_object(rule):
    others = rule.get("additionalProperties")
    return f"object, by name: {said(others)}" + (f", at most {rule['maxProperties']}" if "maxProperties" in rule else "") if isinstance(others, dict) else "object"


TYPES = {"string": of_text, "integer": of_integer, "array": of_list, "object": of_object, "number": lambda _: "number", "boolean": lambda _: "`true` or `false`"}


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def capital(text):
    return text[:1].upper() + text[1:]


# ---- Documents -----------------------------------------------------------------------------------------------------------

FILED = json.loads((TEMPLATE / "cases/golden/file.json").read_text(encoding="utf-8"))
REFUSED = json.loads((TEMPLATE / "cases/golden/file-tomorrow.json").read_text(encoding="utf-8"))
# In the order in which a supplier meets them: title and examples.
DOCUMENTS = {
    "manifest": [json.loads((TEMPLATE / "departmental.json").read_text(encoding="utf-8"))],
    "form": [FILED["submit"]["form"]],
    "event": [{"event": 1, "t": 812, "action": "create", "resource": {"resourceType": "Observation", "id": "42", "status": "final"}}],
    "hook": [{"hook": 1, "name": "patient-view"}],
    "view": [{"search": "code=http://loinc.org|2160-0&_sort=-date", "where": [{"column": "value", "absent": False}], "count": 50}],
    "rows": [{"rows": 1, "columns": ["when", "value"], "values": [["2026-11-20", 71], ["2026-11-19", None]], "more": False}],
    "outcome": [FILED["answer"], REFUSED["answer"]],
    "proposal": [FILED["answer"]["proposal"]],
    "advice": [{"advice": 1, "cards": [{"summary": "Hearing was last measured three years ago", "indicator": "info",
                                        "source": {"label": "Rule of the site"},
                                        "links": [{"label": "Audiogram", "screen": "audiogram"}]}]}],
}


def documents():
    lines = ["## Documents", "", "Each is JSON and names its version. " +
             ", ".join(f"[{it}/1](#{it}-1)" for it in DOCUMENTS) + "; `screen/1` is [above](#kinds-of-node).", ""]
    for name, examples in DOCUMENTS.items():
        lines += [of_its_own(line, name) for line in document(name, examples)]
    return lines


def document(name, examples):
    rule = schema(name)
    lines = [f"### {name}-1", "", rule["description"], "", *table(rule, name, rule), ""]
    for part, it in rule.get("$defs", {}).items():
        lines += [f"#### {name}: {part}", ""]
        lines += [it["description"], ""] if "description" in it else []
        lines += [*table(it, part, rule), ""] if "properties" in it else [capital(said(it)) + ".", ""]
    for example in examples:
        if not follows(example, rule, rule):
            stop(f"the example of {name}/1 does not follow it")
        lines += ["```json", pretty(cut(example)), "```", ""]
    return lines


def of_its_own(line, name):
    """A line whose links to parts of a document lead to those of this one."""
    for part in schema(name).get("$defs", {}):
        line = line.replace(f"](#{part})", f"](#{name}-{part})")
    return line.replace("](#screen-1)", "](#kinds-of-node)")
