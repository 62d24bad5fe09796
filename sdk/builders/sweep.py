"""Every builder with all that it may have, and on both sides of every bound: cases for the tests of both kits.

What is built is written beside how to build it, from the schema and without a kit; whether it is to be taken is what the
schema says of it. In how to build it, `{"$": [class, needs, [[function, arguments], …], children, only]}` is a builder (`only`: the function of
the class that makes it, if that is not its constructor), `{"fact": [function, arguments…]}` a Fact, `{"field": id}` a Condition, `{"text": n}` a text of so many characters and
`{"times": [n, item]}` a list.

Invariant: a case that the schema and the bounds judge differently stops the program.
"""

import json

from builders.schema import DEFS, SCREEN, stop
from builders.validate import follows

PATTERNS = {"id": "an-id", "decimal": "-1.50", "when": "2026-11-22T12:00:00+00:00", "reference": "Observation/1.b", "portion": "2.5"}
ROOT = {"$defs": DEFS}
PARAMETERS = {"since": "2026"}


class Case:
    """How a value is built, and the value."""

    def __init__(self, build, value):
        self.build, self.value = build, value


def plain(value):
    return Case(value, value)


class Sweep:
    """The cases; `classes` are those of the kits."""

    def __init__(self, classes):
        self.classes, self.cases = classes, []

    def every(self):
        """All the cases."""
        for it in self.classes.values():
            self.whole(it)
            for member in [*it.needs, *it.options]:
                for what, one in self.bounds(member.takes):
                    self.bound(it, member, what, one)
            for count in {it.below[0] - 1, *it.below, it.below[1] + 1} - {-1} if it.below else ():
                built = self.built(it, it.may, count)
                self.case(it, f"{count} children", built, None)
        return self.cases

    def whole(self, it):
        choices = [[one for one in it.options if one.name not in it.one_of or one.name == only] for only in it.one_of] or [it.options]
        if it.when:
            # Without what there is only at another value of a member: its first value is that one.
            choices = [it.options]
        for some in choices:
            built = self.built(it, some)
            self.case(it, "all of it" if len(choices) == 1 else f"all of it, with {some_of(it, some)}", built, built.value)
        if not it.when:
            least = [one for one in it.options if one.name in it.one_of[:1]]
            built = self.built(it, least)
            self.case(it, "no more than it needs", built, built.value)
        if it.one_of and not it.either:
            self.case(it, f"none of {' and '.join(it.one_of)}", self.built(it, []), None)
            self.case(it, f"all of {' and '.join(it.one_of)}", self.built(it, it.options), None)
        if it.when:
            self.case(it, f"{it.when[1]} without {it.when[0]}", self.built(it, []), None)

    def bound(self, it, member, what, one):
        alone = [at for at in it.options if at is member]
        others = [at for at in it.options if at.name in it.one_of[:1] and member.name not in it.one_of]
        if it.when and member.name != it.when[0]:
            others += [at for at in it.options if at.name == it.when[0]]
        if what == "a word" and it.when and member.name == it.when[1]:
            return
        self.case(it, f"{member.name}: {what}", self.built(it, alone + others, replaced={member.name: one}), None)

    def case(self, it, what, built, document):
        value = {**built.value, **({"children": []} if it.below else {})} if it.kind else built.value
        if it.below:
            value["children"] = list(range(1, 1 + (built.build["$"][3] or 0)))
        schema = {"$ref": "#/$defs/node"} if it.kind else it.schema
        case = {"of": it.name, "what": what, "build": built.build, "taken": follows(value, schema, ROOT)}
        if document is not None:
            if not case["taken"]:
                stop(f"the sweep's {it.name}, {what}, does not follow the schema: {json.dumps(value)}")
            case["document"] = document
        self.cases.append(case)

    def built(self, it, options, children=None, replaced=None):
        """An object of a class with these of its options."""
        replaced = replaced or {}
        needs = [replaced.get(one.name) or self.sample(one.takes) for one in it.needs]
        may = [(one, replaced.get(one.name) or self.sample(one.takes)) for one in options]
        value = {"kind": it.kind} if it.kind else {}
        for one, case in [*zip(it.needs, needs), *may]:
            value.update(case.value if one.takes[0] == "words" else {one.name: case.value})
        value.update(it.fixed)
        if None in value.values():
            value = {name: one for name, one in value.items() if one is not None}
        calls, only = [], None
        arguments = [one.build for one in needs]
        for one, case in may:
            if one in it.either:
                arguments.append(case.build)
                only = one.called
                continue
            given = case.build if one.takes[0] in ("link", "way") and isinstance(case.build, list) else [case.build]
            calls.append([one.called, given])
        children = max(it.below[0], 1) if children is None and it.below else children
        return Case({"$": [it.name, arguments, calls, children, only]}, value)

    def sample(self, takes):
        """Something that is taken."""
        kind, *bounds = takes
        match kind:
            case "text":
                return plain(self.text(takes))
            case "word":
                return plain(bounds[0][0])
            case "bool":
                return plain(True)
            case "integer":
                return plain(bounds[0])
            case "fact":
                return Case({"fact": ["quantity", "1.50", "mmol/L", "<"]}, {"quantity": {"value": "1.50", "unit": "mmol/L", "comparator": "<"}})
            case "words":
                return Case("Words", {"text": "Words"})
            case "condition":
                return Case({"field": "an-id"}, {"answered": "an-id"})
            case "parameters":
                return plain(PARAMETERS)
            case "link":
                return Case(["an-id", PARAMETERS], {"screen": "an-id", "parameters": PARAMETERS})
            case "way":
                return Case(["Earlier", "an-id", PARAMETERS], {"text": "Earlier", "screen": "an-id", "parameters": PARAMETERS})
            case "class":
                it = self.classes[bounds[0]]
                return self.built(it, [one for one in it.options if one.name not in it.one_of[1:]])
            case "list":
                one = self.sample(bounds[0])
                count = max(bounds[1], 1)
                return Case([one.build] * count, [one.value] * count)
        return stop(f"the sweep does not know {kind}")

    def text(self, takes):
        _, least, most, pattern = takes
        known = next((name for name in PATTERNS if DEFS[name].get("pattern") == pattern), None) if pattern else None
        return PATTERNS[known] if known else "A text"[: most or 6].ljust(least, "x")

    def bounds(self, takes):
        """What a member takes and what it does not, at its ends: words, and a case each."""
        kind, *bounds = takes
        if kind == "text":
            least, most, pattern = bounds
            if pattern:
                yield "does not look so", plain("Ä !")
                yield "with a line behind it", plain(self.text(takes) + "\n")
                for count in (most, most + 1) if most else ():
                    yield f"{count} digits", plain("1" * count)
            else:
                for count in {least - 1, least, most, most and most + 1} - {-1, None}:
                    yield f"{count} characters", Case({"text": count}, "ä" * count)
            yield "no text", plain(7)
        elif kind == "word":
            yield "another word", plain("another")
            for it in bounds[0]:
                yield "a word", plain(it)
        elif kind == "integer":
            for it in {bounds[0] - 1, bounds[0], bounds[1], bounds[1] and bounds[1] + 1} - {None}:
                yield str(it), plain(it)
            yield "no integer", plain("7")
        elif kind == "list":
            one = self.sample(bounds[0])
            for count in {bounds[1] - 1, bounds[1], bounds[2], bounds[2] and bounds[2] + 1} - {-1, None}:
                yield f"{count} items", Case({"times": [count, one.build]}, [one.value] * count)
            yield "no list", plain("one")
        elif kind in ("bool", "class", "condition"):
            yield "of another sort", plain("yes")
        elif kind == "fact":
            yield "of another sort", plain(7)


def some_of(it, some):
    return next(one.name for one in some if one.name in it.one_of)
