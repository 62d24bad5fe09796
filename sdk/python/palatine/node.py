"""What all builders of screens rest on: nodes and pieces, facts and words, and the screen itself.

Invariant: a member that the schema of screen/1 would refuse is refused here, with the builder and the member named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Self

from palatine import check as plain
from palatine.check import LEFT_OUT, Refused, Rule, Several
from palatine.failure import Failure
from palatine.rules import ABSENT, COMPARATOR, DECIMAL, ID, LINE, REFERENCE, TEXT, TONE, UNIT, WHEN

CHILDREN_MAX = 2000
PANELS_MAX = 8


def _taken(where: str, rule: Rule, value: object) -> Any:
    try:
        return rule(value)
    except Refused as refused:
        raise Failure.fault(f"{where} {refused}") from None


class Piece:
    """An object inside a node."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._members: dict[str, Any] = {}
        self._alternatives: Sequence[str] = ()
        self._when: tuple[str, str, str] | None = None

    def _put(self, member: str, rule: Rule, value: object) -> Self:
        it = _taken(f"{self._name}: `{member}`", rule, value)
        if isinstance(it, Several):
            self._members.update(it)
        elif it is not LEFT_OUT:
            self._members[member] = it
        return self

    def _one_of(self, members: Sequence[str]) -> None:
        """Exactly one of these members is to be there when it is written."""
        self._alternatives = members

    def to_json(self) -> dict[str, Any]:
        """As it crosses the contract."""
        if self._alternatives and sum(it in self._members for it in self._alternatives) != 1:
            raise Failure.fault(f"{self._name}: give exactly one of {' and '.join(self._alternatives)}")
        if self._when:
            member, other, value = self._when
            if bool(self._members.get(member)) != (self._members.get(other) == value):
                raise Failure.fault(f"{self._name}: give {member} exactly when {other} is {value}")
        return {name: _written(it) for name, it in self._members.items()}


def _written(value: object) -> object:
    if isinstance(value, Piece):
        return value.to_json()
    return [_written(it) for it in value] if isinstance(value, list) else value


class Node(Piece):
    """A node of any kind."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self._members["kind"] = kind
        self._below: list[Node] | None = None

    def fallback(self, words: str) -> Self:
        """Plain words for a host that does not know the kind of this node."""
        return self._put("fallback", TEXT, words)

    def show_if(self, condition: Condition) -> Self:
        """Inside a form: when this part of it is there."""
        return self._put("show_if", check.condition, condition)


class Parent(Node):
    """A node with others below it."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self._below: list[Node] = []
        self._bounds = (0, CHILDREN_MAX)
        """How many there are, from and to."""

    def to_json(self) -> dict[str, Any]:
        """As it crosses the contract, without what is below it."""
        if len(self._below) < self._bounds[0]:
            raise Failure.fault(f"{self._name}: has {len(self._below)} children; {self._bounds[0]} are needed")
        return super().to_json()

    def child(self, child: Node) -> Self:
        """With one more node below it."""
        if len(self._below) == self._bounds[1]:
            raise Failure.fault(f"{self._name}: has more than {self._bounds[1]} children")
        self._below.append(_taken(f"{self._name}: a child", plain.of(Node), child))
        return self

    def children(self, children: Iterable[Node]) -> Self:
        """With more nodes below it."""
        for child in children:
            self.child(child)
        return self


class Tabs(Parent):
    """Panels of which one is in front: the first, until another is asked for. On paper all of them are there."""

    def __init__(self, label: str, panel: Node) -> None:
        super().__init__("tabs")
        self._members["labels"] = []
        self._bounds = (1, PANELS_MAX)
        self.panel(label, panel)

    def panel(self, label: str, panel: Node) -> Self:
        """With one more panel."""
        labels = self._members["labels"]
        labels.append(_taken("tabs: the label of a panel", LINE, label))
        if len(set(labels)) < len(labels):
            raise Failure.fault("tabs: two panels have one label")
        return super().child(panel)

    def child(self, child: Node) -> Self:
        """Not for tabs: a panel has a label."""
        raise Failure.fault("tabs: a panel has a label; add it with panel(label, node)")


