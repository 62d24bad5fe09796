"""The departmental at the bedside: its golden cases, and its form field by field."""

import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(FOLDER))

from palatine import Failure  # noqa: E402
from palatine.bedside import Bedside, form, golden  # noqa: E402
from podiatry import departmental  # noqa: E402
from test_risk import FINDINGS  # noqa: E402

PATIENT = "Patient/1"
FILLED = {"side": "left", "date": "2026-11-20", **dict.fromkeys(FINDINGS, "no")}


def bedside():
    return Bedside(FOLDER).patient(PATIENT)


class AtTheBedside(unittest.TestCase):
    def test_golden_cases(self):
        self.assertGreaterEqual(golden(FOLDER, departmental), 10)

    def test_what_was_found_is_filed_with_its_side(self):
        answers = {**FILLED, "callus": "yes", "neuropathy": "not-examined"}
        outcome = bedside().submit(departmental, "feet", "file", form(answers))
        resource = outcome["proposal"]["changes"][0]["resource"]
        self.assertEqual(resource["bodySite"]["coding"][0]["code"], "left")
        self.assertEqual(resource["subject"], {"reference": PATIENT})
        parts = {it["code"]["coding"][0]["code"]: it for it in resource["component"]}
        self.assertIs(parts["callus"]["valueBoolean"], True)
        self.assertIs(parts["deformity"]["valueBoolean"], False)
        self.assertNotIn("valueBoolean", parts["neuropathy"])
        self.assertEqual(outcome["next"]["screen"], "feet")

    def test_what_was_typed_wrongly_is_a_finding_on_its_field(self):
        for change, field, words in [
            ({"side": ""}, "side", "which foot"),
            ({"side": "both"}, "side", "which foot"),
            ({"date": ""}, "date", "Give the day"),
            ({"date": "2026-02-30"}, "date", "Give the day"),
            ({"date": "2026-11-23"}, "date", "yet to come"),
            ({"callus": ""}, "callus", "Say yes"),
            ({"callus": "perhaps"}, "callus", "Say yes"),
        ]:
            outcome = bedside().submit(departmental, "feet", "file", form({**FILLED, **change}))
            self.assertNotIn("proposal", outcome)
            self.assertEqual([it["field"] for it in outcome["findings"]], [field])
            self.assertIn(words, outcome["findings"][0]["message"])

    def test_what_is_asked_and_not_there(self):
        for code, ask in [
            ("not-provided", lambda: bedside().open(departmental, "letter")),
            ("not-provided", lambda: bedside().submit(departmental, "feet", "delete", form({}))),
            ("not-provided", lambda: bedside().advise(departmental, "patient-view")),
            ("invalid", lambda: Bedside(FOLDER).open(departmental, "feet")),
        ]:
            with self.assertRaises(Failure) as refused:
                ask()
            self.assertEqual(refused.exception.code, code)


if __name__ == "__main__":
    unittest.main()
