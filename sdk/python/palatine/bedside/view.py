"""The rows that a view makes of a written chart: its search, its selections, and what is asked of its columns.

Invariant: it makes what the host makes, or says what it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from palatine.bedside.path import Path, path
from palatine.bedside.search import moment, page
from palatine.failure import Failure

COUNT = 100
"""Rows when the question does not say, as in the host."""
Row = list[Any]
Columns = list[tuple[str, bool]]
"""Names, and whether each holds moments."""


def rows_of(declared: Mapping[str, Any], asked: Mapping[str, Any], resources: Sequence[dict[str, Any]], offset: int) -> dict[str, Any]:
    """Columns, values, and whether more rows follow, of a view of the manifest over these resources."""
    view, columns = declared["view"], []
    filters = [path(it["path"]) for it in view.get("where", [])]
    selects = [_selection(it, columns) for it in view.get("select", [])]
    made: list[Row] = []
    for it in _found(declared, view["resource"], asked.get("search", ""), resources):
        if all(holds(it) == [True] for holds in filters):
            rows: list[Row] = [[]]
            for select in selects:
                rows = _beside(rows, select(it))
            made += rows
    chosen = _chosen(columns, asked, made)
    end = offset + asked.get("count", COUNT)
    return {"columns": [name for name, _ in columns], "values": chosen[offset:end], "more": len(chosen) > end}


def _found(declared: Mapping[str, Any], of: str, written: str, resources: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the search finds, by what the manifest says that it may be found by."""
    for pair in filter(None, written.split("&")):
        name, _, value = pair.partition("=")
        for it in [by.lstrip("-") for by in value.split(",")] if name == "_sort" else [name.split(":")[0]]:
            if it not in declared.get("search", []):
                raise Failure("not-granted", f"the view is not found by `{it}`; add it to its `search`")
    found: list[dict[str, Any]] = []
    query: str | None = f"{of}?{written}&_count=1000"
    while query:
        bundle = page(query, resources)
        found += [it["resource"] for it in bundle["entry"]]
        query = bundle["link"][0]["url"] if bundle["link"] else None
    return found


def _selection(document: Mapping[str, Any], columns: Columns) -> Callable[[Any], list[Row]]:
    """A selection as a function to its rows; adds what columns it has."""
    if "repeat" in document:
        raise Failure.invalid("the bedside does not know `repeat`; write the rows with `Bedside.rows`")
    before = len(columns)
    each = document.get("forEach", document.get("forEachOrNull"))
    of: Path = path(each) if each is not None else lambda here: [here]
    cells = []
    for it in document.get("column", []):
        columns.append((it["name"], it.get("type") in ("date", "dateTime", "instant")))
        cells.append(_cell(it))
    inner = [_selection(it, columns) for it in document.get("select", [])]
    branches: list[Columns] = [[] for _ in document.get("unionAll", [])]
    union = [_selection(it, its) for it, its in zip(document.get("unionAll", []), branches, strict=True)]
    columns += branches[0] if branches else []
    width = len(columns) - before
    or_null = "forEach" not in document and each is not None

    def rows(here: Any) -> list[Row]:
        found = of(here)
        if not found and or_null:
            return [[None] * width]
        made: list[Row] = []
        for focus in found:
            some: list[Row] = [[cell(focus) for cell in cells]]
            for select in inner:
                some = _beside(some, select(focus))
            made += _beside(some, [row for branch in union for row in branch(focus)]) if union else some
        return made

    return rows


def _cell(column: Mapping[str, Any]) -> Callable[[Any], Any]:
    of, name, is_collection = path(column["path"]), column["name"], column.get("collection") is True

    def cell(focus: Any) -> Any:
        values = of(focus)
        if any(isinstance(it, dict | list) for it in values):
            raise Failure.invalid(f"the column `{name}` finds what is no value")
        if is_collection:
            return values
        if len(values) > 1:
            raise Failure.invalid(f"the column `{name}` takes one value and found {len(values)}")
        return values[0] if values else None

    return cell


def _beside(rows: list[Row], more: list[Row]) -> list[Row]:
    return [[*row, *other] for row in rows for other in more]


def _chosen(columns: Columns, asked: Mapping[str, Any], rows: list[Row]) -> list[Row]:
    """The rows that meet the conditions on columns, in the order asked for."""

    def column(name: str) -> tuple[int, bool]:
        for at, (known, is_moment) in enumerate(columns):
            if known == name:
                return at, is_moment
        raise Failure.invalid(f"the view has no column `{name}`")

    for condition in asked.get("where", []):
        at, is_moment = column(condition["column"])
        rows = [row for row in rows if _meets(condition, row[at], is_moment)]
    for by in reversed(asked.get("order", [])):
        at, is_moment = column(by["column"])
        # What has no value comes last either way.
        have, lack = [row for row in rows if row[at] is not None], [row for row in rows if row[at] is None]
        have.sort(key=lambda row, at=at, is_moment=is_moment: _key(row[at], is_moment), reverse=by.get("descending") is True)
        rows = have + lack
    return rows


def _meets(condition: Mapping[str, Any], value: Any, is_moment: bool) -> bool:
    is_absent = condition.get("absent") is True
    if value is None or is_absent:
        return value is None and is_absent
    it = _key(value, is_moment)
    return (
        ("in" not in condition or it in [_key(one, is_moment) for one in condition["in"]])
        and ("from" not in condition or it >= _key(condition["from"], is_moment))
        and ("until" not in condition or it < _key(condition["until"], is_moment))
    )


def _key(value: Any, is_moment: bool) -> tuple[int, Any]:
    """By what it is compared: numbers by size, moments as such, all else as text."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return (0, Decimal(value))
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return (1, moment(text) if is_moment else text)
