"""JSON as the record writes it: a decimal keeps the digits that were reported.

Invariant: what is read and written again has every number as it was, 1.50 and 0.10 included; NaN is no JSON.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def read_json(text: str) -> Any:
    """Reads a document. A number with a point or an exponent becomes a Decimal with its digits."""
    return json.loads(text, parse_float=Decimal, parse_constant=_refused)


def write_json(value: object) -> str:
    """Writes a document; a Decimal with its digits."""
    pieces: list[str] = []
    _write(value, pieces)
    return "".join(pieces)


def _write(value: object, pieces: list[str]) -> None:
    if hasattr(value, "to_json"):
        _write(value.to_json(), pieces)
    elif isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("a decimal that is no number cannot be written as JSON")
        pieces.append(str(value).replace("E+", "e").replace("E", "e"))
    elif isinstance(value, dict):
        pieces.append("{")
        for index, (name, it) in enumerate(value.items()):
            if not isinstance(name, str):
                raise TypeError("the members of a JSON object have texts as names")
            pieces.append(("," if index else "") + json.dumps(name, ensure_ascii=False) + ":")
            _write(it, pieces)
        pieces.append("}")
    elif isinstance(value, list | tuple):
        pieces.append("[")
        for index, it in enumerate(value):
            if index:
                pieces.append(",")
            _write(it, pieces)
        pieces.append("]")
    else:
        pieces.append(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
