"""How the builders of screen.py are made of what the schema says: what each needs, and what it may have.

Invariant: every member goes through its rule; what is needed comes in the order of the constructor's arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import Parameter, Signature
from keyword import iskeyword
from typing import Any

from palatine import check as plain
from palatine import node
from palatine.check import Refused, Rule, integer, text, unique, word
from palatine.node import check

__all__ = [
    "CONDITION", "FACT", "LINK", "PARAMETERS", "TRUTH", "WAY", "WORDS", "Node", "Parent", "Piece", "each", "either",
    "having", "integer", "may", "text", "unique", "word",
]

CONDITION, FACT, LINK, PARAMETERS = check.condition, check.fact, check.link, check.parameters
TRUTH, WAY, WORDS = check.truth, check.way, check.words

_NO_PARAMETERS: Mapping[str, str] = {}
# Arguments that are gathered for a rule, each with its default, where it is not the one argument as it is.
_GATHERED: dict[Rule, dict[str, Any]] = {
    LINK: {"screen": Parameter.empty, "parameters": _NO_PARAMETERS},
    WAY: {"text": Parameter.empty, "screen": Parameter.empty, "parameters": _NO_PARAMETERS},
}


def each(of: type | Rule, least: int, most: int | None = None) -> Rule:
    """A list of so many; `of` is a rule or the class of a piece."""
    return plain.each(_rule(of), least, most)


def having(of: type, members: Sequence[str]) -> Rule:
    """A piece of this class that has these members, which it might do without elsewhere."""
    rule = _rule(of)

    def take(value: Any) -> Any:
        it = rule(value)
        for member in members:
            if member not in it._members:
                raise Refused(f"takes a {of.__name__} with {' and '.join(members)}, and this has no {member}")
        return it

    return take


class Arguments:
    """The arguments of a builder's function: their names and defaults."""

    def __init__(self, defaults: Mapping[str, Any]) -> None:
        self.names = tuple(defaults)
        parameters = [Parameter(it, Parameter.POSITIONAL_OR_KEYWORD, default=default) for it, default in defaults.items()]
        self.signature = Signature(parameters)

    def given(self, function: str, values: Sequence[Any], named: Mapping[str, Any]) -> Sequence[Any]:
        """A value for each, in their order."""
        if not named and len(values) == len(self.names):
            return values
        try:
            bound = self.signature.bind(*values, **named)
        except TypeError as wrong:
            raise TypeError(f"{function}: {wrong}") from None
        bound.apply_defaults()
        return bound.args


class may:  # noqa: N801
    """A function of a builder for something that it may have. `member`: its name in the document, where it is another."""

    def __init__(self, rule: type | Rule, member: str | None = None) -> None:
        self._rule, self._member = _rule(rule), member

    def lay(self, owner: type, name: str) -> None:
        """Puts the function into its class."""
        rule, member, gathered = self._rule, self._member or name, _GATHERED.get(self._rule)
        arguments = Arguments(gathered or {name: True if rule is TRUTH else Parameter.empty})

        def put(it: Any, *values: Any, **named: Any) -> Any:
            given = arguments.given(put.__qualname__, values, named)
            return it._put(member, rule, dict(zip(arguments.names, given)) if gathered else given[0])

        _name(put, owner, name, arguments)
        setattr(owner, name, put)


class either:  # noqa: N801
    """One of several members of which exactly one is there: a function of the class, of what is needed and itself."""

    def __init__(self, rule: type | Rule) -> None:
        self._rule = _rule(rule)

    def lay(self, owner: type, name: str) -> None:
        """Puts the function into its class."""
        rule = self._rule
        arguments = Arguments(dict.fromkeys([*owner._arguments.names, name], Parameter.empty))

        def only(cls: type, *values: Any, **named: Any) -> Any:
            *needed, value = arguments.given(only.__qualname__, values, named)
            return cls(*needed)._put(name, rule, value)

        _name(only, owner, name, arguments)
        setattr(owner, name, classmethod(only))


def _name(function: Any, owner: type, name: str, arguments: Arguments) -> None:
    """Makes a function look as if it had been written in its class."""
    function.__name__, function.__qualname__, function.__module__ = name, f"{owner.__name__}.{name}", owner.__module__
    first = Parameter("self", Parameter.POSITIONAL_ONLY)
    function.__signature__ = Signature([first, *arguments.signature.parameters.values()])


class _Built(node.Piece):
    """What the classes of screen.py have in common. `needs`: rules by argument; `fixed`: members that are always the same;
    `below`: how many nodes it has below it. When it is written: of `one_of` there is exactly one, and of `when` the first
    exactly when the second has the value that is the third."""

    _kind: str | None = None
    _needs: Sequence[tuple[str, Rule]] = ()
    _fixed: Mapping[str, Any] = {}
    _only: Sequence[str] = ()
    _exactly: tuple[str, str, str] | None = None
    _from_to: tuple[int, int] | None = None

    def __init_subclass__(
        cls, kind: str | None = None, needs: Mapping[str, Any] | None = None, one_of: Sequence[str] = (),
        when: tuple[str, str, str] | None = None, fixed: Mapping[str, Any] | None = None, below: tuple[int, int] | None = None,
    ) -> None:
        if needs is None:
            # A class of a supplier's own, made of one of these.
            return
        cls._kind, cls._only, cls._exactly, cls._fixed, cls._from_to = kind, one_of, when, fixed or {}, below
        cls._needs = [(name, _rule(rule)) for name, rule in needs.items()]
        cls._arguments = Arguments(dict.fromkeys((_argument(name) for name, _ in cls._needs), Parameter.empty))
        cls.__signature__ = cls._arguments.signature
        for name, it in list(vars(cls).items()):
            if isinstance(it, may | either):
                it.lay(cls, name)

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(self._kind or type(self).__name__)
        given = self._arguments.given(type(self).__name__, values, named)
        for (member, rule), value in zip(self._needs, given, strict=True):
            self._put(member, rule, value)
        self._members.update(self._fixed)
        self._one_of(self._only)
        self._when = self._exactly
        if self._from_to:
            self._bounds = self._from_to


class Piece(_Built):
    """An object inside a node."""


class Node(_Built, node.Node):
    """A node of the kind that its class names."""


class Parent(_Built, node.Parent):
    """A node of the kind that its class names, with others below it."""


def _argument(member: str) -> str:
    """Words that Python keeps for itself have a line behind them."""
    return f"{member}_" if iskeyword(member) else member.replace("-", "_")


def _rule(it: Any) -> Rule:
    return plain.of(it) if isinstance(it, type) else it
