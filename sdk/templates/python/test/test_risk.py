"""The risk by its cases, and against a second way of finding it."""

import itertools
import json
import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(FOLDER))

from examination import SIDES, newest  # noqa: E402
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


def rows():
    """The cases: findings and answer."""
    for line in (FOLDER / "cases/risk.txt").read_text(encoding="utf-8").splitlines():
        if "|" in line and line[0] != "#":
            given, answer = (it.strip() for it in line.split("|"))
            findings = dict.fromkeys(FINDINGS, False)
            for word in given.split():
                if word[1:] not in findings:
                    raise ValueError(f"there is no finding {word[1:]}")
                findings[word[1:]] = True if word[0] == "+" else None
            yield findings, answer


def shown(answer):
    """An answer of the cases as the card shows it."""
    category, _, unknown = answer.removeprefix("open, at least ").partition(": ")
    labels = {it["id"]: it["label"] for it in PACK["categories"] + PACK["findings"]}
    if not unknown:
        return labels[category]
    inside = {name: label[0].lower() + label[1:] for name, label in labels.items()}
    missing = ", ".join(inside[it] for it in unknown.split(", "))
    return f"cannot be calculated: not examined: {missing}. At least: {inside[category]}"


class TheRisk(unittest.TestCase):
    def test_by_case(self):
        self.assertGreater(len(list(rows())), 20)
        for findings, answer in rows():
            self.assertEqual(said(findings), answer, findings)

    def test_every_case_is_a_golden_case_as_well_so_that_it_runs_in_the_sandbox_too(self):
        told = {}
        for file in (FOLDER / "cases/golden").glob("risk-*.json"):
            case = json.loads(file.read_text(encoding="utf-8"))
            chart = [it for it in case["chart"] if isinstance(it, dict)]
            for it, side, row in zip(chart, SIDES, case["answer"]["nodes"][0]["rows"]):
                value = row["value"]
                told[tuple(newest([it], side).findings.items())] = value["tag"]["text"] if "tag" in value else value["text"]
        for findings, answer in rows():
            self.assertEqual(told.get(tuple(findings.items())), shown(answer), findings)

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
