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


def write_json(value: object, indent: int = 0) -> str:
    """Writes a document; a Decimal with its digits. `indent`: so many spaces for each level, on lines of their own."""
    pieces: list[str] = []
    _write(value, pieces, "\n" if indent else "", " " * indent)
    return "".join(pieces)


def _write(value: object, pieces: list[str], line: str, step: str) -> None:
    if hasattr(value, "to_json"):
        _write(value.to_json(), pieces, line, step)
    elif isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("a decimal that is no number cannot be written as JSON")
        pieces.append(str(value).replace("E+", "e").replace("E", "e"))
    elif isinstance(value, dict):
        start, colon = "{", ": " if step else ":"
        for name, it in value.items():
            if not isinstance(name, str):
                raise TypeError("the members of a JSON object have texts as names")
            pieces.append(f"{start}{line}{step}{json.dumps(name, ensure_ascii=False)}{colon}")
            _write(it, pieces, line + step, step)
            start = ","
        pieces.append(f"{line}}}" if value else "{}")
    elif isinstance(value, list | tuple):
        start = "["
        for it in value:
            pieces.append(f"{start}{line}{step}")
            _write(it, pieces, line + step, step)
            start = ","
        pieces.append(f"{line}]" if value else "[]")
    else:
        pieces.append(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")
