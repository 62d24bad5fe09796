#!/usr/bin/env python3
"""Writes what follows from the contract: parts of the kits of JavaScript and Python, and the reference.

From `wit/schemas/screen-1.json`: a builder for every kind of node and every object inside one. From
`wit/departmental.wit`: the types of what crosses. From all of it: `reference.md`. `python3 sdk/builders.py` writes the files,
`--check` says which of them is behind, with exit code 1, and `--sweep` prints cases for the tests of the kits.

Invariant: what is in the schema and has no name in `builders/schema.py` stops this program, so a kit never lacks a kind.
"""

import json
import sys

from builders import contract, javascript, python, reference
from builders.schema import SDK, Reader, stop
from builders.sweep import Sweep


def written():
    """Every file, by its path below sdk/."""
    classes, interfaces = Reader().read(), contract.interfaces()
    return {
        "reference.md": reference.written(classes, interfaces),
        "javascript/screen.js": javascript.screen(classes),
        "javascript/screen.d.ts": javascript.types(classes),
        "javascript/contract.d.ts": javascript.contract(interfaces, contract.VERSION),
        "javascript/rules.js": javascript.rules(),
        "python/palatine/rules.py": python.rules(),
        "python/palatine/screen.py": python.screen(classes),
        "python/palatine/screen.pyi": python.types(classes),
    }


def main():
    if "--sweep" in sys.argv:
        json.dump(Sweep(Reader().read()).every(), sys.stdout)
        return
    behind = []
    for name, text in written().items():
        file = SDK / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            behind.append(name)
            if "--check" not in sys.argv:
                file.write_text(text, encoding="utf-8")
    if behind and "--check" in sys.argv:
        stop("behind the schema or the contract: " + ", ".join(behind) + "; run python3 sdk/builders.py")
    print("written: " + (", ".join(behind) or "nothing, all is as it should be"))


if __name__ == "__main__":
    main()
