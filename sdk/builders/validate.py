"""Whether a document follows a schema: the parts of JSON Schema 2020-12 that the contract's schemas use.

Invariant: a keyword that is not known stops the program; nothing is passed over.
"""

import re

from builders.schema import schema as read, stop

TYPES = {
    "object": lambda it: isinstance(it, dict),
    "array": lambda it: isinstance(it, list),
    "string": lambda it: isinstance(it, str),
    "integer": lambda it: isinstance(it, int) and not isinstance(it, bool),
    "number": lambda it: isinstance(it, int | float) and not isinstance(it, bool),
    "boolean": lambda it: isinstance(it, bool),
}
SAID = {"description", "title", "$schema", "$id", "$defs", "then", "else"}


def follows(value, schema, root):
    """Whether the value follows the schema; `root` holds the definitions."""
    return all(name in SAID or keyword(name, value, rule, schema, root) for name, rule in schema.items())


def keyword(name, value, rule, schema, root):
    check = CHECKS.get(name) or stop(f"the schema has the keyword {name}, which this program does not know")
    return check(value, rule, schema, root)


def only_of(sort):
    """A keyword that says something of one type, and nothing of the others."""
    return lambda check: lambda value, rule, schema, root: not TYPES[sort](value) or check(value, rule, schema, root)


def reference(value, rule, schema, root):
    if rule.startswith("urn:palatine:"):
        other = read(rule.removeprefix("urn:palatine:").removesuffix("-1"))
        return follows(value, other, other)
    return follows(value, root["$defs"][rule.removeprefix("#/$defs/")], root)


def condition(value, rule, schema, root):
    return follows(value, schema.get("then" if follows(value, rule, root) else "else", {}), root)


def more(value, rule, schema, root):
    others = [it for name, it in value.items() if name not in schema.get("properties", {})]
    return not others if rule is False else all(follows(it, rule, root) for it in others)


of_text, of_list, of_object, of_integer = (only_of(it) for it in ("string", "array", "object", "integer"))
CHECKS = {
    "$ref": reference,
    "if": condition,
    "type": lambda value, rule, schema, root: any(TYPES[it](value) for it in (rule if isinstance(rule, list) else [rule])),
    "const": lambda value, rule, schema, root: value == rule and type(value) is type(rule),
    "enum": lambda value, rule, schema, root: value in rule,
    "allOf": lambda value, rule, schema, root: all(follows(value, it, root) for it in rule),
    "anyOf": lambda value, rule, schema, root: any(follows(value, it, root) for it in rule),
    "not": lambda value, rule, schema, root: not follows(value, rule, root),
    "oneOf": lambda value, rule, schema, root: sum(follows(value, it, root) for it in rule) == 1,
    "minLength": of_text(lambda value, rule, schema, root: len(value) >= rule),
    "maxLength": of_text(lambda value, rule, schema, root: len(value) <= rule),
    "pattern": of_text(lambda value, rule, schema, root: re.search(rule.replace("$", r"\Z"), value) is not None),
    "minimum": of_integer(lambda value, rule, schema, root: value >= rule),
    "maximum": of_integer(lambda value, rule, schema, root: value <= rule),
    "items": of_list(lambda value, rule, schema, root: all(follows(it, rule, root) for it in value)),
    "minItems": of_list(lambda value, rule, schema, root: len(value) >= rule),
    "maxItems": of_list(lambda value, rule, schema, root: len(value) <= rule),
    "uniqueItems": of_list(lambda value, rule, schema, root: not rule or all(it not in value[:at] for at, it in enumerate(value))),
    "properties": of_object(lambda value, rule, schema, root: all(follows(value[it], of, root) for it, of in rule.items() if it in value)),
    "required": of_object(lambda value, rule, schema, root: all(it in value for it in rule)),
    "additionalProperties": of_object(more),
    "minProperties": of_object(lambda value, rule, schema, root: len(value) >= rule),
    "maxProperties": of_object(lambda value, rule, schema, root: len(value) <= rule),
}
