"""Texts and words of screen/1, each by its name in the schema. Written by sdk/builders.py."""

from palatine.check import text, word

LINE = text(1, 300)
TEXT = text(0, 20000)
ID = text(0, None, r"^[a-z][a-z0-9-]{0,63}$")
DECIMAL = text(0, None, r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$")
WHEN = text(
    0, None, r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))?)?)?$",
)
REFERENCE = text(0, None, r"^[A-Z][A-Za-z]{0,63}/[A-Za-z0-9.-]{1,64}$")
TONE = word(["neutral", "information", "success", "warning", "critical"])
ABSENT = word([
    "not-recorded", "none-known", "unknown", "unavailable", "withheld", "not-requested", "not-reported",
    "not-applicable", "pending", "unsuitable",
])
INTERPRETATION = word(["normal", "low", "high", "critical-low", "critical-high", "abnormal"], nullable=True)
STATUS = word([
    "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown",
], nullable=True)
PORTION = text(0, None, r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?$")
COMPARATOR = word(["<", "<=", ">", ">="])
UNIT = text(0, 60)
