"""Golden cases: what holds, what differs and how it is told, and files that are none."""

import json
import os
import sys
import tempfile
import unittest
from decimal import Decimal
from pathlib import Path
from unittest import mock

SDK = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SDK / "python"))

from palatine import Departmental, Failure, Outcome, Proposal, Screen  # noqa: E402
from palatine.bedside import golden  # noqa: E402
from palatine.screen import Fact, Heading, SummaryList, SummaryRow  # noqa: E402

MANIFEST = {
    "manifest": 1, "id": "one", "name": "One", "version": "0.1.0", "supplier": "S", "contract": "0.2",
    "screens": [{"id": "first", "title": "First", "place": "patient", "audience": ["doctor"]}],
    "reads": [{"type": "Observation", "reason": "To show the newest of them."}],
    "settings": [{"name": "words", "kind": "text", "default": "Words", "level": "site", "reason": "What is shown above."}],
}
PATIENT = {"resourceType": "Patient", "id": "p1"}
WEIGHT = {
    "resourceType": "Observation", "id": "w1", "status": "final", "code": {"text": "Weight"},
    "subject": {"reference": "Patient/p1"}, "valueQuantity": {"value": Decimal("70.50"), "unit": "kg"},
}
AT = {"patient": "Patient/p1", "now": "2026-11-22T12:00:00Z"}
OPENED = {"golden": 1, "title": "The words of the site", "chart": [PATIENT], "at": AT, "open": {"screen": "first"}}


class One(Departmental):
    """Shows a setting and the weight, and files nothing that it may not."""

    answers = 0

    def open(self, call, screen, parameters):
        if parameters.get("turn"):
            One.answers += 1
            return Screen(Heading(f"Answer {One.answers}"))
        found = call.chart.search_all("Observation?status=final", 10)
        shown = [Fact.quantity(str(it["valueQuantity"]["value"]), it["valueQuantity"]["unit"]) for it in found]
        return Screen(SummaryList([SummaryRow(call.setting("words"), it) for it in shown or [Fact.absent("not-recorded")]]))

    def submit(self, call, screen, action, form):
        if action == "broken":
            return [][0]
        if action == "write":
            return Outcome.commit(Proposal("Files a weight.").create(WEIGHT))
        raise Failure.not_provided(f"there is no action `{action}`")


class GoldenCases(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "cases/golden/charts").mkdir(parents=True)
        (self.folder / "departmental.json").write_text(json.dumps(MANIFEST))

    def file(self, document, name="case.json"):
        text = document if isinstance(document, str) else json.dumps(document, default=str)
        (self.folder / "cases/golden" / name).write_text(text)

    def run_cases(self, update=None):
        with mock.patch.dict(os.environ, {"UPDATE": update or ""}):
            return golden(self.folder, One())

    def refused(self, document, name="case.json"):
        self.file(document, name)
        with self.assertRaises(Exception) as wrong:
            self.run_cases()
        for it in (self.folder / "cases/golden").glob("*.json"):
            it.unlink()
        return str(wrong.exception)

    def test_a_new_case_is_written_and_holds_and_a_change_is_told_by_place_then_and_now(self):
        self.file({**OPENED, "at": {**AT, "settings": {"words": "Ours"}}})
        with self.assertRaisesRegex(AssertionError, "has neither `answer` nor `failure`"):
            self.run_cases()
        self.assertEqual(self.run_cases("1"), 1)
        self.assertEqual(self.run_cases(), 1)
        file = self.folder / "cases/golden/case.json"
        document = json.loads(file.read_text())
        self.assertEqual(list(document), ["golden", "title", "chart", "at", "open", "answer"])
        document["answer"]["nodes"][0]["rows"][0]["label"] = "Theirs"
        self.file(document)
        with self.assertRaisesRegex(AssertionError, '/answer/nodes/0/rows/0/label: then "Theirs", now "Ours"'):
            self.run_cases()

    def test_digits_of_a_chart_in_a_file_of_its_own_stay_as_they_are(self):
        self.file(f'[{json.dumps(WEIGHT, default=str).replace(chr(34) + "70.50" + chr(34), "70.50")}]', "charts/weight.json")
        self.file({**OPENED, "chart": [PATIENT, "charts/weight.json"]})
        self.run_cases("1")
        document = json.loads((self.folder / "cases/golden/case.json").read_text())
        self.assertEqual(document["answer"]["nodes"][0]["rows"][0]["value"]["quantity"]["value"], "70.50")

    def test_a_failure_of_the_departmental_is_an_answer_and_an_error_is_none(self):
        form = {"form": 1, "fields": {}}
        asked = {name: it for name, it in OPENED.items() if name != "open"}
        self.file({**asked, "submit": {"screen": "first", "action": "none", "form": form}})
        self.run_cases("1")
        document = json.loads((self.folder / "cases/golden/case.json").read_text())
        self.assertEqual(document["failure"], {"code": "not-provided", "detail": "there is no action `none`"})
        for action, words in (("broken", "IndexError"), ("write", "would create a Observation")):
            self.assertIn(words, self.refused({**asked, "submit": {"screen": "first", "action": action, "form": form}}))

    def test_an_answer_that_rests_on_more_than_the_call_is_refused(self):
        self.assertIn("answered in two ways", self.refused({**OPENED, "open": {"screen": "first", "parameters": {"turn": "1"}}}))

    def test_files_that_are_no_cases(self):
        for change, words in [
            ({"golden": 2}, "`golden` is 2"),
            ({"title": ""}, "`title` has 0 characters"),
            ({"titel": "x"}, "the member `titel`"),
            ({"open": {"screen": "first", "with": {}}}, "open has the member `with`"),
            ({"open": {}}, "open needs `screen`"),
            ({"open": {"screen": "second"}}, "declares no screen `second`"),
            ({"convert": {"format": "f", "message": "m"}}, "needs exactly one of"),
            ({"answer": {}, "failure": {"code": "c", "detail": "d"}}, "has both `answer` and `failure`"),
            ({"at": {**AT, "now": "2026-11-22"}}, "write a moment in UTC"),
            ({"at": {**AT, "now": "2026-02-30T12:00:00Z"}}, "write a moment in UTC"),
            ({"at": {**AT, "role": "nurse"}}, "the host knows clinician"),
            ({"at": {**AT, "who": "me"}}, "at has the member `who`"),
            ({"at": {**AT, "settings": {"none": "x"}}}, "which departmental.json does not declare"),
            ({"at": {**AT, "settings": {"words": 7}}}, "is no text"),
            ({"at": {**AT, "patient": "Patient/p2"}}, "which is not in `chart`"),
            ({"chart": [PATIENT, PATIENT]}, "Patient/p1 is twice"),
            ({"chart": [{"resourceType": "Patient"}]}, "the record loads it by them"),
            ({"chart": ["../people.json"]}, "a folder below cases/golden"),
            ({"chart": ["charts/none.json"]}, "`charts/none.json`, which cannot be read"),
        ]:
            said = self.refused({**OPENED, **change})
            self.assertIn(words, said)
            self.assertIn("cases/golden/case.json", said)
        self.assertIn("is no JSON", self.refused("{"))
        self.assertIn("is no name of a case", self.refused(OPENED, "Case 1.json"))
        with self.assertRaisesRegex(AssertionError, "holds 0 cases"):
            self.run_cases()


if __name__ == "__main__":
    unittest.main()
