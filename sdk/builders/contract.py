"""What wit/departmental.wit says: its interfaces and their functions, each with its words."""

import re
from dataclasses import dataclass

from builders.schema import WIT, stop

VERSION = re.search(r"package palatine:departmental@([0-9.]+);", WIT).group(1)

# What is said of a failure.
FAILURE = " ".join(line.strip(" /") for line in re.search(r"((?: *///.*\n)+) *record failure", WIT).group(1).splitlines()).strip()


@dataclass(frozen=True)
class Function:
    """A function: its name, what it takes (name and type), what it gives, and its words."""

    name: str
    takes: tuple[tuple[str, str], ...]
    gives: str | None
    doc: str


@dataclass(frozen=True)
class Interface:
    """An interface: imported by a departmental, exported by it, or neither."""

    name: str
    doc: str
    functions: tuple[Function, ...]
    way: str


def interfaces():
    """All of them, in the order of the file. What is not understood stops the program."""
    exported, imported = (set(re.findall(rf"^  {word} ([a-z-]+);", WIT, re.M)) for word in ("export", "import"))
    doc, lines, found = [], iter(WIT.splitlines()), []
    for line in lines:
        opened = re.match(r"interface ([a-z-]+) \{", line)
        if opened:
            name = opened.group(1)
            way = "export" if name in exported else "import" if name in imported else "types"
            found.append(Interface(name, " ".join(doc), functions(lines, way), way))
        doc = [*doc, line[3:].strip()] if line.startswith("///") else []
    return found


def functions(lines, way):
    """Up to the end of an interface."""
    doc, found = [], []
    for line in (line.strip() for line in lines):
        if line == "}":
            break
        function = re.match(r"([a-z-]+): func\((.*?)\)(?: -> (.*))?;$", line)
        if line.startswith("///"):
            doc.append(line[3:].strip())
        elif function:
            name, taken, gives = function.groups()
            takes = tuple(tuple(pair.split(": ")) for pair in taken.split(", ") if pair)
            found.append(Function(name, takes, gives, " ".join(doc)))
            doc = []
        elif line and way != "types" and not line.startswith("use types."):
            stop(f"the contract has a line that this program does not know: {line}")
    return tuple(found)