class Fact(Piece):
    """One typed value, or the reason why there is none."""

    def __init__(self, member: str, rule: Rule, value: object) -> None:
        super().__init__("Fact")
        self._put(member, rule, value)

    @classmethod
    def text(cls, text: str) -> Fact:
        """Plain text; a line feed is a line break."""
        return cls("text", TEXT, text)

    @classmethod
    def number(cls, number: str) -> Fact:
        """A decimal as it was reported, all its digits kept: a text."""
        return cls("number", DECIMAL, number)

    @classmethod
    def yes_or_no(cls, yes: bool) -> Fact:
        """Drawn as Yes or No."""
        return cls("boolean", plain.truth, yes)

    @classmethod
    def date(cls, when: str) -> Fact:
        """A year, a month, a day, or a moment with its offset."""
        return cls("date", WHEN, when)

    @classmethod
    def quantity(cls, value: str, unit: str, comparator: str | None = None) -> Fact:
        """A number with its unit; `comparator` where it is `<`, `<=`, `>` or `>=`."""
        it = Piece("Quantity")._put("value", DECIMAL, value)._put("unit", UNIT, unit)
        return cls("quantity", plain.of(Piece), it if comparator is None else it._put("comparator", COMPARATOR, comparator))

    @classmethod
    def coded(cls, display: str, system: str | None = None, code: str | None = None) -> Fact:
        """A concept in words, with its code."""
        it = Piece("Coded")._put("display", LINE, display)
        for name, value in (("system", system), ("code", code)):
            if value is not None:
                it._put(name, LINE, value)
        return cls("coded", plain.of(Piece), it)

    @classmethod
    def patient(cls, reference: str) -> Fact:
        """The host writes who it is."""
        return cls("patient", REFERENCE, reference)

    @classmethod
    def actor(cls, reference: str) -> Fact:
        """Practitioner, PractitionerRole, Organization or Device: the host writes the name."""
        return cls("actor", REFERENCE, reference)

    @classmethod
    def tag(cls, text: str, tone: str = "neutral") -> Fact:
        """A word that stands out."""
        return cls("tag", plain.of(Piece), Piece("Tag")._put("text", LINE, text)._put("tone", TONE, tone))

    @classmethod
    def link(cls, text: str, screen: str, parameters: Mapping[str, str] | None = None) -> Fact:
        """Words that lead to a screen of the same departmental."""
        return cls("link", check.way, {"text": text, "screen": screen, "parameters": parameters or {}})

    @classmethod
    def absent(cls, why: str) -> Fact:
        """Why there is no value."""
        return cls("absent", ABSENT, why)


class Part(Piece):
    """A piece of a sentence."""

    def __init__(self, fact: Fact | str) -> None:
        super().__init__("Part")
        self._put("value", check.fact, fact)

    @classmethod
    def plain(cls, fact: Fact | str) -> Part:
        """As the rest of the sentence."""
        return cls(fact)

    @classmethod
    def strong(cls, fact: Fact | str) -> Part:
        """What to look at."""
        return cls(fact)._put("strong", plain.truth, True)


Words = str | Sequence[Part]
"""A text, or parts joined without a space between them."""


class Condition(Piece):
    """When a part of a form is there. It asks only for fields that stand before it in the same form."""

    def __init__(self, member: str, rule: Rule, value: object) -> None:
        super().__init__("Condition")
        self._put(member, rule, value)

    @classmethod
    def answered(cls, field: str) -> Condition:
        """There is an answer."""
        return cls("answered", ID, field)

    @classmethod
    def is_(cls, field: str, value: str) -> Condition:
        """The answer, or one of those ticked."""
        return cls("is", plain.of(Piece), _asked(field, value))

    @classmethod
    def at_least(cls, field: str, value: str) -> Condition:
        """The answer is a number not below this."""
        return cls("at-least", plain.of(Piece), _asked(field, value))

    @classmethod
    def below(cls, field: str, value: str) -> Condition:
        """The answer is a number below this."""
        return cls("below", plain.of(Piece), _asked(field, value))

    @classmethod
    def all(cls, conditions: Sequence[Condition]) -> Condition:
        """Each of them holds."""
        return cls("all", plain.each(check.condition, 1, 20), conditions)

    @classmethod
    def any(cls, conditions: Sequence[Condition]) -> Condition:
        """One of them holds."""
        return cls("any", plain.each(check.condition, 1, 20), conditions)

    def negated(self) -> Condition:
        """It does not hold."""
        return Condition("not", check.condition, self)


def _asked(field: str, value: str) -> Piece:
    return Piece("Condition")._put("field", ID, field)._put("value", plain.text(0, 300, None), value)


class Screen:
    """A screen, screen/1."""

    def __init__(self, root: Node) -> None:
        self._root = _taken("Screen: its root", plain.of(Node), root)
        self._titled: dict[str, str] = {}

    def title(self, title: str) -> Self:
        """A title instead of the one in the manifest."""
        self._titled = {"title": _taken("Screen: its title", LINE, title)}
        return self

    def to_json(self) -> dict[str, Any]:
        """As it crosses the contract. Nodes come in the order in which they are read."""
        nodes: list[Any] = []
        _flatten(self._root, nodes)
        return {"screen": 1, **self._titled, "root": 0, "nodes": nodes}


def _flatten(node: Node, nodes: list[Any]) -> int:
    index = len(nodes)
    nodes.append(None)
    members = node.to_json()
    if node._below is not None:
        members["children"] = [_flatten(child, nodes) for child in node._below]
    nodes[index] = members
    return index


def _fact(value: object) -> Fact:
    if isinstance(value, str):
        TEXT(value)
        return Fact.text(value)
    return plain.of(Fact)(value)


def _words(value: object) -> Several:
    if isinstance(value, str):
        return Several(text=TEXT(value))
    return Several(parts=plain.each(plain.of(Part), 1, 100)(value))


def _link(value: Mapping[str, Any]) -> Piece:
    it = Piece("link")._put("screen", ID, value["screen"])
    return it._put("parameters", plain.parameters, value["parameters"])


def _way(value: Mapping[str, Any]) -> Piece:
    it = Piece("link")._put("text", LINE, value["text"])._put("screen", ID, value["screen"])
    return it._put("parameters", plain.parameters, value["parameters"])


check = SimpleNamespace(
    text=plain.text, word=plain.word, truth=plain.truth, integer=plain.integer, each=plain.each, of=plain.of,
    parameters=plain.parameters, fact=_fact, words=_words, condition=plain.of(Condition), link=_link, way=_way,
)
"""What a member of a screen may be."""
