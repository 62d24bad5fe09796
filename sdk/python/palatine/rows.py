"""Rows of a view: what is asked for, and what comes back.

Invariant: a view is declared in the manifest under `views`, and its columns are all that crosses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Self

from palatine.failure import Failure


class ViewQuery:
    """Which rows of a view, in which order. Without anything: the first hundred in the record's own order."""

    def __init__(self) -> None:
        self._members: dict[str, Any] = {}

    def search(self, conditions: str) -> Self:
        """FHIR conditions and `_sort`, by the search parameters that the manifest names: an index answers them."""
        return self._set("search", conditions)

    def among(self, column: str, values: Sequence[Any]) -> Self:
        """Rows whose column is one of these."""
        return self._push("where", {"column": column, "in": list(values)})

    def from_(self, column: str, value: Any) -> Self:
        """Rows whose column is this or more."""
        return self._push("where", {"column": column, "from": value})

    def until(self, column: str, value: Any) -> Self:
        """Rows whose column is less than this."""
        return self._push("where", {"column": column, "until": value})

    def present(self, column: str) -> Self:
        """Rows that have a value in the column."""
        return self._push("where", {"column": column, "absent": False})

    def ascending(self, column: str) -> Self:
        """Put in order by a column, the smallest first; behind the columns named before."""
        return self._push("order", {"column": column})

    def descending(self, column: str) -> Self:
        """Put in order by a column, the largest first; behind the columns named before."""
        return self._push("order", {"column": column, "descending": True})

    def offset(self, rows: int) -> Self:
        """So many rows left out at the beginning, in a call about a patient."""
        return self._set("offset", rows)

    def page(self, next_page: str) -> Self:
        """From where an answer about a site said that rows follow. All but the count is to be asked as it was."""
        return self._set("page", next_page)

    def count(self, rows: int) -> Self:
        """So many rows at most."""
        return self._set("count", rows)

    def to_json(self) -> dict[str, Any]:
        """The document that crosses: view/1."""
        return self._members

    def _set(self, member: str, value: Any) -> Self:
        self._members[member] = value
        return self

    def _push(self, member: str, value: Any) -> Self:
        self._members.setdefault(member, []).append(value)
        return self


class Row:
    """One row."""

    __slots__ = ("_columns", "_values")

    def __init__(self, columns: dict[str, int], values: list[Any]) -> None:
        self._columns = columns
        self._values = values

    def get(self, column: str) -> Any:
        """The cell of a column; None where there is no value, and of a column that the view does not have."""
        at = self._columns.get(column)
        return None if at is None else self._values[at]

    def text(self, column: str) -> str | None:
        """The text of a column."""
        value = self.get(column)
        return value if isinstance(value, str) else None

    def decimal(self, column: str) -> str | None:
        """The decimal of a column with the digits that were reported."""
        value = self.get(column)
        return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


class Rows:
    """Rows of a view. `more`: rows follow; `next`: where, in a call about a site."""

    def __init__(self, document: Any) -> None:
        try:
            columns, values, more = document["columns"], document["values"], document["more"]
            next_page = document.get("next")
            followed = (
                all(isinstance(it, str) for it in columns)
                and all(isinstance(row, list) and len(row) == len(columns) for row in values)
                and isinstance(more, bool)
                and (next_page is None or isinstance(next_page, str))
            )
        except (KeyError, TypeError, AttributeError):
            followed = False
        if not followed:
            raise Failure.fault("the rows from the host do not follow rows/1")
        self._columns = {name: index for index, name in enumerate(columns)}
        self._values: list[list[Any]] = values
        self.more: bool = more
        self.next: str | None = next_page

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Row]:
        return (Row(self._columns, values) for values in self._values)
