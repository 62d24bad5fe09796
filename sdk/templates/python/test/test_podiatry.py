"""The departmental at the bedside: its screens over a written chart, and its form."""

import os
import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(FOLDER))

from examination import observation  # noqa: E402
from palatine import Failure, write_json  # noqa: E402
from palatine.bedside import Bedside, form  # noqa: E402
from podiatry import departmental  # noqa: E402
from test_risk import FINDINGS, PACK  # noqa: E402

PATIENT = "Patient/1"
LABELS = {it["id"]: it["label"] for it in PACK["findings"]}
FILLED = {"side": "left", "date": "2026-11-20", **dict.fromkeys(FINDINGS, "no")}


def foot(name, side, day, there=(), unknown=(), **more):
    findings = {it: None if it in unknown else it in there for it in FINDINGS}
    return {"id": name, **observation(PATIENT, side, day, findings, LABELS), **more}


def bedside():
    return Bedside(FOLDER).patient(PATIENT)


class AtTheBedside(unittest.TestCase):
    def same_as_file(self, name, actual):
        """Compares with `cases/screens/NAME.json`; `UPDATE=1` rewrites it."""
        file = FOLDER / f"cases/screens/{name}.json"
        text = write_json(actual).replace("},{", "},\n{") + "\n"
        if os.environ.get("UPDATE"):
            file.write_text(text, encoding="utf-8")
        expected = file.read_text(encoding="utf-8")
        self.assertEqual(text, expected, f"{file} differs; UPDATE=1 rewrites it, and the diff is to be read")

    def test_nobody_has_examined(self):
        self.same_as_file("empty", bedside().open(departmental, "feet"))

    def test_two_feet_of_which_one_is_not_known(self):
        chart = bedside().with_(
            foot("a", "right", "2026-01-10", there=("neuropathy", "callus")),
            foot("b", "right", "2025-01-10"),
            foot("c", "left", "2026-01-10", there=("neuropathy",), unknown=("callus",)),
            foot("d", "left", "2026-02-10", status="entered-in-error"),
            foot("e", "left", "2026-03-10", subject={"reference": "Patient/2"}),
            foot("f", "left", "2026-04-10", bodySite={"text": "foot"}),
        )
        self.same_as_file("two-feet", chart.open(departmental, "feet"))

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
