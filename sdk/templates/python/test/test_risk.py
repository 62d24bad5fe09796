"""The risk by its cases, and against a second way of finding it."""

import itertools
import json
import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(FOLDER))

from risk import foot_risk  # noqa: E402

PACK = json.loads((FOLDER / "packs/foot-risk.json").read_text(encoding="utf-8"))
FINDINGS = [it["id"] for it in PACK["findings"]]


def said(findings):
    risk = foot_risk(findings, PACK)
    return risk.category or f"open, at least {risk.at_least}: {', '.join(risk.unknown)}"


def by_the_words(there):
    """The guideline's sentences, written out."""
    if "active-problem" in there:
        return "active"
    nerve, vessel = "neuropathy" in there, "limb-ischaemia" in there
    skin_or_shape = bool(there & {"callus", "deformity"})
    if there & {"previous-ulcer", "previous-amputation", "renal-replacement"}:
        return "high"
    if (nerve and vessel) or ((nerve or vessel) and skin_or_shape):
        return "high"
    return "moderate" if nerve or vessel or "deformity" in there else "low"


class TheRisk(unittest.TestCase):
    def test_by_case(self):
        rows = [line for line in (FOLDER / "cases/risk.txt").read_text(encoding="utf-8").splitlines() if "|" in line and line[0] != "#"]
        self.assertGreater(len(rows), 20)
        for row in rows:
            given, answer = (it.strip() for it in row.split("|"))
            findings = dict.fromkeys(FINDINGS, False)
            for word in given.split():
                self.assertIn(word[1:], findings)
                findings[word[1:]] = True if word[0] == "+" else None
            self.assertEqual(said(findings), answer, row)

    def test_against_every_way_in_which_the_unknown_could_be(self):
        """100,000 feet; a category is told exactly when all the ways agree on it."""
        state = 20261122
        memory = {}
        for _ in range(100_000):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            digits = state >> 33
            answers = tuple((None, False, True)[digits // 3**place % 3] for place in range(len(FINDINGS)))
            if answers not in memory:
                choices = [(False, True) if it is None else (it,) for it in answers]
                ways = {by_the_words({name for name, there in zip(FINDINGS, way) if there}) for way in itertools.product(*choices)}
                memory[answers] = ways
            ways = memory[answers]
            risk = foot_risk(dict(zip(FINDINGS, answers)), PACK)
            self.assertEqual(risk.category, next(iter(ways)) if len(ways) == 1 else None, answers)
            order = [it["id"] for it in PACK["categories"]]
            self.assertEqual(risk.at_least, max(ways, key=order.index), answers)
        self.assertGreater(len(memory), 6000)


if __name__ == "__main__":
    unittest.main()
