"""What the host looks at in a screen besides what the builders see to: the tree, its size, its fields and its links.

Invariant: the bounds are those of screen/1; over one of them the whole screen is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from palatine.document import write_json
from palatine.failure import Failure

NODES_MAX = 2000
DEPTH_MAX = 12
BYTES_MAX = 512 * 1024
CELLS_MAX = 12000


def look(screen: Any, screens: Sequence[str]) -> None:
    """Looks at a screen/1 document; `screens` are those of the manifest."""
    if not isinstance(screen, dict) or screen.get("screen") != 1:
        raise Failure.fault("the screen is none: answer a Screen")
    nodes = screen["nodes"]
    size = len(write_json(screen).encode())
    if size > BYTES_MAX:
        raise _refused(f"has {size} bytes, more than {BYTES_MAX}; show less, or link to a second screen")
    if len(nodes) > NODES_MAX:
        raise _refused(f"has {len(nodes)} nodes; 1 to {NODES_MAX} are allowed")
    if _depth(nodes, screen["root"]) > DEPTH_MAX:
        raise _refused(f"has more than {DEPTH_MAX} levels")
    cells = sum(len(node.get("columns", [])) * sum(len(it["rows"]) for it in node.get("groups", []) if "rows" in it) for node in nodes)
    if cells > CELLS_MAX:
        raise _refused(f"has {cells} cells in its grids, more than {CELLS_MAX}; show fewer columns, or link to a second screen")
    fields = [node["field"] for node in nodes if "field" in node]
    for index, field in enumerate(fields):
        if field in fields[:index]:
            raise _refused(f"has two inputs with the field `{field}`")
    _links(nodes, screens)


def _refused(what: str) -> Failure:
    return Failure.fault(f"the screen {what}")


def _depth(nodes: Sequence[Any], at: int) -> int:
    return 1 + max((_depth(nodes, child) for child in nodes[at].get("children", [])), default=0)


def _links(value: Any, screens: Sequence[str]) -> None:
    """Every `screen` member that is a text names a screen of the manifest."""
    if isinstance(value, list):
        for it in value:
            _links(it, screens)
    elif isinstance(value, dict):
        to = value.get("screen")
        if isinstance(to, str) and to not in screens:
            raise _refused(f"links to `{to}`, which departmental.json does not declare")
        for name, it in value.items():
            if name != "parameters":
                _links(it, screens)
